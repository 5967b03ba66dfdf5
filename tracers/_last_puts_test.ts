import assert from "node:assert/strict";
import { known, Symbols } from "../kernel/mod.ts";
import type { KernelFacts } from "../kernel/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import { PLAN_LIMITS, withoutFentry } from "../tests/support/plan_variants.ts";
import { recordedMachine } from "../tests/support/recorded_machines.ts";
import { planLifecycle } from "./mod.ts";

/** The machine with so many bytes between put_pid() and what stands behind it. */
function withBytes(facts: KernelFacts, bytes: bigint): KernelFacts {
  const { symbols } = facts;
  const begin = 0xffff_ffff_810e_ba00n;
  const places: Readonly<Record<string, bigint>> = {
    "put_pid": begin,
    "put_pid.part.0": begin - 96n,
    "delayed_put_pid": begin + bytes,
  };
  const entries = symbols.names.flatMap((it) => symbols.entries(it)).map((it) => ({
    ...it,
    address: places[it.name] ?? 1n,
  }));
  const filterFunctions = known(new Set(entries.filter((it) => /t/i.test(it.type)).map((it) => it.name)));
  return {
    ...facts,
    symbols: new Symbols({ names: symbols.names, kallsyms: known(entries), filterFunctions }),
  };
}

const ROWS: readonly (readonly [what: string, bytes: bigint, hasFentry: boolean, puts: string])[] = [
  ["a test and a jump, by kprobes", 32n, false, "kprobe:put_pid.part.0"],
  ["room for more, by kprobes", 48n, false, "kprobe:put_pid kprobe:put_pid.part.0"],
  ["a test and a jump, by fentry", 32n, true, "fentry:put_pid kprobe:put_pid.part.0"],
];

for (const [what, bytes, hasFentry, puts] of ROWS) {
  Deno.test(`planLifecycle() watches put_pid() only where it can drop a reference: ${what}`, async () => {
    const facts = await factsOf(recordedMachine("6.12"));
    const plan = planLifecycle(withBytes(hasFentry ? facts : withoutFentry(facts), bytes), {
      ...PLAN_LIMITS,
      follow: false,
    });
    if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
    assert.equal(plan.probes.filter((it) => /:put_pid/.test(it)).join(" "), puts);
  });
}
