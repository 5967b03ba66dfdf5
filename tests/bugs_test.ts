// Every bug of tests/simulator/bugs.ts, in histories of which everything arrives: what it breaks, and what cannot be seen.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Update } from "../model/mod.ts";
import { FD_BUGS, KERNEL_BUGS } from "./simulator/bugs.ts";
import type { Bug, FdBug, KernelBug } from "./simulator/bugs.ts";
import { LAWS, tell, WHOLE } from "./simulator/count_checks.ts";
import { FdHistory } from "./simulator/fd_history.ts";
import { simulate } from "./simulator/history.ts";
import { Random } from "./simulator/random.ts";
import { SlotModel } from "./simulator/slot_checks.ts";

/** Histories for each bug: every second one has calls that come between each other. */
const HISTORIES = 60;

/** Calls of one history. */
const CALLS = 60;

/** In so many of the histories that come by a bug it is found: in the others nobody reads a count before the end. */
const FOUND_SHARE = 0.8;

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
      for (let seed = 1; seed <= HISTORIES; seed += 1) {
        const options = { seed, calls: CALLS, law, interleaved: seed % 2 === 0 };
        const kernel = simulate({ ...options, bug: name });
        if (kernel.struck === 0) continue;
        struck += 1;
        const { updates } = tell(kernel.printer.deliver(new Random(seed), WHOLE), { law });
        const rules = brokenRules(updates);
        const where = `${law}, seed ${seed}: ${rules.join(", ")}`;
        if ("unseen" in bug) assert.deepEqual(rules, [], `${where}; has the model learned to see it?`);
        if (rules.length > 0) found.push(rules);
        const sound = simulate(options);
        assert.equal(sound.struck, 0);
        const without = tell(sound.printer.deliver(new Random(seed), WHOLE), { law });
        assert.deepEqual(brokenRules(without.updates), [], `without the bug, ${where}`);
        assertDetermined(without.updates);
      }
      assert.ok(struck >= 10, `${law}: only ${struck} histories come by the bug`);
      if (!("rule" in bug)) continue;
      assert.ok(found.length >= FOUND_SHARE * struck, `${law}: found in ${found.length} of ${struck}`);
      assert.ok(found.some((rules) => rules.includes(bug.rule)), `${law}: never ${bug.rule}`);
    }
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

/** A history of fd tables to its end, and what the model makes of it. */
function slotStory(seed: number, bug?: FdBug): { readonly struck: number; readonly model: SlotModel } {
  const history = new FdHistory(new Random(seed), bug);
  const { machine } = history;
  const model = new SlotModel();
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
        brokenRules(story.model.updates),
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
