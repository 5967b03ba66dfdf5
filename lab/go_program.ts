/**
 * Programs in Go, linked statically so that they run on every guest; the compiler is Debian's, and is not installed.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { buildOnce, type BuildOptions } from "./build_once.ts";
import { debianTarRecipe, fetchDebianTar } from "./debian_tar.ts";
import { requireFreeSpace } from "./free_space.ts";
import { runProgram } from "./program.ts";
import { recipeHash } from "./recipe.ts";
import { removeTree } from "./remove_tree.ts";

/** The compiler, and the standard library as source; from 1.23 on Go has a pidfd for each `os.Process`. */
const PARTS = ["golang-1.24-go", "golang-1.24-src"].map((name) =>
  ({ kind: "package", suite: "trixie", pattern: name.replaceAll(".", "[.]"), called: name }) as const
);
/** Where the packages have it. */
const GOROOT = "usr/lib/go-1.24";
/** The symbols stay in, so that stacks have names. */
const BUILD = ["build", "-trimpath", "-o"];
/** Nothing of the user's, and nothing from the network. */
const SETTINGS: Readonly<Record<string, string>> = {
  CGO_ENABLED: "0",
  GO111MODULE: "off",
  GOENV: "off",
  GOFLAGS: "",
  GOTELEMETRY: "off",
  GOTOOLCHAIN: "local",
};
/** Free space that a build needs while it runs. */
const NEEDED_BYTES = 700_000_000;

/** Options of {@linkcode buildGoProgram}. */
export interface GoProgramOptions extends BuildOptions {
  /** What it is called in the cache: a plain word. */
  readonly name: string;
  /** Folder of its Go files, which import nothing but the standard library. */
  readonly sourceFolder: URL;
}

/**
 * Builds a program from all Go files of a folder, unless the cache has it. The compiler is fetched for that, and goes
 * again.
 *
 * @param options what to build, progress, cancelling, and where the cache is
 * @returns path of the program
 * @throws {HostError} of kind `missing` when there is no source, or the mirror does not have the compiler; of kind
 *   `failed` when it does not compile: the hint has the compiler's words
 *
 * @example
 * ```ts
 * import { buildGoProgram } from "./go_program.ts";
 * import assert from "node:assert/strict";
 *
 * const sourceFolder = new URL("file:///tmp/there-is-no-such-folder/");
 * await assert.rejects(buildGoProgram({ name: "none", sourceFolder }), /Cannot find the source of "none"/);
 * ```
 */
export async function buildGoProgram(options: GoProgramOptions): Promise<string> {
  const { name, sourceFolder, signal, onProgress } = options;
  const sources = await readSources(sourceFolder);
  if (sources.size === 0) {
    const message = `Cannot find the source of "${name}": "${sourceFolder.pathname}" has no Go file in it`;
    throw new HostError(message, { host: "lab", kind: "missing" });
  }
  const build = async (folder: string) => {
    await requireFreeSpace(folder, { purpose: `build ${name}`, bytes: NEEDED_BYTES, signal });
    const scratch = `${folder}/scratch`;
    await Deno.mkdir(`${scratch}/source`, { recursive: true });
    for (const [file, text] of sources) await Deno.writeTextFile(`${scratch}/source/${file}`, text);
    await fetchCompiler(scratch, options);
    onProgress?.(`${name}: compiling`);
    const env = { ...SETTINGS, GOROOT: `${scratch}/${GOROOT}`, GOCACHE: `${scratch}/cache` };
    const compile = [`${scratch}/${GOROOT}/bin/go`, "-C", `${scratch}/source`, ...BUILD, `${folder}/${name}`];
    await runProgram([...compile, "."], { purpose: `compile ${name}`, env, signal });
    await removeTree(scratch);
  };
  const recipe = [...(await Promise.all(PARTS.map(debianTarRecipe))).flat(), ...BUILD, ...sources];
  const hash = await recipeHash([...recipe.flat(), JSON.stringify(SETTINGS)]);
  return `${await buildOnce({ ...options, name, hash, build })}/${name}`;
}

/** Fetches the compiler, and unpacks it into a folder. */
async function fetchCompiler(
  folder: string,
  { signal, onProgress }: BuildOptions,
): Promise<void> {
  for (const source of PARTS) {
    const label = source.called;
    const path = `${folder}/package.tar`;
    await fetchDebianTar({ source, path, folder, label, signal, onProgress });
    const unpack = [
      "tar",
      "--extract",
      "--no-same-owner",
      `--file=${path}`,
      `--directory=${folder}`,
      "./usr",
    ];
    await runProgram(unpack, { purpose: `unpack ${label}`, signal });
    await Deno.remove(path);
  }
}

/** The Go files of a folder, sorted by name; none when there is no such folder. */
async function readSources(folder: URL): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  try {
    const names = await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name);
    for (const name of names.filter((it) => it.endsWith(".go")).sort()) {
      sources.set(name, await Deno.readTextFile(new URL(name, folder)));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return sources;
}
