/**
 * The stimulus: a small C program of known behaviour, linked statically so that it runs on every guest.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { buildOnce, type BuildOptions } from "./build_once.ts";
import { runProgram } from "./program.ts";
import { recipeHash } from "./recipe.ts";

const COMPILE = ["gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror"];

/** Options of {@linkcode buildStimulus}. */
export interface StimulusOptions extends BuildOptions {
  /** Folder of the C files. @default the lab's own `stimulus/` */
  readonly sourceFolder?: URL;
}

/**
 * Builds the stimulus from all C files and headers of its folder, unless the cache has it.
 *
 * @param options progress, cancelling, and where the cache is
 * @returns path of the program
 * @throws {HostError} of kind `missing` when there is no source or no compiler, of kind `failed` when it does not
 *   compile; the hint has the compiler's words
 *
 * @example
 * ```ts
 * import { buildStimulus } from "./stimulus_binary.ts";
 * import assert from "node:assert/strict";
 *
 * const sourceFolder = new URL("file:///tmp/there-is-no-such-folder/");
 * await assert.rejects(buildStimulus({ sourceFolder }), /Cannot find the source of the stimulus/);
 * ```
 */
export async function buildStimulus(options: StimulusOptions = {}): Promise<string> {
  const { signal, onProgress } = options;
  const sourceFolder = options.sourceFolder ?? new URL("./stimulus/", import.meta.url);
  const sources = await readSources(sourceFolder);
  const programs = [...sources.keys()].filter((name) => name.endsWith(".c"));
  if (programs.length === 0) {
    const message = `Cannot find the source of the stimulus: "${sourceFolder.pathname}" has no C file in it`;
    throw new HostError(message, { host: "lab", kind: "missing" });
  }
  const build = async (folder: string) => {
    onProgress?.("stimulus: compiling");
    const tree = `${folder}/source`;
    await Deno.mkdir(tree);
    for (const [name, text] of sources) await Deno.writeTextFile(`${tree}/${name}`, text);
    const paths = programs.map((name) => `${tree}/${name}`);
    await runProgram([...COMPILE, "-o", `${folder}/stimulus`, ...paths], {
      purpose: "compile the stimulus",
      signal,
    });
  };
  const hash = await recipeHash([...COMPILE, ...[...sources].flat()]);
  return `${await buildOnce({ ...options, name: "stimulus", hash, build })}/stimulus`;
}

/** The C files and headers of a folder, sorted by name; none when there is no such folder. */
async function readSources(folder: URL): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  try {
    const names = await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name);
    for (const name of names.filter((name) => /\.[ch]$/.test(name)).sort()) {
      sources.set(name, await Deno.readTextFile(new URL(name, folder)));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return sources;
}
