/**
 * A program that cannot outlive us, nor its time.
 *
 * @module
 */

import { lastLines, printable } from "./printable.ts";

/**
 * Constant POSIX shell text that runs a program (`"$@"` after a limit and a grace, both in seconds) until one of
 * these happens: it ends by itself; the limit is over; our end of the guard's standard input is closed, which the
 * kernel does when we die; the guard gets SIGTERM, or is killed in any other way.
 *
 * The program and all that it has started get SIGTERM, and SIGKILL when the grace is over. The guard's helpers are
 * timeout(1), which is the program's parent and its clock, and a reader of standard input; by PR_SET_PDEATHSIG,
 * killing the guard or timeout with SIGKILL kills the program too. timeout makes a process group of its own, which
 * keeps Ctrl-C on the terminal away from the program; that is for us to handle. Nothing is written to the pipe, and no
 * argument is ever interpreted.
 */
export const GUARD_SCRIPT = `
limit=$1
grace=$2
shift 2
# mke2fs is in /usr/sbin, which the PATH of a plain user lacks.
PATH="$PATH:/usr/sbin:/sbin"
LC_ALL=C.UTF-8
export PATH LC_ALL
trap '' INT HUP QUIT
exec 3<&0 </dev/null
setpriv --pdeathsig KILL -- timeout --kill-after="$grace" "$limit" setpriv --pdeathsig KILL -- "$@" 3<&- &
guarded=$!
setpriv --pdeathsig KILL -- sh -c 'while read -r line; do :; done; kill -TERM "$1"' reader "$guarded" \\
  <&3 3<&- >/dev/null 2>&1 &
reader=$!
exec 3<&- >/dev/null
trap 'kill -TERM "$guarded"' TERM
wait "$guarded"
status=$?
# A trap ends a wait early.
while kill -0 "$guarded" 2>/dev/null; do
  wait "$guarded"
  status=$?
done
trap '' TERM
# What is left of timeout's process group would otherwise outlive the program.
kill -s KILL -- "-$guarded" "$reader" 2>/dev/null
exit "$status"
`;

/** Longest piece of the program's messages that is kept, in characters. */
const MESSAGES_LENGTH_MAX = 8000;
/** Longest piece of the program's output that is kept, in characters. */
const OUTPUT_LENGTH_MAX = 16_000_000;

/** Options of {@linkcode startGuarded}. */
export interface GuardOptions {
  /** Shown as the guard's name in a list of processes. */
  readonly name: string;
  /** Longest life of the program, in seconds. */
  readonly timeLimitSeconds: number;
  /** How long the program may take to end after SIGTERM, in seconds. @default {2} */
  readonly graceSeconds?: number;
  /** Variables added to the environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Gets each line that the program writes to its standard error. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** A program under guard; it is ended when this is disposed. */
export interface Guarded extends AsyncDisposable {
  /** Process id of the guard. */
  readonly pid: number;
  /** Resolves when the guard has ended, and so has the program. 124 is the exit status when its time was up. */
  readonly status: Promise<Deno.CommandStatus>;
  /** Resolves at the end with what the program wrote to its standard output, up to 16 million characters. */
  readonly output: Promise<string>;
  /** The last lines of what the program wrote to its standard error. */
  messages(): string;
  /** Ends the program and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a program under guard.
 *
 * @param argv program and arguments; no shell interprets them
 * @param options how long it may live
 * @returns the running program; a program that is not there shows as status 127
 *
 * @example
 * ```ts
 * import { startGuarded } from "./guard.ts";
 * import assert from "node:assert/strict";
 *
 * await using guarded = startGuarded(["sleep", "30"], { name: "example", timeLimitSeconds: 60 });
 * await guarded.stop();
 * assert.equal((await guarded.status).success, false);
 * ```
 */
export function startGuarded(argv: readonly string[], options: GuardOptions): Guarded {
  const limits = [String(options.timeLimitSeconds), String(options.graceSeconds ?? 2)];
  const child = new Deno.Command("sh", {
    args: ["-c", GUARD_SCRIPT, options.name, ...limits, ...argv],
    env: { ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let messages = "";
  const reading = readLines(child.stderr, (line) => {
    messages = `${messages}${line}\n`.slice(-MESSAGES_LENGTH_MAX);
    options.onLine?.(line);
  });
  const output = readOutput(child.stdout);
  const status = Promise.all([child.status, reading, output]).then(([status]) => status);
  const stop = async () => {
    // Closing the pipe is the whole message. It fails when the guard has gone already, which is what we want.
    await child.stdin.close().catch(() => undefined);
    await status;
  };
  return {
    pid: child.pid,
    status,
    output,
    messages: () => lastLines(messages, 20),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Hands out the lines of a stream, made safe to show; a carriage return ends a line too. */
async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
): Promise<void> {
  let line = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (line + chunk).split(/[\r\n]+/);
    line = (lines.pop() ?? "").slice(-MESSAGES_LENGTH_MAX);
    for (const whole of lines) if (whole !== "") onLine(printable(whole));
  }
  if (line !== "") onLine(printable(line));
}

/** Reads a stream to its end, and keeps the beginning. */
async function readOutput(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    if (text.length < OUTPUT_LENGTH_MAX) text += chunk;
  }
  return text;
}
