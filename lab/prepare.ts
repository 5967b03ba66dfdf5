/**
 * Makes this machine fit for the lab.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { installCommand, LAB_PACKAGES, type LabPackage } from "./packages.ts";
import { runProgram } from "./program.ts";

/** Prints those of its arguments that are neither a program on the PATH nor, when they start with a slash, a file. */
const PROBE_SCRIPT = `
for wanted in "$@"; do
  case $wanted in
    /*) [ -e "$wanted" ] ;;
    *) command -v "$wanted" >/dev/null ;;
  esac || printf '%s\\n' "$wanted"
done`;

/** Options of {@linkcode prepareMachine} and {@linkcode missingPackages}. */
export interface PrepareOptions {
  /** The packages to look for. @default {LAB_PACKAGES} */
  readonly packages?: readonly LabPackage[];
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Gets a line for people before anything is changed on the machine. */
  readonly onProgress?: ((line: string) => void) | undefined;
  /** Acts as this user would. @default the user who runs the lab */
  readonly uid?: number;
}

/**
 * The user id that the lab's helpers run as.
 *
 * @param signal ends it
 * @returns effective user id
 *
 * @example
 * ```ts
 * import { userId } from "./prepare.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(await userId() >= 0);
 * ```
 */
export async function userId(signal?: AbortSignal): Promise<number> {
  return Number(await runProgram(["id", "-u"], { purpose: "ask for the user id", signal }));
}

/**
 * Finds the Debian packages that the lab needs and this machine lacks, by looking for their programs and files.
 *
 * @param options which packages
 * @returns the packages that are missing, in the order of use
 *
 * @example
 * ```ts
 * import { missingPackages } from "./prepare.ts";
 * import assert from "node:assert/strict";
 *
 * const shell = { name: "dash", programs: ["sh"], files: [], why: "scripts" };
 * assert.deepEqual(await missingPackages({ packages: [shell] }), []);
 * ```
 */
export async function missingPackages(options: PrepareOptions = {}): Promise<readonly LabPackage[]> {
  const uid = options.uid ?? await userId(options.signal);
  const packages = (options.packages ?? LAB_PACKAGES).filter((row) => uid !== 0 || !row.onlyWithoutRoot);
  const wanted = packages.flatMap((row) => [...row.programs, ...row.files]);
  const output = await runProgram(["sh", "-c", PROBE_SCRIPT, "probe", ...wanted], {
    purpose: "look for the programs of the lab",
    signal: options.signal,
  });
  const absent = new Set(output.split("\n"));
  return packages.filter((row) => [...row.programs, ...row.files].some((word) => absent.has(word)));
}

/**
 * Makes sure that everything the lab needs is installed; as root it installs what is missing.
 *
 * @param options who wants to know
 * @returns names of the packages that were installed; none is the usual answer
 * @throws {HostError} of kind `missing` when something is missing and we are not root, with the command that helps;
 *   of kind `failed` when the packages could not be installed
 *
 * @example
 * ```ts
 * import { prepareMachine } from "./prepare.ts";
 * import assert from "node:assert/strict";
 *
 * const unknown = { name: "no-such", programs: ["no-such-program"], files: [], why: "an example" };
 * await assert.rejects(prepareMachine({ packages: [unknown], uid: 1000 }), /"no-such-program"/);
 * ```
 */
export async function prepareMachine(options: PrepareOptions = {}): Promise<readonly string[]> {
  const { signal, onProgress } = options;
  const uid = options.uid ?? await userId(signal);
  const missing = await missingPackages({ ...options, uid });
  if (missing.length === 0) return [];
  const names = missing.map((row) => row.name);
  const command = installCommand(names);
  if (uid !== 0) {
    const lacking = missing.flatMap((row) => [...row.programs, ...row.files]).map((word) => `"${word}"`);
    throw new HostError(`Cannot use the lab: ${lacking.join(", ")} required, and missing on this machine`, {
      host: "lab",
      kind: "missing",
      hint: `As root: apt-get update && ${command}`,
    });
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  onProgress?.(`packages: apt-get update`);
  await runProgram(["apt-get", "update"], { purpose: "update the list of Debian packages", env, signal });
  onProgress?.(`packages: ${command}`);
  await runProgram(command.split(" "), { purpose: `install ${names.join(", ")}`, env, signal });
  return names;
}
