/**
 * `leaks --now`: who holds pidfds at this moment, by one look at /proc; nothing is loaded.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import { LocalHost } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { readFdTables, readPidfdSlots, readProcessFacts, readZombies } from "../../kernel/mod.ts";
import type { PidfdSlot, ProcessFacts } from "../../kernel/mod.ts";
import { holdersOf } from "../../model/mod.ts";
import type { Holder } from "../../model/mod.ts";
import { leaksNowJson, leaksNowText } from "../../reports/mod.ts";
import type { HolderBody, LeaksNowBody, LeaksNowResult } from "../../reports/mod.ts";
import { endingOf, watchEndings } from "./endings.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import type { WhoOptions } from "./filter_grammar.ts";
import { isHolderAsked, notPlaced, placeOf } from "./holder_filter.ts";
import type { HolderIdentity } from "./holder_filter.ts";
import type { Invocation } from "./invocation.ts";
import type { LeaksOptions } from "./leaks_grammar.ts";
import { openHost } from "./open_host.ts";

/** Seconds that a guest of ours lives at most. */
const GUEST_SECONDS = 300;

/** Most pidfds that are read; beyond that the answer says that there are more. */
const SLOTS_MAX = 100_000;

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param invocation where text goes
 * @returns the exit code
 * @throws {CliError} when /proc cannot be read there
 * @throws {HostError} when the machine cannot be reached, or is lost
 */
export async function leaks(options: LeaksOptions, invocation: Invocation): Promise<number> {
  const { target } = options;
  const { terminal } = invocation;
  checkWords(options);
  if (!options.now) return await (await import("./leaks_live.ts")).watchLeaks(options, invocation);
  await using endings = watchEndings();
  const { signal } = endings;
  try {
    const onProgress = (text: string) => terminal.status(text);
    const { host } = await openHost(target, { timeLimitSeconds: GUEST_SECONDS, signal, onProgress });
    await using _host = host;
    terminal.status(`${host.name}: looking for pidfds in /proc`);
    const result = await lookNow(host, { ...options, signal });
    await terminal.write(options.json ? leaksNowJson(result) : leaksNowText(result));
    return result.body.exit_code as ExitCode;
  } catch (error) {
    if (!signal.aborted) throw error;
    terminal.note(`trace-clone: ${endingOf(signal).reason} before anything was found`);
    return endingOf(signal).code;
  }
}

/** Refuses what means nothing: one look has no length, and a thread holds nothing. */
function checkWords(options: LeaksOptions): void {
  const { now, durationMs, eventsMax, tids, by } = options;
  const usage = (text: string, hint: string) => new CliError(text, { code: EXIT.usage, hint });
  if (now && (durationMs !== undefined || eventsMax !== undefined)) {
    throw usage("--now takes one look: it has no -d and no -M", "Leave --now away to watch for a time");
  }
  const { pids, comm, uids, cgroups, containers } = options;
  const isFiltered = comm !== undefined ||
    [pids, uids, cgroups, containers].some((it) => it.length > 0);
  if (isFiltered && (by === "comm" || by === "container")) {
    throw usage(
      `Cannot choose processes with --by ${by}: a line of it stands for several of them`,
      "Use --by origin or --by stack, or leave -p, -n, -u, -c and --container away",
    );
  }
  if (tids.length > 0) {
    throw usage("leaks has no -t: pidfds are held by processes, not by threads", "Name the process with -p");
  }
}

/** What is looked for. */
export type LookOptions = WhoOptions & Pick<LeaksOptions, "deadOnly" | "top" | "failOn"> & {
  /** Ends it. */
  readonly signal: AbortSignal;
};

/**
 * Looks once.
 *
 * @param host the machine
 * @param options what is looked for
 * @returns who holds pidfds
 * @throws {CliError} when /proc cannot be read there
 * @throws {HostError} when the machine is lost
 * @throws the signal's reason when it was aborted
 */
export async function lookNow(host: Host, options: LookOptions): Promise<LeaksNowResult> {
  const { signal } = options;
  const listing = await readPidfdSlots(host, { slotsMax: SLOTS_MAX, signal });
  if (listing.kind === "unknown") {
    throw new CliError(`Cannot look for pidfds on "${host.name}": ${listing.reason}`, {
      code: EXIT.cannotRun,
      hint: "A POSIX shell, grep, stat, sed, xargs and /proc are required there",
    });
  }
  const asked = ({ pid }: Pick<PidfdSlot, "pid">) =>
    options.pids.length === 0 ? !isOurs(host, pid) : options.pids.includes(pid);
  const slots = listing.value.slots.filter(asked);
  const pids = slots.map((it) => it.pid);
  const tables = await readFdTables(host, pids);
  signal.throwIfAborted();
  const facts = await readProcessFacts(host, pids);
  signal.throwIfAborted();
  const zombies = await readZombies(host, slots.map((it) => it.target).filter((it) => it > 0));
  signal.throwIfAborted();
  const holders = holdersOf({ slots }, {
    tables: tables.kind === "known" ? tables.value : new Map(),
    zombies: zombies.kind === "known" ? zombies.value : new Set(),
  });
  const refused = listing.value.refused.filter((pid) => asked({ pid }));
  // What is missing of others than those that are asked for is not missing here.
  const missing = refused.length === 0 && options.pids.length > 0 ? [] : listing.value.missing;
  const known = facts.kind === "known" ? facts.value : new Map<number, ProcessFacts>();
  const chosen = holders.map((it) => ({
    it,
    answer: isHolderAsked(identityOf(it, known.get(it.pid)), options),
  }));
  const unread = [tables, facts, zombies].flatMap((it) => it.kind === "unknown" ? [it.reason] : []);
  return judged({
    host: host.name,
    holders: chosen.filter(({ answer }) => answer === "yes").map(({ it }) => it),
    facts: known,
    missing: [
      ...missing,
      ...unread,
      ...notPlaced(chosen.filter(({ answer }) => answer === "unknown").length),
    ],
  }, options);
}

function identityOf(holder: Holder, facts: ProcessFacts | undefined): HolderIdentity {
  const { pid, comm, uid, startTicks } = holder;
  const isSame = facts !== undefined && facts.startTicks === startTicks;
  return { pid, comm, uid: uid ?? undefined, place: isSame ? placeOf(facts) : undefined };
}

/** Whether it is this tool itself, which holds a pidfd of each program that it runs; who asks for it by its number gets it. */
function isOurs(host: Host, pid: number): boolean {
  return host instanceof LocalHost && pid === Deno.pid;
}

/** What was found. */
export interface Look {
  /** The target as the user wrote it. */
  readonly host: string;
  /** Those who were asked for. */
  readonly holders: readonly Holder[];
  /** Who they are. */
  readonly facts: ReadonlyMap<number, ProcessFacts>;
  /** What could not be looked at. */
  readonly missing: readonly string[];
}

/**
 * Returns what follows from a look.
 *
 * @param look what was found
 * @param options what is shown, and what is a failure
 * @returns the answer, with its exit code
 *
 * @example
 * ```ts
 * import { judged } from "./leaks.ts";
 * import assert from "node:assert/strict";
 *
 * const nothing = { host: "local", holders: [], facts: new Map(), missing: ["The fds of 3 processes may not be read"] };
 * const asked = { deadOnly: false, top: 20 };
 * assert.equal(judged(nothing, { ...asked, failOn: undefined }).body.exit_code, 0);
 * assert.equal(judged(nothing, { ...asked, failOn: "dead" }).body.exit_code, 4);
 * ```
 */
export function judged(
  look: Look,
  options: Pick<LookOptions, "deadOnly" | "top" | "failOn">,
): LeaksNowResult {
  const { host, facts, missing } = look;
  const { deadOnly, top, failOn } = options;
  const holders = look.holders.filter((it) => !deadOnly || it.dead > 0);
  const sum = (of: "pidfds" | "dead" | "outside") => holders.reduce((total, it) => total + it[of], 0);
  const [pidfds, dead, outside] = [sum("pidfds"), sum("dead"), sum("outside")];
  const shown = holders.slice(0, top);
  const failed = failOn === "dead" ? dead : failOn === "any" ? pidfds : 0;
  const unsure = failOn !== undefined && (missing.length > 0 || (failOn === "dead" && outside > 0));
  const body: LeaksNowBody = {
    holders: holders.length,
    shown: shown.length,
    pidfds,
    dead,
    outside,
    missing,
    failed_on: failed === 0 ? [] : [`${failed} of what --fail-on ${failOn} asks for`],
    exit_code: failed > 0 ? EXIT.broken : unsure ? EXIT.undetermined : EXIT.well,
  };
  return { host, holders: shown.map((it) => bodyOf(it, facts.get(it.pid))), body };
}

function bodyOf(holder: Holder, facts: ProcessFacts | undefined): HolderBody {
  const { startTicks, comm, uid, pid, pidfds, dead, outside, open, limit, headroom, targets } = holder;
  const isSame = facts !== undefined && facts.startTicks === startTicks;
  const cgroups = isSame && facts.cgroups.kind === "known" ? facts.cgroups.value : undefined;
  const { owner } = cgroups ?? {};
  return {
    pid,
    start_ticks: startTicks?.toString() ?? null,
    comm,
    uid,
    cgroup: cgroups === undefined ? null : printableText(cgroups.path),
    container: owner?.kind === "container" ? printableText(owner.id) : null,
    pidfds,
    dead,
    outside,
    open,
    limit,
    headroom,
    targets,
  };
}
