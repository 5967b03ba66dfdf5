/**
 * Everything that this folder can tell about a machine's kernel, read at once.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { ATTACHMENT_SYMBOLS } from "./attachment.ts";
import { type Bpftrace, readBpftrace } from "./bpftrace.ts";
import { type Btf, readBtf } from "./btf.ts";
import { attempt, type Known, known } from "./known.ts";
import { GENERATION_SYMBOLS, type PidfdGeneration, pidfdGeneration } from "./pidfd_generation.ts";
import { type Preemption, readPreemption } from "./preemption.ts";
import { readSurroundings, type Surroundings } from "./surroundings.ts";
import { type ProbeSwitches, readSwitches } from "./switches.ts";
import { readSymbols, type Symbols } from "./symbols.ts";
import { findTracefs, readTracepoint, type Tracepoint } from "./tracefs.ts";

/** What to ask a machine about. */
export interface DiscoverOptions {
  /**
   * Base names of kernel functions and variables; {@linkcode GENERATION_SYMBOLS} and {@linkcode ATTACHMENT_SYMBOLS} are
   * always asked too.
   */
  readonly symbols: readonly string[];
  /** Tracepoints, as `category:name`. */
  readonly tracepoints: readonly string[];
  /** The bpftrace to ask: a path, or a name found by the host's PATH. @default {"bpftrace"} */
  readonly bpftrace?: string;
  /** Whether bpftrace will be started by sudo. @default {false} */
  readonly sudo?: boolean;
}

/** What is known about a machine's kernel; a missing piece carries the reason why. */
export interface KernelFacts {
  /** `uname -r`; for messages only, nothing is decided by it. */
  readonly release: Known<string>;
  /** `uname -m`, such as `x86_64`. */
  readonly machine: Known<string>;
  /** The shape of its pidfd code and the refcount law. */
  readonly pidfd: PidfdGeneration;
  /** The asked symbols. */
  readonly symbols: Symbols;
  /** Its types. */
  readonly btf: Known<Btf>;
  /** Where tracefs is mounted. */
  readonly tracefs: Known<string>;
  /** The asked tracepoints, by `category:name`. */
  readonly tracepoints: ReadonlyMap<string, Tracepoint>;
  /** The bpftrace there. */
  readonly bpftrace: Known<Bpftrace>;
  /** The switches that silence probes. */
  readonly switches: ProbeSwitches;
  /** The preemption model in force. */
  readonly preemption: Known<Preemption>;
  /** Rights, lockdown, mounts, namespaces. */
  readonly surroundings: Surroundings;
  /** Whether bpftrace is to be started by sudo, and so has other rights than the programs that we start. */
  readonly bySudo: boolean;
}

/**
 * Reads everything about a machine's kernel, in parallel.
 *
 * @param host the machine
 * @param options what to ask; see {@linkcode DiscoverOptions}
 * @returns the facts; what is missing there is unknown with its reason, and no error
 * @throws {HostError} when the host is lost
 * @throws {RangeError} when a tracepoint is not `category:name`
 *
 * @example A machine that shows nothing
 * ```ts
 * import { discover } from "./discover.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const facts = await discover(fakeHost({}), { symbols: ["copy_process"], tracepoints: ["task:task_newtask"] });
 * assert.equal(facts.btf.kind, "unknown");
 * assert.equal(facts.symbols.exists("copy_process").kind, "unknown");
 * assert.equal(facts.pidfd.law, "unknown");
 * ```
 */
export async function discover(host: Host, options: DiscoverOptions): Promise<KernelFacts> {
  const names = [...new Set([...options.symbols, ...GENERATION_SYMBOLS, ...ATTACHMENT_SYMBOLS])];
  const mounted = findTracefs(host);
  const [description, tracefs, symbols, btf, tracepoints, bpftrace, switches, preemption, surroundings] =
    await Promise.all([
      attempt(() => host.describe()),
      mounted,
      readSymbols(host, names, { tracefs: mounted }),
      attempt(() => readBtf(host)),
      mounted.then((root) => readTracepoints(host, root, options.tracepoints)),
      attempt(() => readBpftrace(host, options.bpftrace === undefined ? {} : { program: options.bpftrace })),
      readSwitches(host),
      readPreemption(host),
      readSurroundings(host),
    ]);
  const pidfd = pidfdGeneration(symbols, btf.kind === "known" ? btf.value : undefined);
  const isDescribed = description.kind === "known";
  return {
    release: isDescribed ? known(description.value.release) : description,
    machine: isDescribed ? known(description.value.machine) : description,
    pidfd,
    symbols,
    btf,
    tracefs,
    tracepoints,
    bpftrace,
    switches,
    preemption,
    surroundings,
    bySudo: options.sudo === true,
  };
}

async function readTracepoints(
  host: Host,
  tracefs: Known<string>,
  names: readonly string[],
): Promise<ReadonlyMap<string, Tracepoint>> {
  const tracepoints = await Promise.all(
    [...new Set(names)].map((name) => readTracepoint(host, name, { tracefs })),
  );
  return new Map(tracepoints.map((tracepoint) => [tracepoint.name, tracepoint]));
}
