/**
 * Helper programs of the lab: run to their end, and never left behind.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { startGuarded } from "./guard.ts";
import { programHint } from "./packages.ts";

/**
 * Every program that the lab starts directly, by name, for `--allow-run`.
 *
 * It is one: everything else is started by the constant `GUARD_SCRIPT`. Deno resolves its list of programs when it
 * starts, so a program that the lab has just installed, or that stands in /usr/sbin, could not be started by name. The
 * programs behind it are listed in `LAB_PACKAGES`.
 */
export const LAB_PROGRAMS: readonly string[] = ["sh"];

/** Options of {@linkcode runProgram}. */
export interface ProgramOptions {
  /** What the program is for, as it follows "Cannot" in an error: `make the root disk`. */
  readonly purpose: string;
  /** The host's name in errors. @default {"lab"} */
  readonly host?: string;
  /** Variables added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the program after this many seconds. @default {1800} */
  readonly timeLimitSeconds?: number;
  /** Gets each line that the program writes to its standard error. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a helper program to its end.
 *
 * The program and all that it has started end when the signal is aborted, when its time is up, or when we die.
 *
 * @param argv program and arguments; no shell interprets them
 * @param options what it is for, and who wants to know
 * @returns what the program wrote to its standard output
 * @throws {HostError} of kind `missing` when there is no such program, of kind `failed` when its exit status is not 0
 *   or its time is up; the hint has the end of its messages
 * @throws the signal's reason when it was aborted
 *
 * @example
 * ```ts
 * import { runProgram } from "./program.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await runProgram(["printf", "%s", "$HOME"], { purpose: "print a word" }), "$HOME");
 * ```
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<string> {
  const { purpose, signal, env, onLine } = options;
  signal?.throwIfAborted();
  const timeLimitSeconds = options.timeLimitSeconds ?? 1800;
  await using guarded = startGuarded(argv, {
    name: "trace-clone-lab",
    timeLimitSeconds,
    graceSeconds: 10,
    env,
    onLine,
  });
  const stop = () => void guarded.stop();
  signal?.addEventListener("abort", stop, { once: true });
  const { code } = await guarded.status;
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
  if (code === 0) return await guarded.output;

  const host = options.host ?? "lab";
  const messages = guarded.messages();
  const program = argv[0] ?? "";
  // setpriv and unshare say so of a program that is not there.
  const absent = /^(?:setpriv|unshare): failed to execute (.+): No such file or directory$/m.exec(messages)
    ?.[1];
  if (code === 127 && absent !== undefined) {
    const message = `Cannot ${purpose}: the program "${absent}" is not installed`;
    throw new HostError(message, { host, kind: "missing", hint: programHint(absent) });
  }
  const end = code === 124
    ? `did not end within ${timeLimitSeconds} s`
    : `ended with status ${code} instead of 0`;
  const message = `Cannot ${purpose}: "${program}" ${end}`;
  throw new HostError(message, { host, kind: "failed", hint: failureHint(messages) });
}

/** What to do about a failed helper, as far as its messages tell. */
function failureHint(messages: string): string {
  const said = messages === "" ? "It said nothing" : `It said at the end:\n${messages}`;
  if (/No space left on device|Disk quota exceeded/i.test(messages)) {
    return `The disk is full: free some space, for example with "trace-clone lab rm". ${said}`;
  }
  if (
    /Could not (resolve|connect)|Temporary failure|Failed to fetch|Connection (failed|timed out)/i.test(
      messages,
    )
  ) {
    return `The packages could not be fetched: check the network and the proxy, then try again. ${said}`;
  }
  if (/does not have a Release file/.test(messages)) {
    return `The mirror has no such Debian suite. ${said}`;
  }
  if (/unable to pick chroot mode|newuidmap|subuid/.test(messages)) {
    const command = "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER";
    return `Users other than root need a range of user ids of their own; as root: ${command}. ${said}`;
  }
  return said;
}
