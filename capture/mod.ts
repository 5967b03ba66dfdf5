/**
 * Runs a program on a host and yields what it says.
 *
 * @module
 */

export { holdCommand } from "./command.ts";
export type { Command } from "./command.ts";
export { decodeEntry, decodeHeader } from "./decode_recording.ts";
export { ProgramError, programError, readDiagnostics } from "./diagnostic.ts";
export type { Diagnostic } from "./diagnostic.ts";
export { GUARD, GUARD_GRACE_SECONDS, GUARD_SILENCE_SECONDS, guardArgv } from "./guard.ts";
export type { GuardMode } from "./guard.ts";
export { Guarded, HEARTBEAT_MS } from "./guarded.ts";
export type { GuardedState } from "./guarded.ts";
export { launch, READY_LIMIT_MS } from "./launch.ts";
export type { Attachment, Capture, CaptureEnd, LaunchOptions, LineTap } from "./launch.ts";
export { LINE_LENGTH_MAX, lineChunks } from "./lines.ts";
export { readMessage } from "./message.ts";
export type { CaptureMessage } from "./message.ts";
export { Recorder } from "./recorder.ts";
export type { RecorderOptions, RecordingSink } from "./recorder.ts";
export { encodeEntry, encodeHeader, RECORDING_FORMAT, REDACT_FIELDS } from "./recording.ts";
export type {
  RecordedAttachment,
  RecordedCounter,
  RecordedHole,
  RecordedPlan,
  RecordedScope,
  RecordedSilence,
  RecordingEnd,
  RecordingEntry,
  RecordingHeader,
  RedactField,
  ResumePoint,
} from "./recording.ts";
export { parseProgramTime, readProgramTime } from "./program_time.ts";
export type { ProgramTime } from "./program_time.ts";
export { parseRecursion, readRecursion } from "./recursion.ts";
export type { ProgramMisses, RecursionReading } from "./recursion.ts";
export { RecordingError } from "./recording_error.ts";
export type { RecordingErrorOptions, RecordingProblem } from "./recording_error.ts";
export { Redactor } from "./redact.ts";
export { openRecording } from "./replay.ts";
export type { RecordingPart, ReplayStep } from "./replay.ts";
export { ONCE_LIMIT_MS, ONCE_LINES_MAX, runOnce } from "./run_once.ts";
export type { OnceResult, RunOnceOptions } from "./run_once.ts";
export { parseReport, runSelfStimulus } from "./self_stimulus.ts";
export type { StimulusBirth, StimulusReport } from "./self_stimulus.ts";
export { uptimeNs } from "./uptime.ts";
export { frame, isZstd, unpackFrames } from "./zstd.ts";
