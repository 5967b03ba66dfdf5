/**
 * See every pidfd on a live Linux kernel from its birth to its last close, with the reference count that its target has
 * and should have.
 *
 * ```text
 * schema ─▶ hosts ─▶ kernel ─▶ program ─▶ tracers ─▶ capture ─▶ events ─▶ model ─▶ reports
 * ```
 *
 * Data flows one way. The command line in `scripts/` is made of nothing but these parts.
 *
 * @example Read one line of bpftrace and decode the record in it
 * ```ts
 * import { decode, readMessage } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const message = readMessage('{"type": "printf", "data": "put 0 1 5000 ff00 1\\n"}');
 * assert.equal(message.kind, "record");
 * if (message.kind === "record") assert.equal(decode(message.text, 1).kind, "put");
 * ```
 *
 * @module
 */

// schema: the events as data
export { EVENT_SCHEMA, EVENT_TABLE, jsonSchema, WIRE_TABLE } from "./schema/mod.ts";
export type { EventBody, EventType, TraceEvent, WireEvent, WireTag } from "./schema/mod.ts";

// hosts: machines to read files from and start processes on
export {
  GuestHost,
  HostError,
  LocalHost,
  parseTarget,
  RecordedHost,
  run,
  SshHost,
  startGuestHost,
} from "./hosts/mod.ts";
export type { Host, HostDescription, HostProcess, Target } from "./hosts/mod.ts";

// kernel: what a machine's kernel has
export { discover, parseBtf } from "./kernel/mod.ts";
export type { KernelFacts, Support } from "./kernel/mod.ts";

// program: a bpftrace program as a syntax tree
export { emit, renderProgram } from "./program/mod.ts";
export type { Probe, TraceProgram } from "./program/mod.ts";

// tracers: what to ask a kernel
export { LIFECYCLE_SYMBOLS, LIFECYCLE_TRACEPOINTS, planLifecycle } from "./tracers/mod.ts";
export type { NoPlan, Plan, TraceLimits } from "./tracers/mod.ts";

// capture: run a program on a host
export { holdCommand, launch, ProgramError, readMessage } from "./capture/mod.ts";
export type { Capture, CaptureMessage, Command, LaunchOptions } from "./capture/mod.ts";

// events: what was said
export { decode, DecodeError, NumberingCheck, Order } from "./events/mod.ts";
export type { Loss } from "./events/mod.ts";

// model: what it means
export { Correlator, initialState, RULES, step, Tally } from "./model/mod.ts";
export type { CorrelatorOptions, ModelInput, ModelState, Update } from "./model/mod.ts";

// reports: how it is shown
export { NdjsonReport, publish, summaryText, TableReport } from "./reports/mod.ts";
export type { Report } from "./reports/mod.ts";
