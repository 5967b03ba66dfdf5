/**
 * Has the stimulus make its provocations on a machine, one after the other, and reads what it tells of them.
 *
 * @module
 */

import { run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { couldBeSeedLike, EVERY_ATTEMPT, readProvocations, withheld } from "../../model/mod.ts";
import type { Attempt, Fact, Risk } from "../../model/mod.ts";
import { printableText } from "../../events/mod.ts";
import { heard, runStimulus, STIMULUS_STATUS } from "./confirm_stimulus.ts";

/** What is made, and where. */
export interface PlayOptions {
  /** The machine. */
  readonly host: Host;
  /** Path of the stimulus there. */
  readonly program: string;
  /** Names of what is made. */
  readonly names: readonly string[];
  /** How often each is made. */
  readonly rounds: number;
  /** Lives of those that count them. */
  readonly lives: number;
  /** What is done at random is done alike for the same number, 1 to 999,999,999. @default {the clock there} */
  readonly seed?: number | undefined;
  /** Whether the machine is a guest of the lab. */
  readonly isLab: boolean;
  /** Names of dangerous ones that the user wants nevertheless. */
  readonly wanted: readonly string[];
  /** Ends it: what is under way is told to end, and what it told until then is kept. */
  readonly signal: AbortSignal;
  /** Waits until the kernel's word on everything up to a moment was heard, CLOCK_BOOTTIME in ns; not for ever. */
  readonly heardUntil: (ktimeNs: bigint) => Promise<void>;
  /** Whether one whose success is chance has met what it is for. @default {nobody knows, and once is enough} */
  readonly isMet?: (facts: readonly Fact[]) => boolean;
  /** Which of the kernel's words on these facts was lost; asked when they were heard. @default {none is known to be} */
  readonly holeIn?: (facts: readonly Fact[]) => string | undefined;
  /** Hears of the progress. */
  readonly onProgress: (text: string) => void;
}

/** What came of it. */
export interface Played {
  /** Everything that was told. */
  readonly facts: readonly Fact[];
  /** What was told by each try of which the kernel's word was lost, and which was made again. */
  readonly torn: readonly (readonly Fact[])[];
  /** Why a provocation told nothing, by its name. */
  readonly silent: ReadonlyMap<string, string>;
  /** Names of those that were begun and did not come to their end. */
  readonly unfinished: ReadonlySet<string>;
}

/** Longest time that its list may take, ms. */
const LIST_MS = 10_000;

/** How often one provocation is made again, and for how many seconds all of them, since the kernel's word was lost. */
const AGAIN_MAX = 4;
export const AGAIN_SECONDS = 120;

/** Seconds in which a provocation that hangs ends by itself: its own limit comes first. */
const MARGIN_S = 15;

/** From mild to wild. */
const RISKS: readonly Risk[] = ["harmless", "scratch", "dangerous"];

/** The worse of what the stimulus says of a provocation and what is said here; one that it does not know is the worst. */
function riskOf({ risk }: Attempt, told: Risk | undefined): Risk {
  return RISKS[Math.max(RISKS.indexOf(risk), RISKS.indexOf(told ?? "dangerous"))] ?? "dangerous";
}

/** Lives of one run of the stimulus: what is told of so many fits into the buffers of the kernel. */
const LIVES_AT_ONCE = 500;

/** How often it is made by each run of the stimulus: as many runs as it takes. */
function timesOf({ isCounted }: Attempt, { rounds, lives }: Pick<PlayOptions, "rounds" | "lives">) {
  if (!isCounted) return [rounds];
  const whole = Array.from({ length: Math.floor(lives / LIVES_AT_ONCE) }, () => LIVES_AT_ONCE);
  const rest = lives % LIVES_AT_ONCE;
  return rest === 0 ? whole : [...whole, rest];
}

/**
 * How long a provocation may take.
 *
 * @param attempt the provocation
 * @param times rounds, and lives of those that count them
 * @returns seconds; its own limit comes earlier
 */
export function secondsOf(attempt: Attempt, times: Pick<PlayOptions, "rounds" | "lives">): number {
  return attempt.triesMax * timesOf(attempt, times).reduce((sum, it) => sum + secondsOfRun(attempt, it), 0);
}

function secondsOfRun({ seconds, isCounted }: Attempt, times: number): number {
  return seconds * (isCounted ? 1 : times) + MARGIN_S;
}

/**
 * Makes all of them, one after the other.
 *
 * @param options see {@linkcode PlayOptions}
 * @returns what was told; what was not made any more, since it was ended or the machine did not come back, is silent
 * @throws {HostError} when the stimulus does not start there
 */
export async function play(options: PlayOptions): Promise<Played> {
  const { host, program, names, rounds, lives, signal, onProgress } = options;
  const listed = await run(host, [program, "--list"], { timeoutMs: LIST_MS });
  const known = new Map(readProvocations(listed.stdout).map((it) => [it.name, it.risk]));
  const facts: Fact[] = [];
  const torn = new Torn(options);
  const silent = new Map<string, string>();
  const unfinished = new Set<string>();
  let over: string | undefined;
  const attempts = EVERY_ATTEMPT.filter((it) => names.includes(it.name));
  for (const [index, attempt] of attempts.entries()) {
    const { name, isCounted } = attempt;
    if (signal.aborted) over ??= "the run was ended before";
    if (over !== undefined) {
      silent.set(name, `${name} was not made: ${over}`);
      continue;
    }
    const risk = riskOf(attempt, known.get(name));
    const reason = withheld(attempt, { ...options, risk, isSeedLike: couldBeSeedLike(facts) });
    if (reason !== undefined) {
      silent.set(name, reason);
      continue;
    }
    const unit = isCounted ? `${lives} lives` : rounds === 1 ? "1 round" : `${rounds} rounds`;
    onProgress(`${host.name}: ${name}, ${unit} (${index + 1} of ${attempts.length})`);
    const made = await makeUntilMet(options, attempt, torn);
    facts.push(...made.facts);
    if (made.reason === undefined) continue;
    silent.set(name, made.reason);
    if (made.end !== "cannot-run") unfinished.add(name);
    // What hangs in the kernel can take the machine with it; nothing more is tried there.
    if (made.end === "never" && !signal.aborted) over = `${name} did not come back`;
  }
  return { facts, torn: torn.tries, silent, unfinished };
}

/** What was told in vain, and how much time may still be spent on doing it again. */
class Torn {
  /** What was told by each try. */
  readonly tries: (readonly Fact[])[] = [];
  readonly #holeIn: (facts: readonly Fact[]) => string | undefined;
  #leftMs = AGAIN_SECONDS * 1000;

  constructor({ holeIn = () => undefined }: Pick<PlayOptions, "holeIn">) {
    this.#holeIn = holeIn;
  }

  /** Why a provocation is to be made again that took so long; `undefined` when it is not, or there is no time. */
  take({ facts, reason }: Made, tookMs: number): string | undefined {
    const hole = reason === undefined && tookMs <= this.#leftMs ? this.#holeIn(facts) : undefined;
    if (hole === undefined) return undefined;
    this.#leftMs -= tookMs;
    this.tries.push(facts);
    return hole;
  }
}

/** What came of one provocation, why that is not all, and how it ended then. */
interface Made {
  readonly facts: readonly Fact[];
  readonly reason?: string;
  readonly end?: "cannot-run" | "early" | "never";
}

/** How a provocation ended that did not come to its end, by the status of the stimulus. */
const ENDS: ReadonlyMap<number, NonNullable<Made["end"]>> = new Map([
  [STIMULUS_STATUS.cannotRun, "cannot-run"],
  [STIMULUS_STATUS.hangs, "never"],
]);

/** Makes one provocation, and again while what it is for was not met, each time with other chances. */
async function makeUntilMet(options: PlayOptions, attempt: Attempt, torn: Torn): Promise<Made> {
  const { seed, isMet = () => true } = options;
  const facts: Fact[] = [];
  for (let tries = 0;; tries += 1) {
    const chances = { ...options, seed: seed === undefined ? undefined : seed + tries };
    const made = await makeWhole(chances, attempt, torn);
    facts.push(...made.facts);
    if (made.reason !== undefined || tries + 1 >= attempt.triesMax || isMet(facts)) return { ...made, facts };
  }
}

/** Makes one provocation, and again where the kernel's word on it was lost; of thousands of lives some always is. */
async function makeWhole(options: PlayOptions, attempt: Attempt, torn: Torn): Promise<Made> {
  const { host, signal, onProgress } = options;
  for (let left = attempt.isCounted ? 0 : AGAIN_MAX;; left -= 1) {
    const began = performance.now();
    const made = await make(options, attempt);
    const hole = left === 0 || signal.aborted ? undefined : torn.take(made, performance.now() - began);
    if (hole === undefined) return made;
    onProgress(`${host.name}: ${attempt.name}, again: ${hole}`);
  }
}

/** Makes one provocation, by as many runs of the stimulus as it takes. */
async function make(options: PlayOptions, attempt: Attempt): Promise<Made> {
  const { host, program, signal } = options;
  const { name } = attempt;
  const seed = options.seed === undefined ? [] : ["--seed", `${options.seed}`];
  const facts: Fact[] = [];
  for (const times of timesOf(attempt, options)) {
    if (signal.aborted) return { facts, reason: `${name} was not made to its end`, end: "early" };
    const timeoutMs = secondsOfRun(attempt, times) * 1000;
    const result = await runStimulus(host, {
      argv: [program, name, `${times}`, ...seed],
      timeoutMs,
      signal,
    });
    if ("why" in result) {
      const reason = `${name}: ${printableText(result.why)}`;
      return { facts, reason, end: result.begun ? "never" : "early" };
    }
    const said = heard(result, name);
    facts.push(...said.facts);
    await options.heardUntil(
      said.facts.reduce((last, { toNs }) => toNs !== null && toNs > last ? toNs : last, 0n),
    );
    if (said.reason === undefined) continue;
    return { facts, reason: said.reason, end: ENDS.get(result.code) ?? "early" };
  }
  return { facts };
}
