/**
 * What a guest of the matrix gives when all is well, written down by hand for both laws.
 *
 * @module
 */

import type { TraceEvent } from "../../schema/mod.ts";
import type { Observed } from "../../scripts/cli/matrix_judge.ts";
import type { StimulusCall, StimulusRun } from "../../scripts/cli/matrix_stimulus.ts";

/** One pidfd of a round: who makes it, and the counts after its birth and its close. */
type Pidfd = readonly [call: "clone" | "pidfd_open", birth: number, close: number];

const THREE: Readonly<Record<Observed["law"], readonly Pidfd[]>> = {
  "per-inode": [["clone", 2, 2], ["pidfd_open", 2, 2], ["pidfd_open", 2, 1]],
  "per-file": [["clone", 2, 3], ["pidfd_open", 3, 2], ["pidfd_open", 4, 1]],
};

/** A guest where nothing is wrong: one round of `clone` and one of `three-pidfds`, and a call that fails. */
export function goodStory(law: Observed["law"]): Observed {
  const events: TraceEvent[] = [];
  const one: readonly Pidfd[] = [["clone", 2, 1]];
  const runs = [
    tell("clone", { tid: 100, pidfds: one, events }),
    tell("three-pidfds", { tid: 200, pidfds: THREE[law], events }),
    fail(300, events),
  ];
  return { law, runs, events, trust: { lost: 0, late: 0 }, whole: true };
}

const CALL = { round: 0, errno: 0, pid: null, fd: -1, flags: null };

function tell(
  scenario: string,
  about: { readonly tid: number; readonly pidfds: readonly Pidfd[]; readonly events: TraceEvent[] },
): StimulusRun {
  const { tid, pidfds, events } = about;
  const pid = tid + 1;
  const first = events.length + 1;
  const made = pidfds.map(([call, after], at): StimulusCall => {
    const fd = 3 + at;
    const flags = call === "clone" ? 0x1011 : 0;
    events.push(
      event({
        type: "pidfd.create",
        seq: first + at,
        process: { tid },
        origin: call,
        fd,
        target: { pid },
        count: count(after),
      }),
    );
    return { ...CALL, tid, call, ret: call === "clone" ? pid : fd, pid, fd, flags };
  });
  const closed = pidfds.map(([, , after], at): StimulusCall => {
    events.push(
      event({
        type: "pidfd.release",
        seq: first + pidfds.length + at,
        created_seq: first + at,
        process: { tid },
        count: count(after),
      }),
    );
    return { ...CALL, tid, call: "close", ret: 0, fd: 3 + at };
  });
  return { scenario, calls: [...made, ...closed], ok: true, why: null };
}

function fail(tid: number, events: TraceEvent[]): StimulusRun {
  events.push(event({ type: "clone.failed", seq: events.length + 1, process: { tid }, errno: "EFAULT" }));
  const call = { ...CALL, tid, call: "clone", ret: -1, errno: 14, flags: 0x1011 };
  return { scenario: "efault", calls: [call], ok: true, why: null };
}

function count(after: number) {
  return { after, expected: after };
}

/** The fields of an event that are looked at. */
function event(fields: Readonly<Record<string, unknown>>): TraceEvent {
  return fields as unknown as TraceEvent;
}
