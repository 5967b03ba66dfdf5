/**
 * From a host to a plan.
 *
 * @module
 */

import type { Host, HostDescription } from "../../hosts/mod.ts";
import { discover } from "../../kernel/mod.ts";
import type { KernelFacts } from "../../kernel/mod.ts";
import { LIFECYCLE_SYMBOLS, LIFECYCLE_TRACEPOINTS, planLifecycle } from "../../tracers/mod.ts";
import type { NoPlan, Plan, TraceLimits } from "../../tracers/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { obstacles, obstacleText } from "./obstacles.ts";

/** A host that can be traced, and how. */
export interface Prepared {
  /** Who it is. */
  readonly description: HostDescription;
  /** What its kernel has. */
  readonly facts: KernelFacts;
  /** What to do there. */
  readonly plan: Plan;
}

/** What was found on a host, with a plan or without. */
export interface Survey {
  /** Who it is. */
  readonly description: HostDescription;
  /** What its kernel has. */
  readonly facts: KernelFacts;
  /** What to do there, or why nothing can be done. */
  readonly plan: Plan | NoPlan;
}

/** What {@linkcode survey} has to know. */
export interface SurveyOptions {
  /** bpftrace there. */
  readonly bpftrace: string;
  /** Whether it will be started by sudo. @default {false} */
  readonly sudo?: boolean;
  /** The one function whose probe tells of births, when the user says so. */
  readonly birthProbe?: string | undefined;
  /** Functions that are asked about besides those of the plan. @default {none} */
  readonly symbols?: readonly string[];
  /** Tracepoints that are asked about besides those of the plan. @default {none} */
  readonly tracepoints?: readonly string[];
  /** The limits of the run, for so many CPUs. */
  readonly limits: (cpus: number) => TraceLimits;
  /** What ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Asks a host who it is and what its kernel has, and chooses the probes if there are any. Nothing is changed there.
 *
 * @param host the machine
 * @param options see {@linkcode SurveyOptions}
 * @returns what was found
 * @throws {HostError} when the host is lost
 * @throws the signal's reason when it was aborted
 */
export async function survey(host: Host, options: SurveyOptions): Promise<Survey> {
  const [description, facts] = await orAborted(options.signal ?? new AbortController().signal, [
    host.describe(),
    discover(host, {
      symbols: [...new Set([...LIFECYCLE_SYMBOLS, ...options.symbols ?? []])],
      tracepoints: [...LIFECYCLE_TRACEPOINTS, ...options.tracepoints ?? []],
      bpftrace: options.bpftrace,
      sudo: options.sudo ?? false,
    }),
  ]);
  return {
    description,
    facts,
    plan: planLifecycle(facts, { ...options.limits(description.cpus), birthProbe: options.birthProbe }),
  };
}

/**
 * As {@linkcode survey}, where a plan is needed.
 *
 * @param host the machine
 * @param options see {@linkcode SurveyOptions}, and what to do when there is no plan
 * @returns the plan
 * @throws {CliError} with code 3, the reasons and a remedy for each when there is no plan
 * @throws {HostError} when the host is lost
 * @throws the signal's reason when it was aborted
 */
export async function prepare(
  host: Host,
  options: SurveyOptions & { readonly hint: string | undefined },
): Promise<Prepared> {
  const { description, facts, plan } = await survey(host, options);
  if ("reasons" in plan) {
    const reasons = obstacles(facts, plan).map(obstacleText).join("");
    throw new CliError(`Cannot trace "${host.name}" (Linux ${description.release}):${reasons}`, {
      code: EXIT.cannotRun,
      hint: options.hint ?? plan.hint,
    });
  }
  return { description, facts, plan };
}

/** Waits for both, but no longer than until the signal is aborted: a slow host must not hold up Ctrl-C. */
async function orAborted<A, B>(
  signal: AbortSignal,
  both: readonly [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([Promise.all(both), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Most memory in bytes that all ring buffers take together. */
const BUFFERS_BYTES_MAX = 64 * 1024 * 1024;
const PAGE_BYTES = 4096;

/**
 * Returns the ring buffer of each CPU in pages: as asked, but at most 64 MiB for all CPUs, as a power of two.
 *
 * @param pages what is asked for
 * @param cpus CPUs of the target
 * @returns pages of 4 KiB
 */
export function bufferPages(pages: number, cpus: number): number {
  const most = Math.min(pages, BUFFERS_BYTES_MAX / PAGE_BYTES / Math.max(1, cpus));
  return 2 ** Math.max(0, Math.floor(Math.log2(most)));
}
