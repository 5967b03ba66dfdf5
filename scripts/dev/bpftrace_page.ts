/**
 * The page about bpftrace's quirks, from their table.
 *
 * @module
 */

import { BPFTRACE_QUIRKS, DIALECTS } from "../../program/mod.ts";
import type { BpftraceQuirk } from "../../program/mod.ts";

/** Returns docs/bpftrace.md. */
export function bpftracePage(): string {
  const lines = [
    "# bpftrace",
    "",
    "What each version of bpftrace does differently from what one would expect, and what the generated programs, or those",
    "who start and read them, do about it. A program is one tree for all versions; only its text and its environment",
    `differ, in ${DIALECTS.length} dialects: those of ${
      DIALECTS.map((it) => it.name).join(", ")
    }, each for the versions from that one on.`,
    "",
    "Each quirk was met in a guest of the lab, with 0.17, 0.23 or 0.27, and `tests/lab/dialects_test.ts` meets it again.",
    "The versions are the dialect's: that between 0.17 and 0.22 was not tried, nor between 0.23 and 0.27. This page is made",
    "from `program/quirks.ts` by `deno task generate`.",
  ];
  for (const [id, quirk] of Object.entries<BpftraceQuirk>(BPFTRACE_QUIRKS)) {
    lines.push(
      "",
      `## ${id}`,
      "",
      `${quirk.is}.`,
      "",
      `- Versions: ${versions(quirk)}.`,
      `- We: ${quirk.weDo}.`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function versions({ since, until }: BpftraceQuirk): string {
  if (since !== undefined && until !== undefined) return `from ${since} on, before ${until}`;
  if (since !== undefined) return `from ${since} on`;
  return until === undefined ? "all" : `before ${until}`;
}
