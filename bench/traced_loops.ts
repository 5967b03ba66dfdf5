/**
 * One measurement in a guest: some loops, under a tracer or under none.
 *
 * @module
 */

import type { Host } from "../hosts/mod.ts";
import { checkedRun } from "./checked_run.ts";
import { GUEST_FOLDER, LOOP } from "./bench_guest.ts";

/** A loop, and how often it runs. */
export interface Loop {
  /** Which loop, by its name in `bench/loop/loop.c`. */
  readonly kind: "clone" | "fork" | "open" | "pidfd";
  /** Rounds; the first is dropped later. */
  readonly rounds: number;
  /** Iterations of each round. */
  readonly iterations: number;
}

/** What watches the loops. */
export type Tracer =
  /** Nothing. */
  | { readonly kind: "none" }
  /** A bpftrace script that prints a record `ready` first; it gets a command of 0 and a guard that stays. */
  | { readonly kind: "bpftrace"; readonly source: string }
  /** A program that starts the loop itself: the words before it, with its output going to `FILE`. */
  | { readonly kind: "parent"; readonly words: readonly string[] };

/** The tracer's output, for all of them alike: a file in the guest's memory. */
const OUTPUT = `${GUEST_FOLDER}/output`;

/** The word in a parent's command that stands for the file of its output. */
export const FILE = "FILE";

/** strace with the calls of interest. */
export const STRACE: readonly string[] = [
  "strace",
  "-f",
  "-e",
  "trace=clone,clone3,pidfd_open,close",
  "-o",
  FILE,
  "--",
];

/** perf trace with the same. */
export const PERF_TRACE: readonly string[] = [
  "perf",
  "trace",
  "-e",
  "clone,clone3,pidfd_open,close",
  "-o",
  FILE,
  "--",
];

/** How long a script may take until it is ready, in tenths of a second of the guest's clock. */
const READY_TENTHS = 3000;

/**
 * Runs the words after `--` one line each; parameters: the file of the output, the number of tenths, the script.
 *
 * bpftrace says `ready` when everything is attached, and prints what it still has when it gets SIGINT.
 */
const UNDER_BPFTRACE = String.raw`
output=$1 tenths=$2 source=$3
shift 3
# Before anybody looks for the line "ready": what an earlier tracer left has one too.
: >"$output"
bpftrace -f json -e "$source" 0 "$$" >"$output" 2>"$output.errors" &
tracer=$!
while ! grep -q '^{"type": "printf", "data": "ready' "$output"; do
  tenths=$((tenths - 1))
  if [ "$tenths" -lt 0 ] || ! kill -0 "$tracer"; then
    cat "$output.errors" >&2
    kill "$tracer"
    exit 1
  fi
  sleep 0.1
done
sleep 1
while [ "$#" -ge 4 ]; do
  echo "$2"
  "$1" "$2" "$3" "$4" || exit 1
  shift 4
done
sleep 1
kill -INT "$tracer"
wait "$tracer"
`;

/** What one measurement gave. */
export interface Traced {
  /** Nanoseconds of one iteration in each round, by name of the loop. */
  readonly rounds: Readonly<Record<string, readonly number[]>>;
  /** Lines of the tracer's output that tell of a clone with a pidfd. */
  readonly clones: number;
}

/**
 * Runs loops under a tracer.
 *
 * @param host the guest
 * @param options the loops, the tracer, and what ends it
 * @returns what each round took, and how many clones the tracer told of
 * @throws {HostError} when the tracer or a loop fails
 */
export async function traceLoops(
  host: Pick<Host, "name" | "spawn">,
  options: { readonly loops: readonly Loop[]; readonly tracer: Tracer; readonly signal: AbortSignal },
): Promise<Traced> {
  const { loops, tracer, signal } = options;
  if (tracer.kind === "bpftrace") {
    const words = loops.flatMap((it) => [LOOP, it.kind, `${it.rounds}`, `${it.iterations}`]);
    const script = ["sh", "-c", UNDER_BPFTRACE, "bench", OUTPUT, `${READY_TENTHS}`, tracer.source];
    const text = await checkedRun(host, [...script, ...words], { signal });
    return { rounds: readRounds(text), clones: await count(host, '"clone ', signal) };
  }
  const before = tracer.kind === "none" ? [] : tracer.words.map((it) => it === FILE ? OUTPUT : it);
  let text = "";
  let clones = 0;
  for (const { kind, rounds, iterations } of loops) {
    text += `${kind}\n`;
    text += await checkedRun(host, [...before, LOOP, kind, `${rounds}`, `${iterations}`], { signal });
    if (tracer.kind === "parent" && kind === "clone") clones += await count(host, "clone(", signal);
  }
  return { rounds: readRounds(text), clones };
}

/** Lines of the output with these words. */
async function count(
  host: Pick<Host, "name" | "spawn">,
  words: string,
  signal: AbortSignal,
): Promise<number> {
  // grep ends with 1 when it finds none, which is a number as well.
  const script = 'grep -cF -- "$1" "$2" || [ "$?" = 1 ]';
  return Number(await checkedRun(host, ["sh", "-c", script, "count", words, OUTPUT], { signal }));
}

/**
 * Reads what the loops print: a name, then a number for each round.
 *
 * @param text lines
 * @returns the numbers by name
 * @throws {SyntaxError} when a line is neither
 *
 * @example
 * ```ts
 * import { readRounds } from "./traced_loops.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(readRounds("open\n12.5\n12.25\n"), { open: [12.5, 12.25] });
 * ```
 */
export function readRounds(text: string): Readonly<Record<string, readonly number[]>> {
  const rounds: Record<string, number[]> = {};
  let present: number[] | undefined;
  for (const line of text.trim().split("\n")) {
    if (/^[a-z]+$/.test(line)) present = rounds[line] ??= [];
    else if (present !== undefined && /^\d+\.\d+$/.test(line)) present.push(Number(line));
    else {throw new SyntaxError(
        `Cannot read what a loop prints: a name or a number is required, got "${line}"`,
      );}
  }
  return rounds;
}
