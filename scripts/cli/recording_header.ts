/**
 * What is written about a run before its first line.
 *
 * @module
 */

import { RECORDING_FORMAT } from "../../capture/mod.ts";
import type { Attachment, RecordingHeader, RedactField } from "../../capture/mod.ts";
import type { CounterPoint } from "../../events/mod.ts";
import type { KernelFacts } from "../../kernel/mod.ts";
import type { Scope } from "../../model/mod.ts";
import { renderProgram } from "../../program/mod.ts";
import { EVENT_SCHEMA } from "../../schema/mod.ts";
import { TOOL } from "../version.ts";
import type { Prepared } from "./prepare.ts";
import { recordedCounter } from "./recorded_counter.ts";
import { recordedScope } from "./filters.ts";

/** What is known of a run when its probes are attached. */
export interface HeaderParts {
  /** Who is traced, and how. */
  readonly prepared: Prepared;
  /** When it was ready. */
  readonly attachment: Attachment;
  /** Where the numbering stood then. */
  readonly counters: readonly CounterPoint[];
  /** What is in scope. */
  readonly scope: Scope;
  /** What shapes the output. */
  readonly options: RecordingHeader["options"];
  /** What is taken out. */
  readonly redact: readonly RedactField[];
  /** The body of the `start` event. */
  readonly start: RecordingHeader["start"];
}

/**
 * Returns the header of a new recording.
 *
 * @param parts what is known of the run
 * @returns the header of its first part
 */
export function recordingHeader(parts: HeaderParts): RecordingHeader {
  const { prepared: { description, facts, plan }, attachment, counters, scope } = parts;
  return {
    recording: RECORDING_FORMAT,
    run: crypto.randomUUID(),
    part: 1,
    tool: TOOL,
    schema: EVENT_SCHEMA,
    target: description.name,
    description,
    facts: plainFacts(facts),
    plan: {
      generation: plan.generation,
      law: plan.law,
      releasesSeen: plan.releasesSeen,
      hashPutsSeen: plan.hashPutsSeen,
      slotsSeen: plan.slotsSeen,
      probes: plan.probes,
      cannotSee: plan.cannotSee,
      trackedMax: plan.trackedMax,
      bufferPages: plan.program.config.perfRbPages,
      program: renderProgram(plan.program),
    },
    attachment: {
      attachedNs: attachment.attachedNs.toString(),
      utcOffsetNs: attachment.utcOffsetNs.toString(),
      bpftracePid: attachment.bpftracePid,
    },
    scope: recordedScope(scope),
    options: parts.options,
    redacted: parts.redact,
    start: parts.start,
    resume: counters.length === 0 ? null : {
      ktimeNs: attachment.attachedNs.toString(),
      members: [],
      counters: counters.map(recordedCounter),
    },
  };
}

/** The facts that are small and can be written; symbols and types are not. */
function plainFacts(facts: KernelFacts): RecordingHeader["facts"] {
  const { release, pidfd, tracefs, bpftrace, switches, preemption } = facts;
  return { release, pidfd, tracefs, bpftrace, switches, preemption };
}
