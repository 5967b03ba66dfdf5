import assert from "node:assert/strict";
import { test } from "node:test";
import { longClaims } from "./long_claims.ts";
import type { LoadTold, LongRun } from "./long_claims.ts";
import { longPage } from "./long_page.ts";

const SECOND_NS = 1_000_000_000n;

function told(count: number, everyNs: bigint, step = 1): LoadTold[] {
  return Array.from({ length: count }, (_, at) => ({ count: (at + 1) * step, ns: BigInt(at + 1) * everyNs }));
}

const LEAK = {
  ...{ pid: 7, comm: "slow_leak", rule: "K1", verdict: "broken", family: "opened-process" },
  ...{ pidfds: 300, dead: 300, oldest_ns: `${598n * SECOND_NS}`, growth: "growing", per_hour: 1790 },
};
const COST = {
  ...{ wall_ms: 600_100, target_attach_cpu_ms: 24_000, target_cpu_ms: 46_000 },
  ...{ target_programs_cpu_ms: null, own_cpu_ms: 21_000, own_heap_bytes: 40_000_000 },
};
const END = {
  ...{ groups: 2, broken: 1, undetermined: 0, not_seen: [], complete: true, cost: COST },
} as unknown as LongRun["end"];
const RUN: LongRun = {
  ...{ kernel: "6.12", seconds: 600, code: 1, leaker: 7, loader: 8, heldLater: 303 },
  stderr: "pidfds: 3 created\ntrust: 9 records, lost 0\n",
  groups: [LEAK] as unknown as LongRun["groups"],
  end: END,
  left: told(303, 2n * SECOND_NS),
  rounds: told(60, 10n * SECOND_NS, 100),
  heaps: Array.from({ length: 60 }, (_, at) => ({
    ...{ seconds: 10 * (at + 1), usedBytes: 30_000_000 + 1000 * at, residentBytes: 150_000_000 },
  })),
};

const broken = (run: Partial<LongRun>) =>
  longClaims({ ...RUN, ...run }).filter((it) => !it.kept).map((it) =>
    it.what.split(" ").slice(0, 3).join(" ")
  );
const leak = (other: Partial<LongRun["groups"][number]>) =>
  broken({ groups: [{ ...LEAK, ...other }] as unknown as LongRun["groups"] });
const cost = (other: Partial<typeof COST>) => broken({ end: { ...END, cost: { ...COST, ...other } } });

test("longClaims() keeps all where what is told is what there was", () => {
  assert.deepEqual(broken({}), []);
  assert.deepEqual(leak({ per_hour: 1960, pidfds: 301, dead: 300 }), []);
});

test("longClaims() keeps none of those that are wrong", () => {
  const first = "the leak is";
  const rate = "its growth rate";
  const held = "as many pidfds";
  const overhead = "its overhead is";
  assert.deepEqual(leak({ per_hour: 2000 }), [rate]);
  assert.deepEqual(leak({ per_hour: 1600 }), [rate]);
  assert.deepEqual(leak({ per_hour: null }), [rate]);
  assert.deepEqual(leak({ verdict: "undetermined" }), [first]);
  assert.deepEqual(leak({ pid: 8 }), [first, held, rate]);
  assert.deepEqual(leak({ pidfds: 280, dead: 280 }), [held]);
  assert.deepEqual(leak({ dead: 200 }), [held]);
  assert.deepEqual(broken({ groups: [] }), [first, held, rate]);
  assert.deepEqual(broken({ left: [] }), [held, rate]);
  assert.deepEqual(broken({ heldLater: 3 }), [held]);
  assert.deepEqual(broken({ end: { ...END, broken: 2 } }), [first]);
  assert.deepEqual(cost({ own_cpu_ms: 0 }), [overhead]);
  assert.deepEqual(broken({ end: { ...END, cost: { ...COST, target_cpu_ms: null } } }), [overhead]);
  assert.deepEqual(broken({ end: { ...END, cost: null } }), [overhead]);
  assert.deepEqual(broken({ code: 4 }), ["the load goes"]);
  assert.deepEqual(
    broken({ rounds: [...told(30, 10n * SECOND_NS, 100), { count: 3001, ns: 600n * SECOND_NS }] }),
    [
      "the load goes",
    ],
  );
  const grown = RUN.heaps.map((it) => ({ ...it, usedBytes: 30_000_000 + 20_000 * it.seconds }));
  for (const heaps of [grown, [], RUN.heaps.slice(0, 1)]) {
    assert.deepEqual(broken({ heaps }), ["the tool's heap"]);
  }
});

test("longPage() has each claim, and the heap at the begin and every minute", () => {
  const claims = longClaims(RUN);
  const page = longPage(RUN, { facts: ["date: today"], claims });
  for (const { what } of claims) assert.ok(page.includes(`| ${what} | `), what);
  assert.equal(page.match(/^\| \d+ \| \d+ kB \| \d+ kB \|$/gm)?.length, 11);
  assert.match(
    longPage(RUN, { facts: [], claims: [{ what: "a", measured: "b|c", kept: false }] }),
    /b\\\|c \| not kept/,
  );
});
