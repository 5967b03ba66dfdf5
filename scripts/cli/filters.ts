/**
 * From the filters of the user to what is in scope, and what is refused.
 *
 * @module
 */

import type { RecordedScope } from "../../capture/mod.ts";
import type { Scope } from "../../model/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { ActorOptions, EventOptions } from "./filter_grammar.ts";
import { globExpression, globText } from "./values.ts";

/** Which calls are shown, by what became of them. */
export type Outcome = "all" | "failed" | "ok";

/** Everything. */
export const NO_FILTERS = {
  ...{ pids: [], tids: [], comm: undefined, uids: [], cgroups: [], containers: [] },
  ...{ failed: false, ok: false },
} as const satisfies EventOptions;

/**
 * Returns which calls are shown.
 *
 * @param options what the user asked for
 * @returns the outcome that is asked for
 * @throws {CliError} with code 2 when both are
 */
export function outcomeOf({ failed, ok }: Pick<EventOptions, "failed" | "ok">): Outcome {
  if (failed && ok) {
    throw new CliError("Cannot show only calls that failed and only calls that succeeded", {
      code: EXIT.usage,
      hint: "Leave one of -x and --ok away, or both to see all calls",
    });
  }
  return failed ? "failed" : ok ? "ok" : "all";
}

/**
 * Returns what is in scope.
 *
 * @param filters what the user asked for
 * @param command process id of CMD, which is in scope when it is there, and whether what processes fork is
 * @returns the scope of a run
 *
 * @example
 * ```ts
 * import { NO_FILTERS, scopeOf } from "./filters.ts";
 * import assert from "node:assert/strict";
 *
 * const { pids, tids } = scopeOf({ ...NO_FILTERS, tids: [7] }, { descendants: false });
 * assert.deepEqual([pids, tids], [undefined, new Set([7])]);
 * ```
 */
export function scopeOf(
  filters: ActorOptions,
  command: { readonly pid?: number | undefined; readonly descendants: boolean },
): Scope {
  const { comm, tids, uids, cgroups, containers } = filters;
  const pids = command.pid === undefined ? filters.pids : [...filters.pids, command.pid];
  return {
    pids: setOf(pids),
    comm,
    descendants: command.descendants,
    tids: setOf(tids),
    uids: setOf(uids),
    cgroups: cgroups.length === 0 ? undefined : cgroups,
    containers: containers.length === 0 ? undefined : containers,
  };
}

function setOf(numbers: readonly number[]): ReadonlySet<number> | undefined {
  return numbers.length === 0 ? undefined : new Set(numbers);
}

/** Returns a scope as a recording keeps it; filters that are not there are left out, as before there were any. */
export function recordedScope(scope: Scope): RecordedScope {
  const { pids, comm, descendants, tids, uids, cgroups, containers } = scope;
  return {
    pids: pids === undefined ? null : [...pids],
    comm: comm === undefined ? null : globText(comm),
    descendants,
    ...(tids === undefined ? {} : { tids: [...tids] }),
    ...(uids === undefined ? {} : { uids: [...uids] }),
    ...(cgroups === undefined ? {} : { cgroups }),
    ...(containers === undefined ? {} : { containers }),
  };
}

/**
 * Returns the scope of a replay: each filter that is given takes the place of the one of the run.
 *
 * @param recorded the scope of the run
 * @param asked what the user asks for now, and the members of the run's scope that its earlier parts found
 * @returns the scope
 */
export function replayedScope(
  recorded: RecordedScope,
  asked: { readonly filters: ActorOptions; readonly members: readonly number[] },
): Scope {
  const { filters, members } = asked;
  const own = filters.pids.length > 0;
  const pids = recorded.pids === null ? [] : [...recorded.pids, ...members];
  const comm = recorded.comm === null ? undefined : globExpression(recorded.comm);
  const either = <T>(now: readonly T[], then: readonly T[] = []) => now.length > 0 ? now : then;
  return scopeOf({
    pids: own ? filters.pids : pids,
    comm: filters.comm ?? comm,
    tids: either(filters.tids, recorded.tids),
    uids: either(filters.uids, recorded.uids),
    cgroups: either(filters.cgroups, recorded.cgroups),
    containers: either(filters.containers, recorded.containers),
  }, { descendants: !own && recorded.descendants });
}

/** What a run or a recording tells of who acts. */
export interface Told {
  /** Under which uid. */
  readonly uids: boolean;
  /** In which cgroup. */
  readonly cgroups: boolean;
}

/**
 * Refuses filters by what is not told: they would show nothing.
 *
 * @param filters what the user asked for
 * @param told what is told, and who does not tell the rest, such as `The recording "a.rec"`
 * @throws {CliError} with code 3
 */
export function checkTold(
  filters: Pick<Scope, "uids" | "cgroups" | "containers">,
  told: Told & { readonly who: string; readonly hint: string },
): void {
  const missing = filters.uids !== undefined && !told.uids
    ? ["-u", "under which uid a process acts"]
    : filters.cgroups !== undefined && !told.cgroups
    ? ["-c", "in which cgroup a process is"]
    : filters.containers !== undefined && !told.cgroups
    ? ["--container", "in which container a process is"]
    : undefined;
  if (missing === undefined) return;
  throw new CliError(`Cannot filter by ${missing[0]}: ${told.who} does not tell ${missing[1]}`, {
    code: EXIT.cannotRun,
    hint: told.hint,
  });
}

/** Returns what a program for bpftrace tells of who acts; one that tells of no cgroup prints 0 for it. */
export function toldBy(program: string): Told {
  return {
    uids: program.includes('printf("owner '),
    cgroups: program.includes('printf("who ') && program.includes("->cgroups->dfl_cgrp"),
  };
}

/**
 * Refuses filters that contradict each other.
 *
 * @param options what the user asked for
 * @throws {CliError} with code 2
 */
export function checkFilters(
  options: ActorOptions & { readonly follow?: boolean } & Partial<Pick<EventOptions, "failed" | "ok">>,
): void {
  const { failed = false, ok = false, follow = false } = options;
  outcomeOf({ failed, ok });
  if (follow && options.pids.length === 0) {
    throw new CliError("--follow needs a process", {
      code: EXIT.usage,
      hint: "Name it with -p; what a command after -- forks is followed anyway",
    });
  }
}
