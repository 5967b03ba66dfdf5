/**
 * Whether a kernel's story and user space's story are the same, and whether the law of its references held.
 *
 * How many pidfds were born and closed is counted in what the stimulus says, and which count there must be is written
 * down here; the model's word is only compared with both. What was lost accuses nobody.
 *
 * @module
 */

import { errnoName } from "../../model/mod.ts";
import type { StreamTrust } from "../../model/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import { isBirth } from "./matrix_stimulus.ts";
import type { StimulusCall, StimulusRun } from "./matrix_stimulus.ts";

/** What one guest gave. */
export interface Observed {
  /** The law in force there. */
  readonly law: "per-file" | "per-inode";
  /** What user space did. */
  readonly runs: readonly StimulusRun[];
  /** What was published about the whole machine. */
  readonly events: readonly TraceEvent[];
  /** What is known of the stream as a whole, at its end. */
  readonly trust: Pick<StreamTrust, "lost" | "late">;
  /** Whether the program ran until it was stopped by us. */
  readonly whole: boolean;
}

/** How many there were by user space's word, and how many of them were found. */
export interface Share {
  /** How many there were. */
  readonly made: number;
  /** How many of them the kernel told of, as they should be. */
  readonly seen: number;
}

/** What follows. */
export interface Judgement {
  /** Pidfds that were made. */
  readonly births: Share;
  /** Pidfds whose last reference went. */
  readonly releases: Share;
  /** Counts at both, and those that were as the law says. */
  readonly counts: Share;
  /** Calls that had to fail. */
  readonly failures: Share;
  /** In a word. */
  readonly verdict: "holds" | "broken" | "undetermined";
  /** Why it is not `holds`, one sentence each. */
  readonly reasons: readonly string[];
}

type Count = TraceEvent<"pidfd.create">["count"];
type Create = TraceEvent<"pidfd.create">;

/** Counts after the births and after the closes of so many pidfds of one process that lives, one after the other. */
const KNOWN = {
  "per-inode": {
    1: { births: [2], releases: [1] },
    3: { births: [2, 2, 2], releases: [2, 2, 1] },
  },
  "per-file": {
    1: { births: [2], releases: [1] },
    3: { births: [2, 3, 4], releases: [3, 2, 1] },
  },
} as const;

/** Collects what speaks against a kernel, and what makes us unable to tell. */
class Reasons {
  readonly #said = new Map<string, { readonly broken: boolean; times: number }>();

  broken(text: string): void {
    this.#add(text, true);
  }

  unknown(text: string): void {
    this.#add(text, false);
  }

  texts(broken: boolean): readonly string[] {
    const those = [...this.#said].filter(([, it]) => it.broken === broken);
    return those.map(([text, { times }]) => times === 1 ? text : `${text} (${times} times)`);
  }

  #add(text: string, broken: boolean): void {
    const before = this.#said.get(text);
    if (before === undefined) this.#said.set(text, { broken, times: 1 });
    else before.times += 1;
  }
}

/**
 * Judges what one guest gave.
 *
 * @param observed both stories
 * @returns the verdict, with the reasons when it is not `holds`
 */
export function judge(observed: Observed): Judgement {
  const { runs, events, trust, whole } = observed;
  const reasons = new Reasons();
  const seenByUs = new Reasons();
  for (const { scenario, ok, why } of runs) {
    if (ok === false) reasons.broken(`${scenario}: ${why ?? "the machine did not do what is expected"}`);
    if (ok === undefined) reasons.unknown(`${scenario}: ${why ?? "it could not be run"}`);
  }
  if (!whole) reasons.unknown("the program ended before it was stopped");
  if (trust.lost !== 0) reasons.unknown(`${trust.lost ?? "an unknown number of"} records were lost`);
  if (trust.late > 0) reasons.unknown(`${trust.late} records came after their place`);
  const clean = reasons.texts(false).length === 0;
  for (const it of events) {
    if (it.type === "lost") reasons.unknown(`something was lost: ${it.detail}`);
    if (it.type !== "finding") continue;
    const says = `${it.rule}: ${it.statement}: ${it.observed}, expected ${it.expected}`;
    if (it.verdict === "broken") seenByUs.broken(says);
    else if (it.verdict === "undetermined") reasons.unknown(says);
  }
  const compared = runs.map((run) => compareRun(run, observed, seenByUs));
  const total = (of: keyof (typeof compared)[number]): Share => ({
    made: compared.reduce((sum, it) => sum + it[of].made, 0),
    seen: compared.reduce((sum, it) => sum + it[of].seen, 0),
  });
  const births = total("births");
  if (births.made === 0) reasons.unknown("no pidfd was made");
  // What the probes saw accuses a kernel only when they saw everything; what user space saw always does.
  const isWhole = clean && !events.some((it) => it.type === "lost");
  const broken = [...reasons.texts(true), ...(isWhole ? seenByUs.texts(true) : [])];
  const unknown = [
    ...reasons.texts(false),
    ...seenByUs.texts(false),
    ...(isWhole ? [] : seenByUs.texts(true)),
  ];
  return {
    births,
    releases: total("releases"),
    counts: total("counts"),
    failures: total("failures"),
    verdict: broken.length > 0 ? "broken" : unknown.length > 0 ? "undetermined" : "holds",
    reasons: [...broken, ...unknown],
  };
}

/** Compares one scenario. */
function compareRun(run: StimulusRun, { law, events }: Observed, reasons: Reasons) {
  const { scenario, calls } = run;
  const threads = new Set(calls.map((it) => it.tid));
  const unused = events.filter((it): it is Create =>
    it.type === "pidfd.create" && threads.has(it.process?.tid ?? 0)
  );
  const made = calls.filter((it) => isBirth(it) && it.ret >= 0);
  const closed = calls.filter((it) => it.call === "close");
  const known = (call: StimulusCall, of: "births" | "releases") => {
    const inRound = (it: StimulusCall) => it.round === call.round && it.tid === call.tid;
    const many = made.filter(inRound).length;
    const place = (of === "births" ? made : closed).filter(inRound).indexOf(call);
    return many === 1 || many === 3 ? KNOWN[law][many][of][place] : undefined;
  };
  let births = 0, releases = 0, asExpected = 0;
  const check = (name: string, count: Count, expected: number | undefined) => {
    asExpected += compareCount(`${scenario}: after ${name}`, { count, expected, reasons }) ? 1 : 0;
  };
  const found = new Map<StimulusCall, Create>();
  for (const call of made) {
    const at = unused.findIndex((it) => isOf(it, call));
    const [event] = at < 0 ? [] : unused.splice(at, 1);
    if (event === undefined) {
      reasons.unknown(`${scenario}: a pidfd that ${call.call} made was not seen`);
      continue;
    }
    births += 1;
    found.set(call, event);
    check(call.call, event.count, known(call, "births"));
  }
  for (const it of unused) reasons.unknown(`${scenario}: a pidfd by ${it.origin} was seen that nobody made`);
  for (const call of closed) {
    const birth = made.find((it) => it.round === call.round && it.tid === call.tid && it.fd === call.fd);
    const seq = birth === undefined ? undefined : found.get(birth)?.seq;
    const gone = events.filter((it): it is TraceEvent<"pidfd.release"> =>
      it.type === "pidfd.release" && seq !== undefined && it.created_seq === seq
    );
    const [event] = gone;
    if (event === undefined || gone.length > 1) {
      reasons.unknown(`${scenario}: the end of a pidfd that was closed was seen ${gone.length} times`);
      continue;
    }
    releases += 1;
    check("close", event.count, known(call, "releases"));
  }
  const failed = calls.filter((it) => isBirth(it) && it.ret < 0);
  const told = failed.filter((call) => isFailureTold(call, events));
  if (told.length < failed.length) reasons.unknown(`${scenario}: a call that failed was not seen`);
  return {
    births: { made: made.length, seen: births },
    releases: { made: closed.length, seen: releases },
    counts: { made: made.length + closed.length, seen: asExpected },
    failures: { made: failed.length, seen: told.length },
  };
}

function isOf(event: Create, call: StimulusCall): boolean {
  return event.process?.tid === call.tid && event.origin === call.call && event.fd === call.fd &&
    event.target.pid === call.pid;
}

function isFailureTold(call: StimulusCall, events: readonly TraceEvent[]): boolean {
  return events.some((it) =>
    (it.type === "clone.failed" || it.type === "open.failed") && it.process?.tid === call.tid &&
    it.errno === errnoName(-call.errno)
  );
}

/** Whether a count is what the law says; the model must say the same. */
function compareCount(
  where: string,
  { count, expected, reasons }: {
    readonly count: Count;
    readonly expected: number | undefined;
    readonly reasons: Reasons;
  },
): boolean {
  const { after } = count;
  if (expected === undefined || after === null) {
    reasons.unknown(`${where}: the count was not read`);
  } else if (after < expected) {
    reasons.broken(`${where}: the count is ${after}, the law says ${expected}`);
  } else if (after > expected) {
    reasons.unknown(`${where}: the count is ${after}, the law says ${expected}: a holder that is not known`);
  } else if (count.expected !== expected) {
    reasons.unknown(`${where}: the model expects ${count.expected}, the law says ${expected}`);
  } else return true;
  return false;
}
