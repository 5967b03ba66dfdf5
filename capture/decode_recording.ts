/**
 * Reads the lines of a recording, which anybody may have written.
 *
 * @module
 */

import { EVENT_SCHEMA, EVENT_TABLE } from "../schema/mod.ts";
import {
  anything,
  decimal,
  integer,
  list,
  nullable,
  object,
  oneOf,
  published,
  ShapeError,
  text,
  truth,
} from "./_shape.ts";
import type { Shape } from "./_shape.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { RECORDING_FORMAT, REDACT_FIELDS } from "./recording.ts";
import type {
  RecordedCounter,
  RecordedHole,
  RecordedPlan,
  RecordedScope,
  RecordedSilence,
  RecordingEnd,
  RecordingEntry,
  RecordingHeader,
  ResumePoint,
} from "./recording.ts";
import { RecordingError } from "./recording_error.ts";

const COUNTER_FIELDS = {
  counter: oneOf(["task", "softirq"]),
  cpu: integer,
  seen: integer,
  seenNs: nullable(decimal),
  promised: integer,
};

const HOLE: Shape<RecordedHole> = object({
  from: integer,
  to: integer,
  fromNs: nullable(decimal),
  toNs: decimal,
  isOld: truth,
});

/** Recordings from before late records were waited for have no holes. */
const COUNTER: Shape<RecordedCounter> = (value, place) => {
  const hasHoles = "holes" in anything(value, place);
  return object({ ...COUNTER_FIELDS, ...(hasHoles ? { holes: list(HOLE) } : {}) })(value, place);
};

const RESUME: Shape<ResumePoint> = object({
  ktimeNs: decimal,
  members: list(integer),
  counters: list(COUNTER),
});

const PLAN_FIELDS = {
  generation: text,
  law: oneOf(["per-file", "per-inode"]),
  probes: list(text),
  cannotSee: list(text),
  trackedMax: integer,
  bufferPages: integer,
  program: text,
};

/** Recordings from before there were plans that do not see everything do not say what they see. */
const PLAN: Shape<RecordedPlan> = (value, place) => {
  const given = anything(value, place);
  return object({
    ...PLAN_FIELDS,
    ...("releasesSeen" in given ? { releasesSeen: truth } : {}),
    ...("hashPutsSeen" in given ? { hashPutsSeen: truth } : {}),
    ...("slotsSeen" in given ? { slotsSeen: truth } : {}),
  })(value, place);
};

const SCOPE_FIELDS = { pids: nullable(list(integer)), comm: nullable(text), descendants: truth };

/** Recordings have the filters that the user gave, and older ones have but the first three. */
const SCOPE: Shape<RecordedScope> = (value, place) => {
  const given = anything(value, place);
  return object({
    ...SCOPE_FIELDS,
    ...("tids" in given ? { tids: list(integer) } : {}),
    ...("uids" in given ? { uids: list(integer) } : {}),
    ...("cgroups" in given ? { cgroups: list(text) } : {}),
    ...("containers" in given ? { containers: list(text) } : {}),
  })(value, place);
};

const OPTION_FIELDS = { failedOnly: truth, eventsMax: integer };

const OPTIONS: Shape<RecordingHeader["options"]> = (value, place) => {
  const isNewer = "okOnly" in anything(value, place);
  return object({ ...OPTION_FIELDS, ...(isNewer ? { okOnly: truth } : {}) })(value, place);
};

const HEADER: Shape<RecordingHeader> = object({
  recording: oneOf([RECORDING_FORMAT]),
  run: text,
  part: integer,
  tool: text,
  schema: oneOf([EVENT_SCHEMA]),
  target: text,
  description: object({
    name: text,
    release: text,
    machine: text,
    bootId: text,
    cpus: integer,
    uid: integer,
  }),
  facts: anything,
  plan: PLAN,
  attachment: object({ attachedNs: decimal, utcOffsetNs: decimal, bpftracePid: integer }),
  scope: SCOPE,
  options: OPTIONS,
  redacted: list(oneOf(REDACT_FIELDS)),
  start: published<RecordingHeader["start"]>(EVENT_TABLE.start.fields),
  resume: nullable(RESUME),
});

const SILENCE_FIELDS = { fromNs: decimal, toNs: nullable(decimal), detail: text };
const REASON_FIELDS = { reason: oneOf(["silenced", "missed-probe"]), events: nullable(integer) };

/** Recordings from before programs were watched that did not run have one reason only. */
const SILENCED: Shape<RecordedSilence> = (value, place) => {
  const hasReason = "reason" in anything(value, place);
  return object({ ...SILENCE_FIELDS, ...(hasReason ? REASON_FIELDS : {}) })(value, place);
};
const SETTLED = nullable(decimal);
const RAW: Shape<readonly string[]> = list(text);

const WORDS = { level: oneOf(["note", "warning", "error"]), text };

const DIAGNOSTIC: Shape<Diagnostic> = (value, place) => {
  const isHinted = "hint" in anything(value, place);
  return isHinted ? object({ ...WORDS, hint: text })(value, place) : object(WORDS)(value, place);
};

const END_BODY: Shape<RecordingEnd["body"]> = (value, place) => {
  object({ reason: text, complete: truth, exit_code: integer, command_status: nullable(integer) })(
    value,
    place,
  );
  return published<RecordingEnd["body"]>(EVENT_TABLE.end.fields)(value, place);
};

const END_FIELDS = {
  body: END_BODY,
  outside: object({ complete: truth, codes: list(integer) }),
  diagnostics: list(DIAGNOSTIC),
};

const RECURSION: Shape<NonNullable<RecordingEnd["recursion"]>> = (value, place) => {
  const { misses } = anything(value, place);
  return misses === null
    ? { misses, ...object({ reason: text })(value, place) }
    : object({ misses: integer })(value, place);
};

const END: Shape<RecordingEnd> = (value, place) => {
  const isWatched = "recursion" in anything(value, place);
  return object({ ...END_FIELDS, ...(isWatched ? { recursion: RECURSION } : {}) })(value, place);
};

/** What can be done about a file that is no recording. */
const MAKE_ONE = "A recording is made with: trace-clone record FILE";

/**
 * Reads the first line of a recording.
 *
 * @param line the line, without its end
 * @returns the header
 * @throws {RecordingError} when it is no header, or one of another version
 */
export function decodeHeader(line: string): RecordingHeader {
  const value = parsed(line);
  const format = isObject(value) ? value.recording : undefined;
  if (typeof format !== "string" || !format.startsWith("trace-clone-recording/")) {
    throw new RecordingError("Cannot read the recording: its first line is not that of a recording", {
      problem: "not-a-recording",
      line: 1,
      hint: MAKE_ONE,
    });
  }
  const schema = isObject(value) ? value.schema : undefined;
  const versions: readonly (readonly [unknown, string])[] = [
    [format, RECORDING_FORMAT],
    [schema, EVENT_SCHEMA],
  ];
  for (const [found, required] of versions) {
    if (found === required) continue;
    throw new RecordingError(
      `Cannot read the recording: "${required}" is required, but it has ${JSON.stringify(found)}`,
      { problem: "other-version", line: 1, hint: "Replay it with the version of trace-clone that made it" },
    );
  }
  return shaped(HEADER, value, 1);
}

/**
 * Reads a line after the first.
 *
 * @param line the line, without its end
 * @param number its number, from 1
 * @returns the entry
 * @throws {RecordingError} when it is none
 * @example
 * ```ts
 * import { decodeEntry } from "./decode_recording.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(decodeEntry('{"cut":true}', 7), { kind: "cut" });
 * ```
 */
export function decodeEntry(line: string, number: number): RecordingEntry {
  const value = parsed(line);
  if (isObject(value)) {
    if ("raw" in value) return { kind: "raw", lines: shaped(RAW, value.raw, number) };
    if (value.cut === true) return { kind: "cut" };
    if ("silenced" in value) return { kind: "silenced", ...shaped(SILENCED, value.silenced, number) };
    if ("settled" in value) return { kind: "settled", untilNs: shaped(SETTLED, value.settled, number) };
    if ("end" in value) return { kind: "end", end: shaped(END, value.end, number) };
  }
  throw damaged("it is none of a recording", number);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function shaped<T>(shape: Shape<T>, value: unknown, line: number): T {
  try {
    return shape(value, "");
  } catch (error) {
    if (error instanceof ShapeError) throw damaged(error.message, line);
    throw error;
  }
}

function damaged(what: string, line: number): RecordingError {
  return new RecordingError(`Cannot read line ${line} of the recording: ${what}`, {
    problem: "damaged",
    line,
    hint: "What stands before this line is replayed; make the recording again if you can",
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
