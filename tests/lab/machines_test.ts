// The recorded machines are true: the live guest gives the same programs, and its bpftrace takes each of them.

import { startGuestHost } from "../../hosts/mod.ts";
import {
  agreedPlan,
  attachAndCheckPlaces,
  attachOnce,
  bringStimulus,
  checkCounts,
  liveFacts,
} from "../support/plan_check.ts";
import { PLAN_VARIANTS } from "../support/plan_variants.ts";
import { RECORDED_MACHINES } from "../support/recorded_machines.ts";
import type { MachineName } from "../support/recorded_machines.ts";

/** Where what other probes than the usual ones see is counted too. */
const COUNTED: readonly MachineName[] = ["6.1", "6.12"];

/** One guest for each bpftrace: there the programs are attached that no other test runs. */
const ATTACHED: readonly MachineName[] = ["6.12", "6.1+bookworm", "7.2+sid"];

/** Processes with three pidfds each. */
const ROUNDS = 5;

for (const name of RECORDED_MACHINES) {
  Deno.test(`${name} is as it was recorded, and its bpftrace takes what is planned`, async (t) => {
    const onProgress = (line: string) => console.log(line);
    await using host = await startGuestHost({
      kernel: name,
      timeLimitSeconds: 600,
      shared: false,
      onProgress,
    });
    const isCounted = COUNTED.includes(name);
    const isAttached = ATTACHED.includes(name);
    if (isCounted || isAttached) await bringStimulus(host);
    const live = await liveFacts(host);
    for (const variant of PLAN_VARIANTS) {
      await t.step(variant.name, async () => {
        const plan = await agreedPlan(name, { live, variant });
        // The usual programs are attached to each of these guests by tests/lab/matrix_test.ts.
        const isUsual = !variant.lacks && variant.filter === undefined && variant.leaks !== true;
        if (isUsual) return;
        const hasPlaces = isAttached && variant.leaks === true && !variant.lacks;
        if (isCounted) await checkCounts(host, { plan, live, rounds: ROUNDS, hasPlaces });
        else if (hasPlaces) await attachAndCheckPlaces(host, { plan, live });
        else if (isAttached) await attachOnce(host, { plan });
      });
    }
  });
}
