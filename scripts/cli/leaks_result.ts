/**
 * From what was watched to the answer of `leaks`.
 *
 * @module
 */

import { placeOfAddress } from "../../kernel/mod.ts";
import type { FdTable, MemoryMap, ProcessFacts } from "../../kernel/mod.ts";
import { DOUBLE_CLOSE_RULE, GROWTH_RULE, LEAK_RULES } from "../../model/mod.ts";
import type { LeakBook, LeakGroup } from "../../model/mod.ts";
import type { LeakBody, LeaksBody, LeaksCost, LeaksResult } from "../../reports/mod.ts";
import { EXIT, firstExitCode } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import { isHolderAsked, notPlaced, placeOf } from "./holder_filter.ts";
import type { HolderPlaces } from "./holder_filter.ts";
import type { LeaksOptions } from "./leaks_grammar.ts";
import type { LeaksWriter } from "./leaks_writer.ts";

/** What one run told, or tells so far. */
export interface Watched {
  readonly book: LeakBook;
  readonly writer: LeaksWriter;
  /** Whether it is told who holds what. */
  readonly slotsSeen: boolean;
  /** What is not told of, and so not judged, one sentence each. */
  readonly unseen: readonly string[];
  /** The code that the run itself calls for. */
  readonly code: ExitCode;
  /** What broke it off, when it did not come to its end. */
  readonly reason?: string;
  /** In which cgroups processes were when they acted. */
  readonly places: HolderPlaces;
  /** The fd tables of the holders, while the machine was there. */
  readonly tables: ReadonlyMap<number, FdTable>;
  /** The moment that is judged, CLOCK_BOOTTIME in ns. @default {the last one that was told of} */
  readonly nowNs?: bigint;
  /** Where their code lies, at the same time. */
  readonly maps: ReadonlyMap<number, MemoryMap>;
  /** What the run cost. @default {nothing is told} */
  readonly cost?: LeaksCost | undefined;
  /** Who the holders are, at the same time. */
  readonly facts: ReadonlyMap<number, ProcessFacts>;
}

/** What is known while a run lasts. */
export type Told = Pick<Watched, "book" | "writer" | "slotsSeen" | "unseen" | "places">;

/** Ticks of a start time in one second, on every machine that Linux runs on today: `USER_HZ`. */
const TICK_NS = 10_000_000n;

/**
 * Returns what follows from a run.
 *
 * @param host the target as the user wrote it
 * @param watched what was told
 * @param options what is shown
 * @returns the answer, with its exit code
 */
export function resultOf(host: string, watched: Watched, options: LeaksOptions): LeaksResult {
  const { book, writer, code, slotsSeen, nowNs } = watched;
  const answers = book.groups(nowNs).map((group) => ({
    group,
    answer: answerOf(group, { watched, options }),
  }));
  const groups = answers.filter((it) => it.answer === "yes").map((it) => it.group);
  const unseen = [...watched.unseen, ...notPlaced(answers.filter((it) => it.answer === "unknown").length)];
  const shown = groups.filter((it) => !options.deadOnly || it.dead > 0).slice(0, options.top);
  const those = (verdict: LeakGroup["verdict"]) => groups.filter((it) => it.verdict === verdict).length;
  const sum = (of: "pidfds" | "dead") => groups.reduce((total, it) => total + it[of], 0);
  const [broken, undetermined] = [those("broken"), those("undetermined")];
  const failed = failedBy(groups, options.failOn);
  const end = writer.finish;
  const body: LeaksBody = {
    groups: groups.length,
    shown: shown.length,
    broken,
    undetermined,
    pidfds: slotsSeen ? sum("pidfds") : null,
    dead: slotsSeen ? sum("dead") : null,
    watched_ns: `${writer.watchedNs}`,
    not_seen: unseen,
    harmless: book.harmless.map(({ says, pidfds }) =>
      `${says}: ${pidfds} ${pidfds === 1 ? "pidfd" : "pidfds"}`
    ),
    command_status: end?.command_status ?? null,
    cost: watched.cost ?? null,
    reason: end?.reason ?? watched.reason ?? "the run ended early",
    complete: end?.complete ?? false,
    exit_code: firstExitCode([
      code,
      ...(failed.broken ? [EXIT.broken] : []),
      ...(failed.undetermined || unseen.length > 0 || end?.complete !== true ? [EXIT.undetermined] : []),
    ]),
  };
  return { host, groups: shown.map((it) => bodyOf(it, watched)), body };
}

/** What decides on the exit code: any leak, or what --fail-on names. */
function failedBy(
  groups: readonly LeakGroup[],
  failOn: LeaksOptions["failOn"],
): { readonly broken: boolean; readonly undetermined: boolean } {
  const some = (verdict: LeakGroup["verdict"], rule?: string) =>
    groups.some((it) => it.verdict === verdict && (rule === undefined || it.rule === rule));
  switch (failOn) {
    case undefined:
      return { broken: some("broken"), undetermined: some("undetermined") };
    case "dead":
      return { broken: some("broken", "K1"), undetermined: some("undetermined", "K1") };
    case "any":
      return { broken: groups.some((it) => it.pidfds + it.left > 0), undetermined: false };
    default:
      return failOn satisfies never;
  }
}

function answerOf(
  { holder, comm }: LeakGroup,
  { watched, options }: { readonly watched: Watched; readonly options: LeaksOptions },
): ReturnType<typeof isHolderAsked> {
  const { tables, facts, places } = watched;
  const own = ownOf(holder, facts);
  return isHolderAsked({
    pid: holder?.pid ?? null,
    comm,
    uid: ownOf(holder, tables)?.uid,
    place: placeOf(own) ?? (holder === null ? undefined : places.of(holder)),
  }, options);
}

function bodyOf(group: LeakGroup, { tables, maps }: Pick<Watched, "tables" | "maps">): LeakBody {
  const { holder, holders, comm, container, cgroup, origin, way, rule, verdict, reasons, family } = group;
  const { pidfds, dead, left, suspects, oldestNs, evidence, growth, certainty, frames } = group;
  const { open = null, limit = null } = ownOf(holder, tables) ?? {};
  const known = limit === Infinity ? null : limit;
  const headroom = open === null || known === null ? null : Math.max(0, known - open);
  const grows = growth.perSecond > 0;
  return {
    pid: holder?.pid ?? null,
    holders,
    start_ns: holder?.start ?? null,
    comm,
    container,
    cgroup,
    stack: frames === null ? null : placedFrames(frames, ownOf(holder, maps)),
    origin,
    way,
    rule: rule ?? null,
    statement: [...LEAK_RULES, GROWTH_RULE, DOUBLE_CLOSE_RULE].find((it) => it.id === rule)?.statement ??
      null,
    verdict,
    certainty: certainty ?? null,
    reasons,
    family: family?.id ?? null,
    says: family?.says ?? null,
    advice: family?.advice ?? null,
    reports: family?.reports ?? [],
    pidfds,
    dead,
    left,
    suspects,
    oldest_ns: `${oldestNs}`,
    growth: growth.kind,
    per_hour: grows ? Math.round(growth.perSecond * 3600) : null,
    open,
    limit: known,
    headroom,
    emfile_s: grows && headroom !== null ? Math.floor(headroom / growth.perSecond) : null,
    evidence,
  };
}

/** What was read of a holder, unless its number is that of another process now. */
function ownOf<T extends { readonly startTicks: bigint }>(
  holder: LeakGroup["holder"],
  read: ReadonlyMap<number, T>,
): T | undefined {
  const own = read.get(holder?.pid ?? 0);
  if (own === undefined || holder === null) return undefined;
  return BigInt(holder.start) / TICK_NS === own.startTicks ? own : undefined;
}

/** A frame without a name: its address alone. */
const ADDRESS = /^0x[0-9a-f]{1,16}$/;

/**
 * The frames, with module and offset for those without a name. What lies in no code ends the stack: the kernel walks by
 * frame pointers, and takes for one what is none.
 */
function placedFrames(frames: readonly string[], map: MemoryMap | undefined): readonly string[] {
  if (map === undefined) return frames;
  const placed: string[] = [];
  for (const frame of frames) {
    const place = ADDRESS.test(frame) ? placeOfAddress(map, BigInt(frame)) : frame;
    if (place === undefined) break;
    placed.push(place);
  }
  return placed;
}
