/**
 * The recorded sessions that each machine of the lab has in tests/goldens/; `deno task record:goldens` makes them.
 *
 * @module
 */

/** A session to record. */
export interface GoldenSession {
  /** What stands behind the machine's name. */
  readonly name: string;
  /** Options of the run. */
  readonly options: readonly string[];
  /** Scenarios of the stimulus, one after the other. */
  readonly scenarios: readonly string[];
}

/** The sessions: what is always traced, in success and in failure, and the graph of slots with uses. */
export const GOLDEN_SESSIONS: readonly GoldenSession[] = [
  {
    name: "lifecycle",
    options: [],
    scenarios: [
      "clone",
      "clone-reap-first",
      "clone3",
      "pidfd-open",
      "pidfd-open-zombie",
      "three-pidfds",
      "exit-open",
      "exec-open",
      "emfile",
      "emfile-open",
      "efault",
      "efault-clone3",
      "pids-max",
      "open-fail",
      "conflict",
      "threads",
    ],
  },
  {
    name: "graph",
    options: ["--births", "all", "--uses"],
    scenarios: [
      "moves-getfd",
      "moves-exec",
      "moves-scm",
      "birth-peerpidfd",
      "birth-reopen",
      "birth-thread",
      "uses-poll",
      "uses-wait",
      "uses-signal",
    ],
  },
];
