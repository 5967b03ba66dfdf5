import assert from "node:assert/strict";
import { test } from "node:test";
import { leakBody, leaksBody } from "../tests/support/leaks_answers.ts";
import type { LeakBody, LeaksResult } from "./leaks.ts";
import { LeaksNews } from "./leaks_news.ts";

const GROUP: LeakBody = leakBody({ pid: 917, comm: "agent", pidfds: 5, dead: 3, suspects: 3 });
const UTC = { utcNs: 1_767_323_045_000_000_006n };

function resultOf(groups: readonly LeakBody[]): LeaksResult {
  return { host: "lab:6.12", groups, body: leaksBody({ groups: groups.length, shown: groups.length }) };
}

test("LeaksNews tells of a leak once, when it begins and when it is over", () => {
  const news = new LeaksNews();
  const take = (...groups: LeakBody[]) => news.take(resultOf(groups), UTC);
  const calm: LeakBody = { ...GROUP, rule: null, verdict: "holds" };
  assert.deepEqual(take(calm), []);
  assert.deepEqual(take(GROUP), [
    "03:04:05 lab:6.12: K1 broken: pid 917 (agent), pidfd_open, 5 pidfds, 3 dead, oldest 31s, opened-process",
  ]);
  assert.deepEqual(take({ ...GROUP, pidfds: 6 }), []);
  assert.deepEqual(take(calm), ["03:04:05 lab:6.12: K1 over: pid 917 (agent), pidfd_open"]);
  assert.deepEqual(take(), []);
  assert.equal(take(GROUP).length, 1);
  assert.deepEqual(take(), ["03:04:05 lab:6.12: K1 over: pid 917 (agent), pidfd_open"]);
});

test("LeaksNews tells of another rule, and of doubt", () => {
  const news = new LeaksNews();
  const take = (...groups: LeakBody[]) => news.take(resultOf(groups), UTC);
  take(GROUP);
  assert.match(take({ ...GROUP, rule: "K2", per_hour: 60 })[0] ?? "", /K2 broken: .*, 60 more each hour,/);
  const doubt = take({ ...GROUP, rule: "K2", verdict: "undetermined" });
  assert.deepEqual(doubt, ["03:04:05 lab:6.12: K2 cannot be told now: pid 917 (agent), pidfd_open"]);
  assert.deepEqual(take({ ...GROUP, rule: "K2", verdict: "undetermined" }), []);
});

test("LeaksNews tells holders apart that have one number, and not those that have none", () => {
  const news = new LeaksNews();
  const take = (...groups: LeakBody[]) => news.take(resultOf(groups), UTC);
  assert.equal(take(GROUP, { ...GROUP, start_ns: "6" }).length, 2);
  const [one, other] = [{ ...GROUP, pid: null, start_ns: null }, {
    ...GROUP,
    pid: null,
    start_ns: null,
    rule: "K5",
  }];
  assert.equal(take(GROUP, { ...GROUP, start_ns: "6" }, one, other).length, 1);
  assert.deepEqual(take(GROUP, { ...GROUP, start_ns: "6" }, one, other), []);
});

test("LeaksNews says little at once, and nothing that a terminal obeys", () => {
  const many = Array.from({ length: 100 }, (_, at) => ({ ...GROUP, pid: at + 1, comm: "\x1b[2J\n" }));
  const lines = new LeaksNews().take(resultOf(many), UTC);
  assert.equal(lines.length, 21);
  assert.equal(lines.at(-1), "03:04:05 lab:6.12: and 80 more changes");
  for (const it of lines) assert.doesNotMatch(it, /\p{C}/u);
});
