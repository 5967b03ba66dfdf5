// Every bug of tests/simulator/bugs.ts, in histories of which everything arrives: what it breaks, and what cannot be seen.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Update } from "../model/mod.ts";
import { FD_BUGS, KERNEL_BUGS } from "./simulator/bugs.ts";
import type { Bug, FdBug, KernelBug } from "./simulator/bugs.ts";
import { tell, WHOLE } from "./simulator/count_checks.ts";
import { FdHistory } from "./simulator/fd_history.ts";
import { judgedUnder, LAWS } from "./simulator/generations.ts";
import type { KernelGeneration } from "./simulator/generations.ts";
import { simulate } from "./simulator/history.ts";
import { Random } from "./simulator/random.ts";
import { SlotModel } from "./simulator/slot_checks.ts";

/** Histories for each bug and law, on all generations in turn: every second one has calls that come between each other. */
const HISTORIES = 60;

/** Calls of one history. */
const CALLS = 60;

/** In so many of the histories that come by a bug it is found: in the others nobody reads a count before the end. */
const FOUND_SHARE = 0.8;

/** So many histories, on each of the generations by turns; of two on one generation one has an even seed. */
function inTurn(
  generations: readonly KernelGeneration[],
  many: number,
): readonly { readonly generation: KernelGeneration; readonly seed: number }[] {
  const each = Math.ceil(many / generations.length);
  return generations.flatMap((generation) =>
    Array.from({ length: each }, (_, at) => ({ generation, seed: at + 1 }))
  );
}

/** The ids of the rules that are broken. */
function brokenRules(updates: readonly Update[]): readonly string[] {
  return updates.flatMap((it) => it.type === "finding" && it.body.verdict === "broken" ? [it.body.rule] : []);
}

/** Nothing was lost, so nothing may be left undetermined. */
function assertDetermined(updates: readonly Update[]): void {
  const undetermined = updates.filter((it) => it.type === "finding" && it.body.verdict === "undetermined");
  assert.deepEqual(undetermined, []);
}

for (const [name, bug] of Object.entries(KERNEL_BUGS) as [KernelBug, Bug][]) {
  const expected = "rule" in bug ? `breaks ${bug.rule}` : "is not seen";
  test(`the bug ${name} ${expected}`, () => {
    for (const law of LAWS) {
      let struck = 0;
      const found: (readonly string[])[] = [];
      for (const { generation, seed } of inTurn(judgedUnder(law), HISTORIES)) {
        const options = { seed, calls: CALLS, generation, interleaved: seed % 2 === 0 };
        const kernel = simulate({ ...options, bug: name });
        if (kernel.struck === 0) continue;
        struck += 1;
        const { updates } = tell(kernel.printer.deliver(new Random(seed), WHOLE), { generation });
        const rules = brokenRules(updates);
        const where = `${generation.name}, seed ${seed}: ${rules.join(", ")}`;
        if ("unseen" in bug) assert.deepEqual(rules, [], `${where}; has the model learned to see it?`);
        if (rules.length > 0) found.push(rules);
        const sound = simulate(options);
        assert.equal(sound.struck, 0);
        const without = tell(sound.printer.deliver(new Random(seed), WHOLE), { generation });
        assert.deepEqual(brokenRules(without.updates), [], `without the bug, ${where}`);
        assertDetermined(without.updates);
      }
      if (bug.law !== undefined && bug.law !== law) {
        assert.equal(struck, 0, `${law}: such kernels have no such place`);
        continue;
      }
      assert.ok(struck >= 10, `${law}: only ${struck} histories come by the bug`);
      if (!("rule" in bug)) continue;
      assert.ok(found.length >= FOUND_SHARE * struck, `${law}: found in ${found.length} of ${struck}`);
      assert.ok(found.some((rules) => rules.includes(bug.rule)), `${law}: never ${bug.rule}`);
    }
  });
}

/**
 * Of the findings about processes that no loss has touched, so many stay definite when 1 % of the records are lost.
 *
 * A loss makes doubtful whatever lived when it happened, for it can have been about any of them. So what is found at a
 * birth stays sure, and what is found at the end of a long life does not.
 */
const DEFINITE_SHARES: Partial<Record<KernelBug, number>> = {
  "clone-get-doubled": 0.85,
  "failed-put-missing": 0.8,
  "clone-gets-the-wrong-pid": 0.7,
  "close-put-doubled": 0.4,
  "hash-put-doubled": 0.3,
};

for (const [name, least] of Object.entries(DEFINITE_SHARES) as [KernelBug, number][]) {
  test(`the bug ${name} is still found where 1 % is lost`, () => {
    for (const law of LAWS) {
      const verdicts = inTurn(judgedUnder(law), 40).flatMap((it) => untouchedVerdicts(name, it));
      const broken = verdicts.filter((it) => it === "broken").length;
      console.log(
        `${name}, ${law}: ${broken} of ${verdicts.length} findings about the untouched are definite`,
      );
      assert.ok(verdicts.length >= 20, `${law}: ${verdicts.length} findings`);
      assert.ok(broken / verdicts.length >= least, `${law}: ${broken} of ${verdicts.length}`);
    }
  });
}

/** The verdicts on processes none of whose records was lost. */
function untouchedVerdicts(
  bug: KernelBug,
  { generation, seed }: { readonly generation: KernelGeneration; readonly seed: number },
): readonly string[] {
  const kernel = simulate({ seed, calls: 200, generation, interleaved: true, bug });
  const delivered = kernel.printer.deliver(new Random(seed), { ...WHOLE, dropPercent: 1 });
  const { updates } = tell(delivered, { generation });
  const bySeq = new Map(updates.map((it) => [it.seq, it]));
  const targetAt = new Map(kernel.truth.map((it) => [it.ktimeNs, it.target]));
  return updates.flatMap((it) => {
    if (it.type !== "finding") return [];
    const last = bySeq.get(it.body.evidence.at(-1) ?? 0);
    const target = targetAt.get(last?.ktimeNs ?? -1n);
    return target === undefined || delivered.touched.has(target) ? [] : [it.body.verdict];
  });
}

/** What a bug that breaks no rule shows in spite of that, if anything. */
const TRACES: Readonly<Record<FdBug, ((model: SlotModel) => boolean) | undefined>> = {
  "closed-slot-leaked": ({ state }) => state.files.size > 0,
  "ended-table-leaked": ({ state }) => state.files.size > 0,
  "copy-without-reference": ({ state }) => state.unmatched > 0,
  "open-of-the-wrong-pid": undefined,
  "close-on-exec-lost": ({ updates }) =>
    updates.some((it) =>
      it.type === "pidfd.install" && it.body.by === "pidfd_open" && it.body.close_on_exec === false
    ),
};

/** A history of fd tables to its end, by one law or the other, and what the model makes of it. */
function slotStory(seed: number, bug?: FdBug): { readonly struck: number; readonly model: SlotModel } {
  const law = LAWS[seed % LAWS.length] ?? "per-inode";
  const history = new FdHistory(new Random(seed), { law, bug });
  const { machine } = history;
  const model = new SlotModel(law);
  for (let at = 0; at < 2 * CALLS; at += 1) {
    history.step();
    if (at % 40 === 39) machine.tick(1000n);
  }
  history.end();
  machine.tick(2_000_000_000n);
  model.lines(machine.take());
  model.take({ kind: "finish" });
  return { struck: machine.kernel.struck, model };
}

for (const [name, bug] of Object.entries(FD_BUGS) as [FdBug, Bug][]) {
  const hasTrace = TRACES[name];
  test(`the bug ${name} breaks no rule, and leaves ${hasTrace === undefined ? "no" : "its"} trace`, () => {
    assert.ok("unseen" in bug);
    let struck = 0;
    let traced = 0;
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const story = slotStory(seed, name);
      if (story.struck === 0) continue;
      struck += 1;
      assert.deepEqual(
        brokenRules(story.model.updates).filter((it) => it !== bug.mayBreak),
        [],
        `seed ${seed}; has the model learned to see it?`,
      );
      if (hasTrace === undefined) continue;
      if (hasTrace(story.model)) traced += 1;
      assert.equal(hasTrace(slotStory(seed).model), false, `seed ${seed} without the bug`);
    }
    assert.ok(struck >= 10, `only ${struck} histories come by the bug`);
    if (hasTrace !== undefined) assert.ok(traced >= FOUND_SHARE * struck, `traced in ${traced} of ${struck}`);
  });
}
