/**
 * Patterns of use that look like leaks and are none; they are named, and not reported.
 *
 * @module
 */

import { frameMatch } from "./frame_match.ts";
import type { Holding } from "./holdings.ts";

/** A pattern. */
export interface HarmlessPattern {
  /** Its id. */
  readonly id: string;
  /** What it is, one sentence. */
  readonly says: string;
  /** Where it is known from, as `owner/repository#number` or a file of such a repository. */
  readonly source: string;
  /** Whether a slot is of it. */
  readonly matches: (holding: Holding) => boolean;
}

/** Frames of the Go runtime that ask what the kernel can do with pidfds. */
const goProbes = frameMatch(/\bos\.(?:checkPidfd|checkClonePidfd|pidfdWorks)\b/);

/** Programs of systemd. */
const SYSTEMD = /^\(?(?:systemd|sd-)/;

/** The patterns; of several that match the first is named. */
export const HARMLESS_PATTERNS: readonly HarmlessPattern[] = [
  {
    id: "go-probe",
    says: "Go tries pidfds when it starts: it opens one of itself, and one of a child, and closes them",
    source: "golang/go src/os/pidfd_linux.go, checkPidfd()",
    matches: ({ frames }) => goProbes(frames),
  },
  {
    id: "systemd-pidref",
    says: "systemd keeps a pidfd of the main process of a unit for as long as that lives (PidRef)",
    source: "systemd/systemd src/basic/pidref.h",
    matches: ({ comm, origin, target }) =>
      target.endedNs === null && origin !== "clone" && SYSTEMD.test(comm ?? ""),
  },
];

/**
 * Returns the pattern of a slot.
 *
 * @param holding the slot
 * @returns the first that matches; `undefined` when none does
 *
 * @example
 * ```ts
 * import { HARMLESS_PATTERNS } from "./harmless.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(HARMLESS_PATTERNS.map((it) => it.id), ["go-probe", "systemd-pidref"]);
 * ```
 */
export function harmlessOf(holding: Holding): HarmlessPattern | undefined {
  return HARMLESS_PATTERNS.find((it) => it.matches(holding));
}
