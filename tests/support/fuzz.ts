/**
 * Many lines for one reader, on two threads, watched from a third.
 *
 * @module
 */

import type { TrialName } from "./fuzz_trials.ts";

/** What a thread is to read. */
export interface FuzzOrder {
  /** The reader, and what must be true of it. */
  readonly trial: TrialName;
  /** What all lines follow from. */
  readonly seed: number;
  /** Number of the first line. */
  readonly from: number;
  /** How many lines. */
  readonly lines: number;
  /** How long a thread may stay with one line until it is taken to stay for ever, ms. @default {20 000} */
  readonly hangMs?: number;
  /** Its one element is the number of the line that is being read. */
  readonly progress: Int32Array;
}

/** What came of it. */
export interface FuzzResult {
  /** Lines that were taken for what they are; the others were refused. */
  readonly accepted: number;
  /** Length of all lines together. */
  readonly characters: number;
  /** The longest time that one line took, ms. */
  readonly slowestMs: number;
  /** Number of that line. */
  readonly slowest: number;
}

/** A line that was not read as it must be. */
export interface FuzzFailure {
  /** Its number. */
  readonly number: number;
  /** What is wrong. */
  readonly said: string;
}

/** How many lines are read at once. */
const THREADS = 2;

/** How long a thread may stay with one line, ms. */
const HANG_MS = 20_000;

/**
 * Reads so many lines and returns what came of it.
 *
 * @throws when a line was read wrongly or never: its number is told
 */
export async function fuzz(order: Omit<FuzzOrder, "progress">): Promise<FuzzResult> {
  const threads = Math.min(THREADS, order.lines);
  const share = Math.ceil(order.lines / threads);
  const parts = await Promise.all(Array.from({ length: threads }, (_, at) => {
    const lines = Math.min(share, order.lines - at * share);
    return readApart({ ...order, from: order.from + at * share, lines });
  }));
  return parts.reduce((one, other) => ({
    accepted: one.accepted + other.accepted,
    characters: one.characters + other.characters,
    ...(one.slowestMs > other.slowestMs ? slowestOf(one) : slowestOf(other)),
  }));
}

function slowestOf({ slowestMs, slowest }: FuzzResult): Pick<FuzzResult, "slowestMs" | "slowest"> {
  return { slowestMs, slowest };
}

/** A failure as an error, which tells its line. */
export class FuzzError extends Error {
  /** Number of the line. */
  readonly number: number;

  /** @param failure what was wrong with which line */
  constructor({ number, said }: FuzzFailure) {
    super(said);
    this.name = "FuzzError";
    this.number = number;
  }
}

async function readApart(order: Omit<FuzzOrder, "progress">): Promise<FuzzResult> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  progress[0] = -1;
  const worker = new Worker(new URL("./fuzz_worker.ts", import.meta.url).href, { type: "module" });
  let watch: ReturnType<typeof setInterval> | undefined;
  const { hangMs = HANG_MS } = order;
  try {
    const told = await new Promise<FuzzResult | FuzzFailure>((resolve, reject) => {
      let last = -1;
      watch = setInterval(() => {
        const number = progress[0] ?? -1;
        if (number === last && number >= 0) resolve({ number, said: `no end after ${hangMs} ms` });
        last = number;
      }, hangMs);
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Cannot read lines: ${event.message}`));
      };
      worker.postMessage({ ...order, progress });
    });
    if ("said" in told) throw new FuzzError(told);
    return told;
  } finally {
    clearInterval(watch);
    worker.terminate();
  }
}
