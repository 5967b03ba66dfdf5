// Both witnesses of a provocation: each call that user space tells of is one event of the trace, of the same thread, within
// the times that the fact has, and with the same end.

import assert from "node:assert/strict";
import { errnoName } from "../../model/mod.ts";
import { type Fact, readFacts } from "../../model/rules/facts.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import { describeFact } from "../support/told_facts.ts";
import { TracedGuest } from "../support/traced_guest.ts";

const SCENARIOS = [
  "confirm-integer",
  "confirm-unreadable",
  "confirm-conflicts",
  "confirm-page",
  "confirm-child",
  "confirm-pids-max",
  "confirm-emfile",
  "confirm-nproc",
  "confirm-dead-namespace",
  "confirm-set-tid",
  "confirm-flags",
  "confirm-into-cgroup",
];

const CLONE_PIDFD = 0x1000;

/** Calls that are refused while their arguments are read, before any probe could see them. */
const UNSEEN = ["pidfd-detached clone3", "set-tid-33-times clone3"];

/** What a fact must look like in the trace: the type of its event and what that says; null for no event. */
function expected(fact: Fact): readonly unknown[] | null {
  const { call, flags, ret, errno, targetPid } = fact;
  const isOpen = call === "pidfd_open";
  if (!isOpen && ((flags ?? 0) & CLONE_PIDFD) === 0) return null;
  if (UNSEEN.includes(`${fact.fact} ${call}`)) return null;
  if (ret !== -1) return ["pidfd.create", call, targetPid];
  return [isOpen ? "open.failed" : "clone.failed", errnoName(-(errno ?? 0))];
}

/** The events about making a pidfd that a thread gave while the call lasted. */
function seen(fact: Fact, events: readonly TraceEvent[]): readonly (readonly unknown[])[] {
  return events.flatMap((event): readonly (readonly unknown[])[] => {
    const isBirth = event.type === "pidfd.create" || event.type === "clone.failed" ||
      event.type === "open.failed";
    if (!isBirth || event.process?.tid !== fact.tid || event.ktime_ns === null) return [];
    const at = BigInt(event.ktime_ns);
    if (at < (fact.fromNs ?? 0n) || at > (fact.toNs ?? 0n)) return [];
    if (event.type === "pidfd.create") return [[event.type, event.origin, event.target.pid]];
    // Where the number could be read, both read the same.
    if (event.type === "clone.failed" && event.integer !== null) {
      assert.equal(event.integer, fact.integerAfter, describeFact(fact));
    }
    return [[event.type, event.errno]];
  });
}

for (const kernel of ["6.12", "6.1"]) {
  Deno.test(`${kernel}: each call that a provocation tells of is one event of the trace`, async (t) => {
    await using guest = await TracedGuest.start(kernel);
    for (const scenario of SCENARIOS) {
      await t.step(scenario, async () => {
        const first = guest.events.length;
        const { facts } = readFacts((await guest.begin(scenario)).join("\n"));
        await guest.settle();
        const events = guest.events.slice(first);
        const calls = facts.filter((it) => /^(clone3?|pidfd_open)$/.test(it.call) && it.errnos === null);
        assert.ok(calls.length > 0);
        for (const fact of calls) {
          const event = expected(fact);
          assert.deepEqual(seen(fact, events), event === null ? [] : [event], describeFact(fact));
        }
      });
    }
    await t.step("nothing was lost", async () => assert.equal((await guest.stop()).lost, 0));
  });
}
