/**
 * A copy of the repository that bugs are put into, so that the original is never touched.
 *
 * @module
 */

import { mutate } from "./mutant.ts";
import type { Mutant } from "./mutant.ts";

/** How one run of a program went. */
export interface Ended {
  /** Its exit code. */
  readonly code: number;
  /** What it printed, errors last. */
  readonly text: string;
}

/** A bug can make a test run for ever: whoever waits for it notices after this time, in ms. */
const PATIENCE_MS = 300_000;

/** Folders that no test of the model reads. */
const LEFT_OUT: readonly string[] = ["docs", "bench", "coverage"];

/** A copy in a temporary folder; closing it removes the folder. */
export class RepositoryCopy implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Makes a copy.
   *
   * @param top the folder of the repository
   * @returns the copy
   */
  static async make(top: string): Promise<RepositoryCopy> {
    const copy = new RepositoryCopy(await Deno.makeTempDir({ prefix: "mutants-" }));
    for await (const { name } of Deno.readDir(top)) {
      if (!name.startsWith(".") && !LEFT_OUT.includes(name)) {
        await copyAll(`${top}/${name}`, copy.#path(name));
      }
    }
    return copy;
  }

  /**
   * Does something while a bug is in the copy.
   *
   * @param mutant the bug
   * @param act what to do
   * @returns what it returns
   */
  async withBug<T>(mutant: Mutant, act: () => Promise<T>): Promise<T> {
    const path = this.#path(mutant.file);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, mutate(text, mutant));
    try {
      return await act();
    } finally {
      await Deno.writeTextFile(path, text);
    }
  }

  /**
   * Runs deno in the copy, behind everything else that wants the CPU.
   *
   * @param args its arguments
   * @returns how it ended
   */
  async deno(args: readonly string[]): Promise<Ended> {
    const { code, stdout, stderr } = await new Deno.Command("nice", {
      args: ["-n", "15", Deno.execPath(), ...args],
      cwd: this.#folder,
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).output();
    const text = [stdout, stderr].map((it) => new TextDecoder().decode(it)).join("");
    return { code, text };
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  #path(name: string): string {
    return `${this.#folder}/${name}`;
  }
}

async function copyAll(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copyAll(`${from}/${name}`, `${to}/${name}`);
}
