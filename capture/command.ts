/**
 * The user's command on the target: held until it is told to begin, followed, and ended with us.
 *
 * @module
 */

import { HostError } from "../hosts/mod.ts";
import type { Host } from "../hosts/mod.ts";
import { Guarded } from "./guarded.ts";

/** A command that waits, runs, or has ended. */
export interface Command extends AsyncDisposable {
  /** Its process id on the target; the same before and after it begins. */
  readonly pid: number;
  /** The empty folder there that it runs in; removed afterwards. */
  readonly folder: string;
  /** All of its output. */
  readonly output: ReadableStream<Uint8Array>;
  /** Lets it begin. */
  go(): void;
  /** Resolves with its exit status (128 + n for signal n), or `undefined` when the connection was lost. */
  readonly ended: Promise<number | undefined>;
}

/**
 * Prepares a command on a host and holds it before its first system call.
 *
 * Its standard input is empty. It runs in a session of its own; when we end or are not heard any more, its process
 * group gets SIGTERM and three seconds later SIGKILL.
 *
 * @param host the machine
 * @param argv the program and its arguments
 * @returns the held command
 * @throws {HostError} when the host does not start it
 */
export async function holdCommand(host: Host, argv: readonly string[]): Promise<Command> {
  const guarded = new Guarded(host, { mode: "command", argv });
  const drained = drain(guarded);
  const pid = await guarded.until("childPid");
  const folder = guarded.state.folder;
  if (pid === undefined || folder === undefined) {
    const words = (await new Response(guarded.stderr).text()).trim().slice(0, 400);
    await guarded[Symbol.asyncDispose]();
    const detail = words === "" ? "it ended without a word" : words;
    throw new HostError(`Cannot prepare the command on the target: ${detail}`, {
      host: host.name,
      kind: "failed",
    });
  }
  return {
    pid,
    folder,
    output: guarded.stderr,
    go: () => guarded.go(),
    ended: drained.then(() => guarded.state.status),
    [Symbol.asyncDispose]: () => guarded[Symbol.asyncDispose](),
  };
}

async function drain(guarded: Guarded): Promise<void> {
  for await (const _lines of guarded.lines()) { /* only the guard prints here, and it keeps its own lines */ }
}
