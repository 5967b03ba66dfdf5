import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import { GROWING, leaksBody } from "../tests/support/leaks_answers.ts";
import { leaksJson, leaksText, spanText } from "./leaks.ts";
import type { LeakBody, LeaksBody } from "./leaks.ts";

const GROUP: LeakBody = {
  ...GROWING,
  statement: "A pidfd of a process that has ended is closed soon",
  says: "It is a peer's credential (SO_PEERPIDFD or SCM_PIDFD), kept after its connection",
  advice: "Close the credential's pidfd together with the connection",
  reports: ["trycua/cua#2349"],
};
const BODY: LeaksBody = leaksBody({
  ...{ pidfds: 412, dead: 300, watched_ns: "600000000000", reason: "the time is over", complete: true },
});

test("leaksText() shows a leak with its rate, the time that is left, and what to change", () => {
  assert.equal(
    leaksText({ host: "local", groups: [GROUP], body: BODY }),
    [
      "PID COMM  PIDFDS DEAD OLDEST /HOUR FULL IN RULE FROM",
      "917 agent    412  300  9m12s +2448   14m4s K1   so_peerpidfd",
      "     A pidfd of a process that has ended is closed soon: this is broken",
      "     It is a peer's credential (SO_PEERPIDFD or SCM_PIDFD), kept after its",
      "        connection",
      "     -> Close the credential's pidfd together with the connection",
      "",
      "local: 1 leak in 10m0s: 412 pidfds are held, 300 of processes that have ended",
      "local: ended: the time is over",
      "",
    ].join("\n"),
  );
});

test("leaksText() says that a holder may open no more, whose growth has ended with that", () => {
  const group = { ...GROUP, headroom: 0, per_hour: null, emfile_s: null };
  const text = leaksText({ host: "local", groups: [group], body: BODY });
  assert.match(text, /^917 agent .* - +full K1 +so_peerpidfd$/m);
});

test("leaksText() marks what cannot be told, and says why", () => {
  const group = {
    ...GROUP,
    rule: "K2",
    verdict: "undetermined",
    reasons: ["A garbage collector may not have run yet"],
    family: null,
    says: null,
    advice: null,
    per_hour: null,
    emfile_s: null,
    way: "inherited",
  } as const;
  const body = { ...BODY, broken: 0, undetermined: 1, groups: 3, complete: false, not_seen: ["Uses"] };
  const text = leaksText({ host: "ssh:a", groups: [group], body });
  assert.match(text, / - +- K2\? +inherited, so_peerpidfd$/m);
  assert.match(text, /this cannot be told\n {5}A garbage collector may not have run yet$/m);
  assert.match(text, /^ssh:a: 2 more groups are not shown$/m);
  assert.match(text, /^ssh:a: no certain leak in 10m0s, 1 that cannot be told: 412 pidfds are held/m);
  assert.match(text, /^ssh:a: not all was seen: the time is over\nssh:a: Uses$/m);
});

test("leaksText() says once why a run ended", () => {
  const text = (more: Partial<LeaksBody>) =>
    leaksText({ host: "local", groups: [], body: { ...BODY, groups: 0, shown: 0, ...more } });
  assert.match(
    text({ reason: "the limit of 20 events was reached" }),
    /^local: ended: the limit of 20 events/m,
  );
  const ended = text({ reason: "the command ended with status 7", command_status: 7 });
  assert.equal(ended.match(/ended with status 7/g)?.length, 1);
  const cut = text({ reason: "it is gone", complete: false });
  assert.match(cut, /^local: not all was seen: it is gone$/m);
  assert.doesNotMatch(cut, /ended: /);
});

test("leaksText() says that nothing can be told where who holds what is not seen", () => {
  const body = { ...BODY, groups: 0, shown: 0, broken: 0, pidfds: null, dead: null, not_seen: ["No slots"] };
  assert.equal(
    leaksText({ host: "local", groups: [], body }),
    "local: 10m0s were watched, and nothing can be told of leaks\nlocal: ended: the time is over\nlocal: No slots\n",
  );
});

test("leaksText() shows what breaks no rule in one line, and stays under 80 columns", () => {
  const calm = { ...GROUP, rule: null, statement: null, verdict: "holds", pid: null, comm: null } as const;
  const evil = {
    ...GROUP,
    comm: "\x1b[2J漢字漢字漢字漢字漢字",
    origin: "pidfd_open",
    way: "received",
  } as const;
  const huge = { pidfds: 100_000, dead: 100_000, per_hour: 1_000_000, emfile_s: 86_399 } as const;
  const text = leaksText({ host: "\x1b]0;x\x07", groups: [calm, { ...evil, ...huge }], body: BODY });
  assert.match(text, /^ *- - +412 .* - +so_peerpidfd$/m);
  for (const line of text.split("\n")) assert.ok([...line].length < 80, line);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});

test("leaksJson() gives the groups, and what follows at the end", () => {
  const lines = leaksJson({ host: "local", groups: [GROUP], body: BODY }).trimEnd().split("\n");
  assert.deepEqual(lines.map((it) => JSON.parse(it)), [
    { schema: EVENT_SCHEMA, host: "local", type: "leak", ...GROUP },
    { schema: EVENT_SCHEMA, host: "local", type: "leaks", ...BODY },
  ]);
});

test("spanText() has two units at most", () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [59, "59s"],
    [60, "1m0s"],
    [3599, "59m59s"],
    [3600, "1h00m"],
    [86_400 * 3 + 3600 * 4, "3d04h"],
  ];
  for (const [seconds, text] of rows) assert.equal(spanText(seconds), text);
});

test("leaksText() tells what the run cost, and never takes what is not known for 0", () => {
  const known = {
    ...{ wall_ms: 600_000, target_attach_cpu_ms: 5240, target_cpu_ms: 7800, target_programs_cpu_ms: 2400 },
    ...{ own_cpu_ms: 24_000, own_heap_bytes: 38_400_000 },
  };
  const said = (cost: LeaksBody["cost"]) =>
    leaksText({ host: "a", groups: [], body: { ...BODY, groups: 0, shown: 0, cost } }).replaceAll(
      /\n */g,
      " ",
    );
  assert.ok(
    said(known).includes(
      "a: cost: bpftrace used 1.3 % of a CPU, and 5.2 s to attach; the probes 0.4 % of a CPU; " +
        "trace-clone 4.0 % of a CPU here, heap 38 MB at the end",
    ),
    said(known),
  );
  const unknown = {
    ...{ wall_ms: 9, target_attach_cpu_ms: null, target_cpu_ms: null, target_programs_cpu_ms: null },
    ...{ own_cpu_ms: 0, own_heap_bytes: 1_000_000 },
  };
  assert.match(
    said(unknown),
    /bpftrace used an unknown time; the probes an unknown time \(it is counted only where/,
  );
  assert.ok(!said(null).includes("cost:"));
});
