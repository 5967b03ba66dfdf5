import assert from "node:assert/strict";
import { test } from "node:test";
import { GROWING, leaksBody } from "../tests/support/leaks_answers.ts";
import { columnsOf } from "./_columns.ts";
import type { LeakBody, LeaksBody, LeaksResult } from "./leaks.ts";
import { LEAK_SORTS, leaksScreen } from "./leaks_screen.ts";
import type { LeaksScreenOptions } from "./leaks_screen.ts";

const CALM: LeakBody = {
  ...GROWING,
  ...{ pid: 1, comm: "init", origin: "pidfd_open", rule: null, verdict: "holds", family: "opened-process" },
  ...{ pidfds: 7, dead: 0, suspects: 0, oldest_ns: "9000000000000", per_hour: null, emfile_s: null },
};
const BODY: LeaksBody = leaksBody({
  ...{ groups: 2, shown: 2, pidfds: 419, dead: 300, watched_ns: "600000000000" },
});
const RESULT: LeaksResult = { host: "lab:6.12", groups: [GROWING, CALM], body: BODY };
const ASKED: LeaksScreenOptions = {
  ...{ columns: 100, rows: 24, sort: "verdict", watchedS: 600, losses: 0, foot: "q end" },
};

function texts(result: LeaksResult, asked: Partial<LeaksScreenOptions> = {}): readonly string[] {
  return leaksScreen(result, { ...ASKED, ...asked }).map((it) => it.text);
}

test("leaksScreen() shows what is true of all, then a row for each group", () => {
  assert.deepEqual(texts(RESULT), [
    "lab:6.12  10m0s  1 leak  419 pidfds  2 groups  300 dead",
    "RULE VERDICT* PID COMM   PIDFDS  DEAD  OLDEST  /HOUR FULL IN FROM         FAMILY",
    "K1   broken   917 agent     412   300   9m12s  +2448   14m4s so_peerpidfd peer-credential",
    "-    -          1 init        7     0   2h30m      -       - pidfd_open",
    "q end",
  ]);
  assert.deepEqual(leaksScreen(RESULT, ASKED).map((it) => it.isTitle), [false, true, false, false, false]);
});

test("leaksScreen() sorts by what is asked for, and marks it", () => {
  const many = { ...CALM, pid: 2, pidfds: 900, per_hour: null };
  const old = { ...CALM, pid: 3, dead: 301, pidfds: 8 };
  const groups = [GROWING, many, old, CALM];
  const rows: Record<(typeof LEAK_SORTS)[number]["id"], readonly number[]> = {
    verdict: [917, 2, 3, 1],
    pidfds: [2, 917, 3, 1],
    dead: [3, 917, 2, 1],
    age: [2, 3, 1, 917],
    rate: [917, 2, 3, 1],
  };
  for (const { id, title } of LEAK_SORTS) {
    const [, titles = "", ...lines] = texts({ ...RESULT, groups }, { sort: id });
    const pids = lines.slice(0, -1).map((it) => Number(/^\S+ +\S+ +(\d+)/.exec(it)?.[1]));
    assert.deepEqual(pids, rows[id], id);
    assert.deepEqual(titles.match(/\S+\*/g), [`${title}*`]);
  }
});

test("leaksScreen() is never larger than the terminal, and keeps its last line", () => {
  const groups = Array.from(
    { length: 50 },
    (_, at) => ({ ...GROWING, pid: at + 1, comm: "名前名前名前名前" }),
  );
  const result = { ...RESULT, groups, body: { ...BODY, groups: 50 } };
  for (const note of [undefined, "something happened"]) {
    for (let rows = 1; rows < 60; rows += 1) {
      for (const columns of [1, 2, 19, 40, 79, 200]) {
        const lines = texts(result, { rows, columns, note });
        assert.ok(lines.length <= rows, `${lines.length} of ${rows} lines`);
        for (const it of lines) assert.ok(columnsOf(it) <= columns, `"${it}" in ${columns} columns`);
        if (columns > 9) assert.equal(lines.at(-1), "q end");
      }
    }
  }
});

test("leaksScreen() says how many groups do not fit", () => {
  const groups = Array.from({ length: 5 }, (_, at) => ({ ...CALM, pid: at + 1 }));
  const shown = (rows: number) => texts({ ...RESULT, groups }, { rows }).filter((it) => it.startsWith("-"));
  assert.equal(shown(8).length, 5);
  assert.equal(shown(7).length, 3);
  assert.equal(texts({ ...RESULT, groups }, { rows: 7 }).at(-2), "2 more groups do not fit");
});

test("leaksScreen() says what cannot be told, and that something was lost", () => {
  const body = { ...BODY, broken: 0, undetermined: 2, pidfds: null, dead: null };
  const doubt: LeakBody = { ...GROWING, verdict: "undetermined" };
  const [head, , row] = texts({ ...RESULT, groups: [doubt], body }, { losses: 1 });
  assert.equal(
    head,
    "lab:6.12  10m0s  no leak  2 unsure  who holds a pidfd is not told  SOMETHING WAS LOST 1 time",
  );
  assert.match(row ?? "", /^K1 +unsure /);
  assert.match(texts(RESULT, { watchedS: undefined })[0] ?? "", /waiting/);
});

test("leaksScreen() says who can open no more, although nothing grows then", () => {
  const groups = [{ ...GROWING, headroom: 0, per_hour: null, emfile_s: null }];
  assert.match(texts({ ...RESULT, groups })[2] ?? "", / 9m12s +- +full so_peerpidfd/);
});

test("leaksScreen() shows the text of others, and does not obey it", () => {
  const evil = "\x1b[2J\n\u202e";
  const groups = [{ ...GROWING, comm: evil, family: evil }];
  for (const it of texts({ ...RESULT, host: evil, groups }, { note: evil, foot: evil })) {
    assert.doesNotMatch(it, /\p{C}/u);
  }
});
