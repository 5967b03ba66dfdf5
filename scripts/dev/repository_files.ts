/**
 * The files of this repository, as git knows them.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The top of this repository, without a slash at its end. */
export const REPOSITORY: string = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** One file of the repository. */
export interface RepositoryFile {
  /** Path from the top of the repository, with slashes. */
  readonly path: string;
  /** Content, read as UTF-8. */
  readonly text: string;
}

/** One thing that is wrong with a file. */
export interface Problem {
  /** The file that has it, as a path from the top of the repository. */
  readonly path: string;
  /** What is wrong and what to do instead. */
  readonly message: string;
}

/**
 * Lists the files that belong to the repository: those that git tracks, and new ones that it does not ignore.
 *
 * @returns paths from the top of the repository, sorted
 * @throws {Error} when git cannot list them
 */
export async function listRepository(): Promise<readonly string[]> {
  // A clone may belong to another user than the one who runs the checks, as in a container.
  const trusted = ["-c", `safe.directory=${REPOSITORY}`];
  const listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const output = await new Deno.Command("git", { args: [...trusted, ...listing], cwd: REPOSITORY }).output();
  if (!output.success) {
    const said = new TextDecoder().decode(output.stderr).trim();
    throw new Error(
      `Cannot list the files of "${REPOSITORY}": git ended with ${output.code}, saying "${said}"`,
    );
  }
  const paths = new TextDecoder().decode(output.stdout).split("\0").filter((path) => path !== "");
  return [...new Set(paths)].sort();
}

/**
 * Reads the files of the repository.
 *
 * @returns every file that {@linkcode listRepository} names and that is still there
 */
export async function readRepository(): Promise<readonly RepositoryFile[]> {
  const read = (await listRepository()).map(async (path) => {
    try {
      return { path, text: await Deno.readTextFile(`${REPOSITORY}/${path}`) };
    } catch (error) {
      // Deleted, and git was not told yet; or a link to a folder.
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) {
        return undefined;
      }
      throw error;
    }
  });
  return (await Promise.all(read)).filter((file) => file !== undefined);
}
