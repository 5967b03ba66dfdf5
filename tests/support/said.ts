/**
 * One call of the tool as a user makes it, and what it said.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The top of the repository, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** The words that start the tool; those of the user follow. */
export const TOOL_WORDS: readonly [string, ...string[]] = [Deno.execPath(), "run", "-q", "trace-clone"];

/** Longest time in milliseconds that one call may take. */
const LIMIT_MS = 60_000;

/** What a finished call said. */
export interface Said {
  /** Its exit code. */
  readonly code: number;
  /** Its standard output. */
  readonly stdout: string;
  /** Its standard error. */
  readonly stderr: string;
}

/** How something is called. */
export interface CallOptions {
  /** The folder where the caller stands. @default {ROOT} */
  readonly cwd?: string | undefined;
  /** Longest time in milliseconds. @default {60000} */
  readonly limitMs?: number;
  /** A folder of programs that come before those of this machine. */
  readonly path?: string | undefined;
}

/** Constant text: runs the words behind the first one, which is a folder of programs. */
const WITH_PATH = 'PATH=$0:$PATH exec "$@"';

/** Runs a program with nothing to read, and waits for its end. */
export async function call(
  program: string,
  args: readonly string[],
  options: CallOptions = {},
): Promise<Said> {
  const words = options.path === undefined
    ? [program, ...args]
    : ["sh", "-c", WITH_PATH, options.path, program, ...args];
  const child = new Deno.Command(words[0] ?? "", {
    args: words.slice(1),
    cwd: options.cwd ?? ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(options.limitMs ?? LIMIT_MS),
  });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs the tool with its own permissions, which the task names, as a person does whose output goes elsewhere. */
export function piped(args: readonly string[], options: CallOptions = {}): Promise<Said> {
  const [deno, ...words] = TOOL_WORDS;
  return call(deno, [...words, ...args], options);
}

/** Runs the tool in the middle of a command of bash, in which it is called `"$@"`. */
export function inBash(command: string, args: readonly string[]): Promise<Said> {
  return call("bash", ["-c", command, "bash", ...TOOL_WORDS, ...args]);
}

/** Runs the tool on a pseudo-terminal, where both outputs are one. */
export async function onTerminal(args: readonly string[]): Promise<Said> {
  const line = [...TOOL_WORDS, ...args].map((it) => `'${it.replaceAll("'", "'\\''")}'`).join(" ");
  const { code, stdout } = await call("script", ["-qec", line, "/dev/null"]);
  const text = stdout.replaceAll("\r\n", "\n");
  return { code, stdout: text, stderr: text };
}
