/**
 * Runs a program on a host and yields what it says.
 *
 * @module
 */

export { holdCommand } from "./command.ts";
export type { Command } from "./command.ts";
export { ProgramError, programError, readDiagnostics } from "./diagnostic.ts";
export type { Diagnostic } from "./diagnostic.ts";
export { GUARD, GUARD_GRACE_SECONDS, GUARD_SILENCE_SECONDS, guardArgv } from "./guard.ts";
export type { GuardMode } from "./guard.ts";
export { Guarded, HEARTBEAT_MS } from "./guarded.ts";
export type { GuardedState } from "./guarded.ts";
export { launch, READY_LIMIT_MS } from "./launch.ts";
export type { Attachment, Capture, CaptureEnd, LaunchOptions } from "./launch.ts";
export { LINE_LENGTH_MAX, lineChunks } from "./lines.ts";
export { readMessage } from "./message.ts";
export type { CaptureMessage } from "./message.ts";
