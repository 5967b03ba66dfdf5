/**
 * Has the tool confirm a target, as a user would, and reads its answer.
 *
 * @module
 */

import type { Answer } from "../../schema/mod.ts";
import { REPOSITORY } from "./repository_files.ts";

/** The tool, as a user starts it. */
const TOOL = ["run", "-q", "--no-prompt", "-P=trace", `${REPOSITORY}/scripts/trace_clone.ts`];

/** Where the answers stay. */
const ANSWERS = `${REPOSITORY}/.cache/confirmed`;

/** Longest time for one target, ms: a kernel that is wrong may hang with its guest. */
const LIMIT_MS = 15 * 60_000;

/** Lives of the stress. */
const LIVES = "500";

/** What the tool said. */
export interface Confirmation {
  /** Its exit code. */
  readonly code: number;
  /** What it printed; `undefined` when that is nothing. */
  readonly answer: Answer<"confirm"> | undefined;
}

/**
 * Confirms a target.
 *
 * @param target as the user writes it
 * @param name of the file in `.cache/confirmed` in which the answer stays
 * @returns the exit code and the answer
 * @throws {SyntaxError} when what was printed is no JSON
 */
export async function confirmTarget(target: string, name: string): Promise<Confirmation> {
  await Deno.mkdir(ANSWERS, { recursive: true });
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...TOOL, "confirm", "-q", "--target", target, "--lives", LIVES, "-o", "json"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  await Deno.writeFile(`${ANSWERS}/${name}.json`, stdout);
  const text = new TextDecoder().decode(stdout).trim();
  return { code, answer: text === "" ? undefined : JSON.parse(text) };
}

/**
 * Reads the latest answer about a target.
 *
 * @param name as in {@linkcode confirmTarget}
 * @returns the answer with its exit code; `undefined` when there is none
 */
export async function lastConfirmation(name: string): Promise<Confirmation | undefined> {
  try {
    const text = (await Deno.readTextFile(`${ANSWERS}/${name}.json`)).trim();
    if (text === "") return undefined;
    const answer: Answer<"confirm"> = JSON.parse(text);
    return { code: answer.exit_code, answer };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
