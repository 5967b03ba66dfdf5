/**
 * `profile diff`: what two profiles tell differently.
 *
 * @module
 */

import { compareProfiles, readProfile } from "../../model/mod.ts";
import type { Profile } from "../../model/mod.ts";
import { profileDiffJson, profileDiffText } from "../../reports/mod.ts";
import type { ProfileComparison } from "../../reports/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import type { ProfileDiffOptions } from "./profile_grammar.ts";
import type { Terminal } from "./terminal.ts";
import { userPath } from "./user_path.ts";

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param terminal where text goes
 * @returns the exit code: 0 when nothing differs, 1 when something does
 * @throws {CliError} with code 2 when a file is no profile
 */
export async function profileDiff(options: ProfileDiffOptions, terminal: Terminal): Promise<number> {
  const a = await read(options.a), b = await read(options.b);
  const found = compareProfiles(a.facts, b.facts);
  const exitCode: ExitCode = found.changed.length === 0 ? EXIT.well : EXIT.broken;
  const comparison: ProfileComparison = {
    ...found,
    a: about(options.a, a),
    b: about(options.b, b),
    exitCode,
  };
  await terminal.write(options.json ? profileDiffJson(comparison) : profileDiffText(comparison));
  return exitCode;
}

function about(file: string, { host, release, machine }: Profile): ProfileComparison["a"] {
  return { file, host, release, machine };
}

/** Reads one of the files. */
async function read(file: string): Promise<Profile> {
  const path = userPath(file);
  try {
    return readProfile(await Deno.readTextFile(path));
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    throw new CliError(`Cannot compare ${JSON.stringify(path)}: ${problem}`, {
      code: EXIT.usage,
      hint: "Make a profile with: deno run trace-clone profile FILE",
    });
  }
}

/** Why a file cannot be read as a profile; `undefined` for what is no fault of the file's. */
function problemOf(error: unknown): string | undefined {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.NotADirectory) return "there is no such folder";
  if (error instanceof Deno.errors.PermissionDenied) return "it may not be read";
  if (error instanceof SyntaxError) return "it is no JSON";
  if (error instanceof TypeError) return error.message.replace(/^Cannot read a profile: /, "");
  if (error instanceof Deno.errors.NotCapable) return "it may not be read";
  return undefined;
}
