/**
 * What `leaks` answers, for tests of what is made of it.
 *
 * @module
 */

import type { LeakBody, LeaksBody } from "../../reports/mod.ts";

/** A group that breaks a rule; what a test is about is given on top. */
export function leakBody(more: Partial<LeakBody> = {}): LeakBody {
  return {
    ...{ holders: 1, container: null, cgroup: null, stack: null, certainty: null, left: 0 },
    ...{ pid: 7, start_ns: "5", comm: "few", origin: "pidfd_open", way: "opened", rule: "K1" },
    ...{ statement: "It is closed soon", verdict: "broken", reasons: [], family: "opened-process" },
    ...{ says: null, advice: null, reports: [], pidfds: 1, dead: 1, suspects: 1, oldest_ns: "31000000000" },
    ...{ growth: "bounded", per_hour: null, open: null, limit: null, headroom: null, emfile_s: null },
    evidence: [],
    ...more,
  };
}

/** A group that grows, of credentials of peers, with the room that its holder has left. */
export const GROWING: LeakBody = leakBody({
  ...{ pid: 917, comm: "agent", origin: "so_peerpidfd", family: "peer-credential" },
  ...{ pidfds: 412, dead: 300, suspects: 300, oldest_ns: "552000000000", evidence: [4, 8] },
  ...{ growth: "growing", per_hour: 2448, open: 450, limit: 1024, headroom: 574, emfile_s: 844 },
});

/** What follows from a run that lasts; what a test is about is given on top. */
export function leaksBody(more: Partial<LeaksBody> = {}): LeaksBody {
  return {
    ...{ harmless: [], command_status: null, cost: null },
    ...{ groups: 1, shown: 1, broken: 1, undetermined: 0, pidfds: 1, dead: 1, watched_ns: "1" },
    ...{ not_seen: [], reason: "it runs", complete: false, exit_code: 1 },
    ...more,
  };
}
