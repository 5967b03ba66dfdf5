/**
 * The lines of a recording: everything that is needed to analyse a run elsewhere.
 *
 * A recording is NDJSON: a header, then what the run was told, in its order, and how it ended. Moments are
 * CLOCK_BOOTTIME in ns, as decimal text.
 *
 * @module
 */

import type { HostDescription } from "../hosts/mod.ts";
import type { EventBody } from "../schema/mod.ts";
import type { Diagnostic } from "./diagnostic.ts";

/**
 * The form of a recording; the number changes when a reader of the old form would misread the new one.
 *
 * @example
 * ```ts
 * import { RECORDING_FORMAT } from "./recording.ts";
 * import assert from "node:assert/strict";
 *
 * assert.match(RECORDING_FORMAT, /^trace-clone-recording\/\d+$/);
 * ```
 */
export const RECORDING_FORMAT = "trace-clone-recording/1" as const;

/** What can be taken out of a recording. */
export const REDACT_FIELDS = ["addresses", "comm", "command"] as const;

/** One of {@linkcode REDACT_FIELDS}. */
export type RedactField = (typeof REDACT_FIELDS)[number];

/** Numbers that follow each other, and had not come. */
export interface RecordedHole {
  /** The first of them. */
  readonly from: number;
  /** The last of them. */
  readonly to: number;
  /** Moment of the record before; `null` when none came before. */
  readonly fromNs: string | null;
  /** Moment of the record after. */
  readonly toNs: string;
  /** Whether a heartbeat had come since. */
  readonly isOld: boolean;
}

/** Where the numbering of one counter of one CPU stood. */
export interface RecordedCounter {
  /** Which counter. */
  readonly counter: "task" | "softirq";
  /** Whose. */
  readonly cpu: number;
  /** Highest number that had come. */
  readonly seen: number;
  /** Moment of the record that had it; `null` before the first one. */
  readonly seenNs: string | null;
  /** How many records the last heartbeat of the CPU told of. */
  readonly promised: number;
  /** Lower numbers that could still come. @default {[]} */
  readonly holes?: readonly RecordedHole[];
}

/** What a reader needs to know who does not have the earlier parts. */
export interface ResumePoint {
  /** Latest moment that the earlier parts tell of; what began before is not judged. */
  readonly ktimeNs: string;
  /** Process ids that were in scope. */
  readonly members: readonly number[];
  /** The numbering. */
  readonly counters: readonly RecordedCounter[];
}

/** What was to be run in the kernel, and what it cannot see; see the tracers' `Plan`. */
export interface RecordedPlan {
  /** How this kernel makes pidfds, for people. */
  readonly generation: string;
  /** What holds one reference of a `struct pid`. */
  readonly law: "per-file" | "per-inode";
  /** Whether it is seen when a pidfd's last reference goes. @default {true} */
  readonly releasesSeen?: boolean;
  /** Whether it is seen when the pid hash drops its reference. @default {true} */
  readonly hashPutsSeen?: boolean;
  /** Whether every slot that holds a pidfd is seen. @default {false} */
  readonly slotsSeen?: boolean;
  /** Names of the probes. */
  readonly probes: readonly string[];
  /** One sentence each. */
  readonly cannotSee: readonly string[];
  /** Processes that can be followed at once. */
  readonly trackedMax: number;
  /** Ring buffer of each CPU in pages of 4 KiB. */
  readonly bufferPages: number;
  /** The text that bpftrace got. */
  readonly program: string;
}

/** When everything was attached, and the clock's place in UTC; see `Attachment`. */
export interface RecordedAttachment {
  /** From here on every probe is attached. */
  readonly attachedNs: string;
  /** UTC in ns since 1970 minus CLOCK_BOOTTIME. */
  readonly utcOffsetNs: string;
  /** Process id of bpftrace on the target. */
  readonly bpftracePid: number;
}

/** What was in scope. */
export interface RecordedScope {
  /** Process ids on the target; `null` for all. */
  readonly pids: readonly number[] | null;
  /** Shell pattern for `comm`; `null` for all. */
  readonly comm: string | null;
  /** Whether what they fork is in scope too. */
  readonly descendants: boolean;
  /** Thread ids on the target. @default {all} */
  readonly tids?: readonly number[];
  /** Real user ids. @default {all} */
  readonly uids?: readonly number[];
  /** Paths in cgroup v2, each with everything below it. @default {all} */
  readonly cgroups?: readonly string[];
  /** Begins of ids of containers. @default {all} */
  readonly containers?: readonly string[];
}

/** The first line of each part: who was traced, how, and what was asked for. */
export interface RecordingHeader {
  /** {@linkcode RECORDING_FORMAT}. */
  readonly recording: typeof RECORDING_FORMAT;
  /** A random name of the run, the same in all its parts. */
  readonly run: string;
  /** Which part this is, from 1. */
  readonly part: number;
  /** Name and version of the tool. */
  readonly tool: string;
  /** The published format that the `start` event follows. */
  readonly schema: string;
  /** The target as the user wrote it. */
  readonly target: string;
  /** Who it was. */
  readonly description: HostDescription;
  /** What was known of its kernel; for people and for later tools, nothing here rests on it. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What was run there. */
  readonly plan: RecordedPlan;
  /** When it was ready. */
  readonly attachment: RecordedAttachment;
  /** What was in scope. */
  readonly scope: RecordedScope;
  /** What shaped the output: which calls, and the number of events after which it ended. */
  readonly options: {
    readonly failedOnly: boolean;
    readonly eventsMax: number;
    /** Only calls that succeeded. @default {false} */
    readonly okOnly?: boolean;
  };
  /** What was taken out. */
  readonly redacted: readonly RedactField[];
  /** The body of the `start` event. */
  readonly start: EventBody<"start">;
  /** `null` in the first part, unless records were numbered before the run began. */
  readonly resume: ResumePoint | null;
}

/** What was not seen, and no line of bpftrace tells of it. */
export interface RecordedSilence {
  /** Begin of the time that is doubtful. */
  readonly fromNs: string;
  /** Its end; `null` when that is not known. */
  readonly toNs: string | null;
  /** What was seen of it. */
  readonly detail: string;
  /** Why nothing was seen. @default {"silenced"} */
  readonly reason?: "silenced" | "missed-probe";
  /** How often, when that is known. @default {null} */
  readonly events?: number | null;
}

/** How a run ended. */
export interface RecordingEnd {
  /** The body of its `end` event. */
  readonly body: EventBody<"end">;
  /** What does not follow from the events. */
  readonly outside: {
    /** False when something else than losses made the run incomplete. */
    readonly complete: boolean;
    /** The exit codes that applied besides those of findings and losses. */
    readonly codes: readonly number[];
  };
  /** What bpftrace complained about. */
  readonly diagnostics: readonly Diagnostic[];
  /** How often the kernel did not run a program, or why that is not known. @default {nobody has looked} */
  readonly recursion?: { readonly misses: number } | { readonly misses: null; readonly reason: string };
}

/** One line after the header. */
export type RecordingEntry =
  /** Lines that bpftrace printed, as they were. */
  | { readonly kind: "raw"; readonly lines: readonly string[] }
  /** The run was ended in the middle of things: what comes after is not counted as lost. */
  | { readonly kind: "cut" }
  /** Something was not seen, and no line of bpftrace tells of it. */
  | { readonly kind: "silenced" } & RecordedSilence
  /** Up to here it is known which programs were not run; `null` when nobody looks any more. */
  | { readonly kind: "settled"; readonly untilNs: string | null }
  /** How the run ended; the last line. */
  | { readonly kind: "end"; readonly end: RecordingEnd };

/**
 * Returns the header as a line, with its end.
 *
 * @param header the header
 * @returns one line of JSON
 */
export function encodeHeader(header: RecordingHeader): string {
  return `${JSON.stringify(header)}\n`;
}

/**
 * Returns an entry as a line, with its end.
 *
 * @param entry the entry
 * @returns one line of JSON
 * @example
 * ```ts
 * import { encodeEntry } from "./recording.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(encodeEntry({ kind: "raw", lines: ["{}"] }), '{"raw":["{}"]}\n');
 * ```
 */
export function encodeEntry(entry: RecordingEntry): string {
  switch (entry.kind) {
    case "raw":
      return `${JSON.stringify({ raw: entry.lines })}\n`;
    case "cut":
      return '{"cut":true}\n';
    case "silenced": {
      const { kind: _kind, ...silenced } = entry;
      return `${JSON.stringify({ silenced })}\n`;
    }
    case "settled":
      return `${JSON.stringify({ settled: entry.untilNs })}\n`;
    case "end":
      return `${JSON.stringify({ end: entry.end })}\n`;
    default:
      return entry satisfies never;
  }
}
