import assert from "node:assert/strict";
import { CONFIRM_RULES } from "../../model/mod.ts";
import { toldOf } from "../../tests/support/confirm_result.ts";
import { rowRules } from "./matrix_rules.ts";
import { together } from "./matrix_row.ts";
import type { CountedRow } from "./matrix_row.ts";

const WHOLE = { reason: "all stimuli were played", outside: { codes: [0] } } as const;
const NOTHING = { unfinished: new Set<string>(), move: undefined, result: WHOLE };

const COUNTED: CountedRow = {
  kernel: "6.12",
  release: "6.12.118",
  bpftrace: "bpftrace v0.23.2",
  generation: "G3 (pidfs)",
  law: "per-inode",
  births: null,
  releases: null,
  counts: null,
  failures: null,
  lost: 0,
  verdict: "holds",
  reasons: [],
  paths: null,
  probes: [],
  ladder: [],
  cannot_see: [],
};

Deno.test("rowRules() names every rule once, and says what is broken", () => {
  const { rules, verdict, reasons } = rowRules({ ...NOTHING, evidence: toldOf() });
  assert.ok(rules !== null);
  const all = Object.values(rules).flat();
  assert.deepEqual(new Set(all), new Set(CONFIRM_RULES.map((it) => it.id)));
  assert.equal(all.length, CONFIRM_RULES.length);
  assert.deepEqual([rules.broken, verdict], [["R5"], "broken"]);
  assert.match(reasons[0] ?? "", /^R5 is broken: .+, expected .+/);
});

Deno.test("rowRules() is not sure of a run that did not come to its end", () => {
  const told = { ...NOTHING, evidence: toldOf() };
  const { reasons } = rowRules({ ...told, unfinished: new Set(["confirm-exec"]) });
  assert.ok(reasons.includes("confirm-exec did not come to an end"), reasons.join("\n"));
});

const CONFIRMED = {
  rules: { holds: ["R1"], broken: [], undetermined: [], not_exercised: [] },
  behaves_like: "pidfs",
  missing: [],
} as const;

for (
  const [counted, confirmed, verdict] of [
    ["holds", "holds", "holds"],
    ["holds", "undetermined", "undetermined"],
    ["broken", "undetermined", "broken"],
    ["undetermined", "broken", "broken"],
  ] as const
) {
  Deno.test(`together() of ${counted} and ${confirmed} is ${verdict}, with the reasons of both`, () => {
    const row = together(
      { ...COUNTED, verdict: counted, reasons: ["one"] },
      { ...CONFIRMED, verdict: confirmed, reasons: ["two"] },
    );
    assert.deepEqual([row.verdict, row.reasons, row.behaves_like], [verdict, ["one", "two"], "pidfs"]);
  });
}
