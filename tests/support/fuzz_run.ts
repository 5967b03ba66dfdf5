/**
 * A fuzzer's run as a test: it has a seed of its own, prints its figures, and a failure names the command that reads
 * that one line again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fuzz, FuzzError } from "./fuzz.ts";
import { TRIALS } from "./fuzz_trials.ts";
import type { TrialName } from "./fuzz_trials.ts";

const [replayed, replayedSeed, replayedLine] = (Deno.args[0] ?? "") in TRIALS ? Deno.args : [];
const seed = replayedSeed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(replayedSeed);

/**
 * Has so many lines read, or the one that the command line names.
 *
 * @param trial the reader, and what must be true of it
 * @param lines how many lines
 * @throws {Error} when a line was read wrongly or never; it says how to read that line again
 */
export async function fuzzRun(trial: TrialName, lines: number): Promise<void> {
  if (replayed !== undefined && replayed !== trial) return;
  const from = Number(replayedLine ?? 0);
  const count = replayedLine === undefined ? lines : 1;
  const began = performance.now();
  try {
    const { accepted, characters, slowestMs, slowest } = await fuzz({ trial, seed, from, lines: count });
    const refused = count - accepted;
    console.log(
      `${trial}: seed ${seed}: ${count} lines, ${characters} characters: ${accepted} accepted, ${refused} refused; ` +
        `${((performance.now() - began) / 1000).toFixed(1)} s, ${
          slowestMs.toFixed(1)
        } ms the slowest (${slowest})`,
    );
    if (count === 1) return;
    assert.ok(accepted > count / 4, `${accepted} of ${count} lines were accepted`);
    assert.ok(refused > count / 4, `${refused} of ${count} lines were refused`);
  } catch (error) {
    if (!(error instanceof FuzzError)) throw error;
    const line = JSON.stringify(TRIALS[trial].line(seed, error.number));
    const again = `deno task fuzz ${trial} ${seed} ${error.number}`;
    throw new Error(`Line ${error.number} of seed ${seed}: ${error.message}\n${line}\nagain: ${again}`);
  }
}
