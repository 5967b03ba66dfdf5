/**
 * The bpftrace program on a host: which one it is, and whether we can talk to it.
 *
 * @module
 */

import { type Host, HostError, run } from "../hosts/mod.ts";
import { type Support, supported, unsupported } from "./feature.ts";

/** A version of bpftrace; it decides about the language it understands, never about the kernel. */
export interface BpftraceVersion {
  /** 0 for all releases so far. */
  readonly major: number;
  /** Such as 23. */
  readonly minor: number;
  /** Such as 2; 0 when it is not said. */
  readonly patch: number;
}

/** The bpftrace of a host. */
export interface Bpftrace {
  /** The path or name that was run. */
  readonly program: string;
  /** Its version. */
  readonly version: BpftraceVersion;
  /** The version as it says it, such as `bpftrace v0.17.0-dirty`. */
  readonly text: string;
}

/** Options of {@linkcode readBpftrace}. */
export interface ReadBpftraceOptions {
  /** A path, or a name that the host finds by its PATH. @default {"bpftrace"} */
  readonly program?: string;
  /** How long it may take to say its version, in milliseconds. @default {60000} */
  readonly timeoutMs?: number;
}

/**
 * The oldest version whose language is the one that we write.
 *
 * 0.11 has no kfunc, no `uptr()`, and does not start without kernel headers once a tracepoint is read.
 */
export const BPFTRACE_MINIMUM: BpftraceVersion = { major: 0, minor: 17, patch: 0 };

const VERSION = /(?:^|\s)v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+~. ][^\n]*)?$/;

/**
 * Reads the version from what `bpftrace --version` says.
 *
 * @param text its output, such as `bpftrace v0.23.2`, `bpftrace v0.17.0-dirty` or `bpftrace 0.27.1`
 * @returns the version; undefined when there is none in it
 *
 * @example
 * ```ts
 * import { parseBpftraceVersion } from "./bpftrace.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseBpftraceVersion("bpftrace v0.17.0-dirty\n"), { major: 0, minor: 17, patch: 0 });
 * ```
 */
export function parseBpftraceVersion(text: string): BpftraceVersion | undefined {
  const line = text.split("\n").find((candidate) => candidate.trimStart().startsWith("bpftrace"));
  const [, major, minor, patch = "0"] = VERSION.exec(line?.trim() ?? "") ?? [];
  if (major === undefined || minor === undefined) return undefined;
  return { major: Number(major), minor: Number(minor), patch: Number(patch) };
}

/**
 * Compares two versions.
 *
 * @param a one version
 * @param b another
 * @returns below 0 when `a` is older, 0 when they are the same, above 0 when `a` is newer
 *
 * @example
 * ```ts
 * import { compareBpftraceVersions } from "./bpftrace.ts";
 * import assert from "node:assert/strict";
 *
 * const [a, b] = [{ major: 0, minor: 9, patch: 4 }, { major: 0, minor: 17, patch: 0 }];
 * assert.ok(compareBpftraceVersions(a, b) < 0);
 * ```
 */
export function compareBpftraceVersions(a: BpftraceVersion, b: BpftraceVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/**
 * Whether we can write a program that this bpftrace understands.
 *
 * @param version its version
 * @returns unsupported below {@linkcode BPFTRACE_MINIMUM}
 *
 * @example
 * ```ts
 * import { bpftraceDialect } from "./bpftrace.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(bpftraceDialect({ major: 0, minor: 11, patch: 3 }).kind, "unsupported");
 * ```
 */
export function bpftraceDialect(version: BpftraceVersion): Support {
  if (compareBpftraceVersions(version, BPFTRACE_MINIMUM) >= 0) return supported();
  return unsupported(
    `bpftrace ${show(BPFTRACE_MINIMUM)} or newer is required to read the generated program, found ${
      show(version)
    }`,
  );
}

/** How long bpftrace may take to say its version, in milliseconds; under emulation it loads its libraries for seconds. */
const VERSION_TIMEOUT_MS = 60_000;

/**
 * Asks a host which bpftrace it has.
 *
 * @param host the machine
 * @param options see {@linkcode ReadBpftraceOptions}
 * @returns the program and its version
 * @throws {HostError} `missing` when there is none (with a hint), `denied` when it cannot be executed,
 * `failed` when it fails or says no version, and when the host is lost
 *
 * @example
 * ```ts
 * import { readBpftrace } from "./bpftrace.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({ commands: { "bpftrace --version": { stdout: "bpftrace v0.23.2\n" } } });
 * assert.equal((await readBpftrace(host)).version.minor, 23);
 * ```
 */
export async function readBpftrace(host: Host, options: ReadBpftraceOptions = {}): Promise<Bpftrace> {
  const program = options.program ?? "bpftrace";
  const result = await run(host, [program, "--version"], {
    timeoutMs: options.timeoutMs ?? VERSION_TIMEOUT_MS,
  });
  if (result.code !== 0) throw failure(host, program, result);
  const text = (result.stdout.trim() || result.stderr.trim()).slice(0, 200);
  const version = parseBpftraceVersion(text);
  if (version !== undefined) return { program, version, text };
  throw new HostError(
    `Cannot tell the version of "${program}": "bpftrace vX.Y.Z" is required, got "${text}"`,
    {
      host: host.name,
      kind: "failed",
    },
  );
}

function failure(
  host: Host,
  program: string,
  result: { readonly code: number; readonly stderr: string },
): HostError {
  const options = {
    host: host.name,
    hint: "Install the package bpftrace there, or name another with --bpftrace PATH",
  };
  if (result.code === 127) {
    return new HostError(`Cannot run "${program}": it is not on the host`, { ...options, kind: "missing" });
  }
  if (result.code === 126) {
    return new HostError(`Cannot run "${program}": it may not be executed`, { ...options, kind: "denied" });
  }
  const said = result.stderr.trim().slice(0, 200);
  const message = `Cannot ask "${program}" for its version: exit status 0 is required, got ${result.code}`;
  return new HostError(said === "" ? message : `${message}, saying "${said}"`, {
    host: host.name,
    kind: "failed",
  });
}

function show(version: BpftraceVersion): string {
  return `${version.major}.${version.minor}${version.patch === 0 ? "" : `.${version.patch}`}`;
}
