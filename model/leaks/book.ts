/**
 * Who keeps pidfds too long, in groups: the same holder, by the same origin, in the same way.
 *
 * @module
 */

import type { Update } from "../update.ts";
import { DOUBLE_CLOSE_RULE, DoubleCloses } from "./double_closes.ts";
import type { Certainty, DoubleClose } from "./double_closes.ts";
import { familyOf, TWO_OWNERS } from "./families.ts";
import type { LeakFamily } from "./families.ts";
import { groupKey, holderKey } from "./grouping.ts";
import type { Grouping } from "./grouping.ts";
import { COLLECTOR_NS, Growth } from "./growth.ts";
import type { GrowthVerdict } from "./growth.ts";
import { HARMLESS_PATTERNS, harmlessOf } from "./harmless.ts";
import { Holdings } from "./holdings.ts";
import type { HolderId, Holding, Origin, Way } from "./holdings.ts";
import { surplusOf } from "./surplus.ts";
import { LEAK_RULES, suspectsOf } from "./suspects.ts";
import type { LeakRuleId, Suspect } from "./suspects.ts";

/** The rule about growth. */
export const GROWTH_RULE = {
  id: "K2",
  statement: "What a process holds does not grow without bound",
} as const;

/** Time between two counts, ns of the events' clock: it is counted at whole seconds, whoever lets time pass, and when. */
const SAMPLE_NS = 1_000_000_000n;
/** Counts that are made up for at most, when nothing was told for long: more than a day of them. */
const SAMPLES_MAX = 100_000n;

/** Pidfds that were left open and are remembered at most. */
const LEFT_MAX = 10_000;

/** How many events are named of a group at most. */
const EVIDENCE_MAX = 5;

/** Pidfds that came about alike, or numbers of pidfds that were closed twice. */
export interface LeakGroup {
  /** Who holds them; `null` where nobody told, and of several. */
  readonly holder: HolderId | null;
  /** How many processes hold them. */
  readonly holders: number;
  /** The holder's name; that of the first of several. */
  readonly comm: string | null;
  /** The container of the first; `null` where none is known. */
  readonly container: string | null;
  /** The cgroup v2 of the first; `null` where that was not told. */
  readonly cgroup: string | null;
  /** From where in user space the first was filled, the innermost frame first; `null` where that was not told. */
  readonly frames: readonly string[] | null;
  /** What made them. */
  readonly origin: Origin;
  /** How the holder came to them; closed: their numbers were closed twice, and they are not held. */
  readonly way: Way | "closed";
  /** The first rule that is broken; `undefined` when none is. */
  readonly rule: LeakRuleId | "K2" | "K3" | undefined;
  /** How certain it is that a number was closed twice; `undefined` for what is held. */
  readonly certainty: Certainty | undefined;
  /** What is said of that rule; `holds` when none is broken. */
  readonly verdict: "broken" | "undetermined" | "holds";
  /** Why it cannot be told; none otherwise. */
  readonly reasons: readonly string[];
  /** The family of most of those that break a rule. */
  readonly family: LeakFamily | undefined;
  /** How many pidfds there are. */
  readonly pidfds: number;
  /** How many of them lead to processes that have ended. */
  readonly dead: number;
  /** How many the holder left open when it ended, of processes that had ended before; see `onlyFollowed`. */
  readonly left: number;
  /** How many break a rule by their age; how many numbers were closed twice. */
  readonly suspects: number;
  /** For how long the oldest one is held, ns. */
  readonly oldestNs: bigint;
  /** Whether there are more and more. */
  readonly growth: GrowthVerdict;
  /** `seq` of the events that filled the slots, of the first ones. */
  readonly evidence: readonly number[];
}

/** What is asked of a book. */
export interface LeakBookOptions {
  /** How long a rule may be broken before it counts, ns. */
  readonly olderNs: bigint;
  /** Whether uses are told of. */
  readonly usesSeen: boolean;
  /** What the pidfds of a group have in common. @default {"origin"} */
  readonly by?: Grouping | undefined;
  /**
   * Whether what is out of the run's scope is left out, and what processes leave open when they end is kept: what a
   * command did has to be told when it is over. @default {false}
   */
  readonly onlyFollowed?: boolean | undefined;
}

/** A harmless pattern that was met. */
export interface MetHarmless {
  /** Its id. */
  readonly id: string;
  /** What it is, one sentence. */
  readonly says: string;
  /** How many pidfds were of it. */
  readonly pidfds: number;
}

interface GroupCount {
  readonly held: number;
  /** How many of them are left over. */
  readonly surplus: number;
}

const NONE: GroupCount = { held: 0, surplus: 0 };

interface Series {
  readonly growth: Growth;
  /** When there was one last. */
  latestNs: bigint;
}

/**
 * Keeps the books of all holders.
 *
 * @example
 * ```ts
 * import { LeakBook } from "./book.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new LeakBook({ olderNs: 30_000_000_000n, usesSeen: true }).groups(), []);
 * ```
 */
export class LeakBook {
  readonly #holdings = new Holdings();
  readonly #double = new DoubleCloses();
  /** What was left open when its holder ended. */
  readonly #left: Holding[] = [];
  readonly #harmless = new Map<string, number>();
  readonly #by: Grouping;
  readonly #options: LeakBookOptions;
  readonly #series = new Map<string, Series>();
  #sampledNs: bigint | undefined;
  #nowNs = 0n;

  /** Begins with nothing held; see {@linkcode LeakBookOptions}. */
  constructor(options: LeakBookOptions) {
    this.#options = options;
    this.#by = options.by ?? "origin";
  }

  /** Takes the next update of the model, and counts when it is time to. */
  take(update: Update): void {
    const { ktimeNs } = update;
    if (ktimeNs !== null) this.pass(ktimeNs);
    if (update.type === "pidfd.close_again" && this.#isJudged(update)) this.#double.closedAgain(update);
    if (update.type === "pidfd.close") this.#close(update);
    this.#holdings.take(update);
  }

  /** What was met that looks like a leak and is none, closed by now or not. */
  get harmless(): readonly MetHarmless[] {
    const counts = new Map(this.#harmless);
    for (const it of this.#held()) count(counts, harmlessOf(it)?.id);
    return HARMLESS_PATTERNS.flatMap(({ id, says }) => {
      const pidfds = counts.get(id) ?? 0;
      return pidfds === 0 ? [] : [{ id, says, pidfds }];
    });
  }

  #close(update: Update<"pidfd.close">): void {
    const slot = this.#holdings.at(update.body.table, update.body.fd);
    // What goes with its process has no number that can be closed again.
    if (update.body.cause !== "exit") this.#double.closed(update, slot);
    if (slot === undefined) return;
    if (!this.#isJudged(slot)) return;
    count(this.#harmless, harmlessOf(slot)?.id);
    if (this.#options.onlyFollowed !== true || update.body.cause !== "exit") return;
    const asked = { ...this.#options, nowNs: update.ktimeNs ?? this.#nowNs };
    const isLeak = suspectsOf([slot], asked).some((it) => it.rule.id === "K1");
    if (isLeak && this.#left.length < LEFT_MAX) this.#left.push(slot);
  }

  /** What is judged. */
  *#held(): Generator<Holding> {
    for (const it of this.#holdings.held()) if (this.#isJudged(it)) yield it;
  }

  #isJudged({ followed }: { readonly followed: boolean }): boolean {
    return followed || this.#options.onlyFollowed !== true;
  }

  /** Lets time pass, also when nothing happens: what is held now was held since the last time. */
  pass(nowNs: bigint): void {
    if (nowNs > this.#nowNs) this.#nowNs = nowNs;
    const latestNs = nowNs - nowNs % SAMPLE_NS;
    this.#sampledNs ??= latestNs;
    if (latestNs <= this.#sampledNs) return;
    const earliestNs = latestNs - SAMPLES_MAX * SAMPLE_NS;
    if (this.#sampledNs < earliestNs) this.#sampledNs = earliestNs;
    const groups = Map.groupBy(this.#held(), (it) => this.#keyOf(it));
    const counts = new Map(
      [...groups].map(([key, held]) => [key, { held: held.length, surplus: surplusOf(held) }]),
    );
    while (this.#sampledNs < latestNs) {
      this.#sampledNs += SAMPLE_NS;
      this.#sample(counts, this.#sampledNs);
    }
  }

  /**
   * All groups of what is held now: those that break a rule first, with most pidfds first.
   *
   * @param nowNs the moment, CLOCK_BOOTTIME in ns; the latest one that was told of without it
   */
  groups(nowNs: bigint = this.#nowNs): readonly LeakGroup[] {
    const held = Map.groupBy(this.#held(), (it) => this.#keyOf(it));
    const left = Map.groupBy(this.#left, (it) => this.#keyOf(it));
    const keys = new Set([...held.keys(), ...left.keys()]);
    const groups = [
      ...[...keys].map((key) =>
        this.#group(key, { held: held.get(key) ?? [], left: left.get(key) ?? [] }, nowNs)
      ),
      ...this.#closedTwice(nowNs),
    ];
    const rank = { broken: 0, undetermined: 1, holds: 2 } as const;
    return groups.sort((one, other) =>
      rank[one.verdict] - rank[other.verdict] || other.growth.perSecond - one.growth.perSecond ||
      other.suspects - one.suspects || other.pidfds - one.pidfds || order(one, other)
    );
  }

  #keyOf(it: Holding): string {
    return groupKey(it, this.#by);
  }

  /** Numbers that were closed twice, by who did so and what is certain of it. */
  #closedTwice(nowNs: bigint): readonly LeakGroup[] {
    const alike = Map.groupBy(this.#double.all, (it) => {
      const rest = { table: "", way: "closed", frames: null, container: null, cgroup: null } as const;
      return `${it.certainty} ${groupKey({ ...it, ...rest }, this.#by)}`;
    });
    return [...alike.values()].map((all) => closedTwice(all, nowNs));
  }

  #sample(counts: ReadonlyMap<string, GroupCount>, nowNs: bigint): void {
    for (const key of counts.keys()) {
      if (!this.#series.has(key)) this.#series.set(key, { growth: new Growth(), latestNs: nowNs });
    }
    for (const [key, series] of this.#series) {
      const { held, surplus } = counts.get(key) ?? NONE;
      series.growth.add(nowNs, surplus);
      if (held > 0) series.latestNs = nowNs;
      else if (nowNs - series.latestNs > COLLECTOR_NS) this.#series.delete(key);
    }
  }

  #group(
    key: string,
    { held, left }: { readonly held: readonly Holding[]; readonly left: readonly Holding[] },
    nowNs: bigint,
  ): LeakGroup {
    const all = [...held, ...left];
    const suspects = suspectsOf(all.filter((it) => harmlessOf(it) === undefined), {
      ...this.#options,
      nowNs,
    });
    const growth = this.#series.get(key)?.growth.verdict ?? { kind: "unknown", perSecond: 0 };
    const [first] = all;
    const shown = suspects.length > 0 ? suspects.map((it) => it.holding) : all;
    return {
      ...holdersOf(all),
      comm: first?.comm ?? null,
      container: first?.container ?? null,
      cgroup: first?.cgroup ?? null,
      frames: shown[0]?.frames ?? null,
      certainty: undefined,
      origin: first?.origin ?? null,
      way: first?.way ?? "opened",
      ...judged(suspects, growth),
      family: commonest(shown.map(familyOf)),
      pidfds: held.length,
      dead: held.filter((it) => it.target.endedNs !== null).length,
      left: left.length,
      suspects: suspects.length,
      oldestNs: all.reduce((most, { sinceNs }) => nowNs - sinceNs > most ? nowNs - sinceNs : most, 0n),
      growth,
      evidence: shown.slice(0, EVIDENCE_MAX).map((it) => it.seq),
    };
  }
}

/** What is said of a group: single pidfds that are certain come before growth, and growth before what is not certain. */
function judged(
  suspects: readonly Suspect[],
  growth: GrowthVerdict,
): Pick<LeakGroup, "rule" | "verdict" | "reasons"> {
  const certain = firstRule(suspects.filter((it) => it.verdict === "broken"));
  if (certain !== undefined) return { rule: certain, verdict: "broken", reasons: [] };
  if (growth.kind === "growing") return { rule: "K2", verdict: "broken", reasons: [] };
  const doubtful = firstRule(suspects);
  if (doubtful !== undefined) {
    const reasons = ["Something was lost that can have been about these pidfds"];
    return { rule: doubtful, verdict: "undetermined", reasons };
  }
  if (growth.kind === "young") {
    const reasons = [
      `A garbage collector may not have run yet: it is certain after ${COLLECTOR_NS / 1_000_000_000n} s`,
    ];
    return { rule: "K2", verdict: "undetermined", reasons };
  }
  return { rule: undefined, verdict: "holds", reasons: [] };
}

/** The sharpest of the rules that are broken. */
function firstRule(suspects: readonly Suspect[]): LeakRuleId | undefined {
  const broken = new Set(suspects.map((it) => it.rule.id));
  return LEAK_RULES.find((it) => broken.has(it.id))?.id;
}

function commonest(families: readonly (LeakFamily | undefined)[]): LeakFamily | undefined {
  let most: LeakFamily | undefined;
  let times = 0;
  for (const [family, all] of Map.groupBy(families, (it) => it)) {
    if (all.length > times) [most, times] = [family, all.length];
  }
  return most;
}

function count(counts: Map<string, number>, key: string | undefined): void {
  if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Who has what is in a group, and how many they are. */
function holdersOf(
  all: readonly { readonly holder: HolderId | null }[],
): Pick<LeakGroup, "holder" | "holders"> {
  const each = new Map(all.map(({ holder }) => [holder === null ? "" : holderKey(holder), holder]));
  const [only = null] = each.values();
  return { holder: each.size === 1 ? only : null, holders: each.size };
}

function closedTwice(all: readonly DoubleClose[], nowNs: bigint): LeakGroup {
  const [first] = all;
  const doubtful = all.every((it) => it.doubtful);
  const isCertain = first?.certainty === "certain";
  const oldestNs = nowNs - (first?.ktimeNs ?? nowNs);
  return {
    ...holdersOf(all),
    comm: first?.comm ?? null,
    ...{ container: null, cgroup: null, frames: null },
    origin: first?.origin ?? null,
    way: "closed",
    rule: DOUBLE_CLOSE_RULE.id,
    certainty: first?.certainty,
    verdict: isCertain && !doubtful ? "broken" : "undetermined",
    reasons: [
      ...(isCertain ? [] : [SUSPECTED]),
      ...(doubtful ? ["Something was lost between the two closes"] : []),
    ],
    family: TWO_OWNERS,
    ...{ pidfds: 0, dead: 0, left: 0, suspects: all.length },
    oldestNs: oldestNs > 0n ? oldestNs : 0n,
    growth: { kind: "unknown", perSecond: 0 },
    evidence: all.flatMap((it) => it.evidence).slice(0, EVIDENCE_MAX),
  };
}

const SUSPECTED =
  "Suspected: another thread had the number by then, and can have handed it over to be closed";

function order(one: LeakGroup, other: LeakGroup): number {
  return (one.holder?.pid ?? 0) - (other.holder?.pid ?? 0);
}
