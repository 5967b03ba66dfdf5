/**
 * Machines that we can read files from and start processes on: this one, others over ssh, lab guests, and recordings.
 *
 * Everything but starting a program is built on starting one, so each kind of machine is one function, and no shell on
 * either side ever interprets a word that it is given.
 *
 * ```text
 * parse_target.ts ─▶ local.ts ──────────────────────┐
 *                    ssh.ts ◀─ guest.ts ◀─ lab/ ────┼─▶ command_host.ts ─▶ host.ts
 *                    recorded.ts ◀─ recording.ts ───┘
 * ```
 *
 * @example
 * ```ts
 * import { LocalHost, run } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * assert.equal((await run(host, ["printf", "%s", "$HOME"])).stdout, "$HOME");
 * ```
 *
 * @module
 */

export { encodeArgv, REMOTE_COMMAND } from "./argv_frame.ts";
export { CommandHost } from "./command_host.ts";
export {
  type GuestAddress,
  type GuestConnectOptions,
  GuestHost,
  type GuestHostOptions,
  type ImageHostOptions,
  startGuestHost,
  startImageHost,
} from "./guest.ts";
export {
  type Host,
  type HostDescription,
  HostError,
  type HostErrorKind,
  type HostErrorOptions,
  type HostProcess,
  type HostProcessStatus,
  type RunResult,
} from "./host.ts";
export { LocalHost } from "./local.ts";
export { parseTarget, type Target, TARGET_FORMS } from "./parse_target.ts";
export { RecordedHost } from "./recorded.ts";
export {
  type RecordedCommand,
  type RecordedRefusal,
  recordHost,
  type RecordHostOptions,
  type RecordingIndex,
} from "./recording.ts";
export { run, runBytes, type RunBytesResult, type RunOptions } from "./run.ts";
export { SshHost } from "./ssh.ts";
export type { SshConnectionOptions } from "./ssh_connection.ts";
export type { SshDestination } from "./ssh_destination.ts";
