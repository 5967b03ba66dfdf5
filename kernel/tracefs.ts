/**
 * The kernel's tracing file system: where it is mounted, and which tracepoints it has.
 *
 * @module
 */

import { type Host, HostError } from "../hosts/host.ts";
import {
  cannotTell,
  type Support,
  supported,
  type Undecided,
  type Unsupported,
  unsupported,
} from "./feature.ts";
import { attempt, type Known, known, notKnown, reasonOf } from "./known.ts";

/** Where tracefs can be: its own place (4.1 and later), and inside debugfs. */
export const TRACEFS_PATHS: readonly string[] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/** One field of a tracepoint's record. */
export interface TracepointField {
  /** Its name, as in `args->name`. */
  readonly name: string;
  /** Its C type, such as `unsigned long` or `char[16]`. */
  readonly type: string;
  /** Where it starts in the record, in bytes. */
  readonly offsetBytes: number;
  /** How long it is, in bytes. */
  readonly sizeBytes: number;
  /** Whether the kernel says that it is signed. */
  readonly signed: boolean;
}

/** What a host says about one tracepoint. */
export interface Tracepoint {
  /** Its name, `category:name`. */
  readonly name: string;
  /** Whether it exists. */
  readonly support: Support;
  /** The fields of its record, the common ones first. */
  readonly fields: Known<readonly TracepointField[]>;
}

const NAME = /^[A-Za-z0-9_]+:[A-Za-z0-9_]+$/;
const FIELD = /^\s*field:([^;]+);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:([01]);)?/;
const DECLARATION = /^(.*?)([A-Za-z_]\w*)((?:\[[^\]]*\])*)$/s;

/**
 * Finds where tracefs is mounted.
 *
 * An unmounted mount point is an empty folder, so the folder must hold `events`.
 *
 * @param host the machine
 * @returns the path without a slash at its end; unknown when it is not mounted or not readable
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { findTracefs } from "./tracefs.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({ files: { "/sys/kernel/tracing/events/header_page": "" } });
 * assert.deepEqual(await findTracefs(host), { kind: "known", value: "/sys/kernel/tracing" });
 * ```
 */
export async function findTracefs(host: Host): Promise<Known<string>> {
  const reasons: string[] = [];
  let denied = false;
  for (const path of TRACEFS_PATHS) {
    const names = await attempt(() => host.list(path));
    if (names.kind === "unknown") {
      reasons.push(names.reason);
      denied ||= names.denied === true;
    } else if (names.value.includes("events")) return known(path);
    else reasons.push(`Nothing is mounted on "${path}"`);
  }
  return notKnown(`Cannot find tracefs: ${reasons.join("; ")}`, denied);
}

/**
 * Asks whether a tracepoint exists, and which fields it has.
 *
 * @param host the machine
 * @param name `category:name`, such as `sched:sched_process_exit`
 * @param options where tracefs is, as {@linkcode findTracefs} found it
 * @returns the tracepoint; unsupported only when tracefs is readable and does not have it
 * @throws {HostError} when the host is lost
 * @throws {RangeError} when the name is not of that form
 *
 * @example
 * ```ts
 * import { readTracepoint } from "./tracefs.ts";
 * import { known } from "./known.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({
 *   files: { "/t/events/task/task_newtask/format": "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n" },
 * });
 * const tracepoint = await readTracepoint(host, "task:task_newtask", { tracefs: known("/t") });
 * assert.equal(tracepoint.support.kind, "supported");
 * assert.equal(tracepoint.fields.kind === "known" && tracepoint.fields.value[0]?.name, "pid");
 * ```
 */
export async function readTracepoint(
  host: Host,
  name: string,
  options: { readonly tracefs: Known<string> },
): Promise<Tracepoint> {
  const { tracefs } = options;
  if (!NAME.test(name)) {
    throw new RangeError(`Cannot ask for a tracepoint: "category:name" is required, got "${name}"`);
  }
  if (tracefs.kind === "unknown") return absent(name, cannotTell(tracefs.reason, tracefs.denied));
  try {
    const text = await host.readText(`${tracefs.value}/events/${name.replace(":", "/")}/format`);
    return { name, support: supported(), fields: readable(text) };
  } catch (error) {
    if (!(error instanceof HostError) || error.kind === "lost") throw error;
    const missing = error.kind === "missing";
    return absent(
      name,
      missing
        ? unsupported(`No tracepoint is named ${name}`)
        : cannotTell(reasonOf(error), error.kind === "denied"),
    );
  }
}

/**
 * Reads the fields from a tracepoint's `format` file.
 *
 * @param text the file
 * @returns the fields, in the order of the file
 * @throws {SyntaxError} when a field's line is not understood
 *
 * @example
 * ```ts
 * import { parseTracepointFormat } from "./tracefs.ts";
 * import assert from "node:assert/strict";
 *
 * const [comm] = parseTracepointFormat("\tfield:char comm[16];\toffset:12;\tsize:16;\tsigned:0;\n");
 * assert.deepEqual(comm, { name: "comm", type: "char[16]", offsetBytes: 12, sizeBytes: 16, signed: false });
 * ```
 */
export function parseTracepointFormat(text: string): readonly TracepointField[] {
  return text.split("\n").filter((line) => line.trimStart().startsWith("field:")).map(parseField);
}

function parseField(line: string): TracepointField {
  const [, declaration = "", offset, size, signed] = FIELD.exec(line) ?? [];
  const [, type = "", name, dimensions = ""] = DECLARATION.exec(declaration.trim()) ?? [];
  if (name === undefined || type.trim() === "") {
    throw new SyntaxError(
      `Cannot parse a tracepoint field: "field:TYPE NAME; offset; size" is required, got "${line}"`,
    );
  }
  return {
    name,
    type: `${type.trim()}${dimensions}`,
    offsetBytes: Number(offset),
    sizeBytes: Number(size),
    signed: signed === "1",
  };
}

function readable(format: string): Tracepoint["fields"] {
  try {
    return known(parseTracepointFormat(format));
  } catch (error) {
    if (error instanceof SyntaxError) return notKnown(error.message);
    throw error;
  }
}

function absent(name: string, support: Unsupported | Undecided): Tracepoint {
  return { name, support, fields: notKnown(support.reason) };
}
