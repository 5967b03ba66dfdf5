/**
 * Where the output of the user's command goes: to our standard error, or to a file.
 *
 * @module
 */

import { LocalHost } from "../../hosts/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";
import { userPath } from "./user_path.ts";

/**
 * Constant shell text that writes its input to the file that is its first parameter. It says `open` when the file is
 * open. Ctrl-C is for the command, whose last words are still to be written.
 */
const WRITE = `trap '' INT HUP TERM; umask 077; exec 3>"$1" && echo open && exec cat >&3`;

/** Milliseconds that the output of an ended command may take to end: longer than a command has to end itself. */
const TAIL_LIMIT_MS = 5000;

/** Where output goes. */
export interface CommandOutput extends AsyncDisposable {
  /** Passes output on until it ends; what cannot be written is dropped, so that the command goes on. */
  pass(output: ReadableStream<Uint8Array>): void;
  /** Waits for the rest of the output, but not for long; resolves with what went wrong, if anything. */
  finish(): Promise<CliError | undefined>;
}

/**
 * Opens the place for the output of a command.
 *
 * The file is written by a shell of the user's rights, since Deno itself may write only to its own folders.
 *
 * @param terminal for the output when there is no file
 * @param options `file`: as the user named it; `tailLimitMs`: how long to wait for the rest of the output
 * @returns the place
 * @throws {CliError} when the file cannot be opened
 */
export async function openCommandOutput(
  terminal: Terminal,
  options: { readonly file: string | undefined; readonly tailLimitMs?: number },
): Promise<CommandOutput> {
  const { tailLimitMs = TAIL_LIMIT_MS } = options;
  if (options.file === undefined) {
    return passing(
      new WritableStream({ write: (chunk) => terminal.raw(chunk) }),
      { tailLimitMs, failure: () => Promise.resolve(undefined) },
    );
  }
  const path = userPath(options.file);
  const process = new LocalHost().spawn(["sh", "-c", WRITE, "sh", path]);
  const words = new Response(process.stderr).text();
  const reader = process.stdout.getReader();
  const isOpen = !(await reader.read()).done;
  await reader.cancel();
  const failure = async (): Promise<CliError | undefined> => {
    const { code } = await process.status;
    const detail = (await words).trim().split("\n").at(-1)?.replace(/^(?:sh|cat): (?:\d+: )?/, "") ?? "";
    if (code === 0) return undefined;
    return new CliError(`Cannot write the command's output to ${JSON.stringify(path)}: ${detail}`, {
      code: EXIT.cannotRun,
      hint:
        "Name a file in a folder that exists, that you may write to and that has room, such as /tmp/output",
    });
  };
  if (!isOpen) {
    await process.stdin.close().catch(() => undefined);
    throw await failure();
  }
  return passing(process.stdin, { tailLimitMs, failure });
}

function passing(
  sink: WritableStream<Uint8Array>,
  options: { readonly tailLimitMs: number; readonly failure: () => Promise<CliError | undefined> },
): CommandOutput {
  const controller = new AbortController();
  const writer = sink.getWriter();
  let passed: Promise<void> = Promise.resolve();
  const pass = async (output: ReadableStream<Uint8Array>) => {
    const drain = new WritableStream<Uint8Array>({
      write: (chunk) => writer.write(chunk).catch(() => undefined),
    });
    await output.pipeTo(drain, { signal: controller.signal }).catch(() => undefined);
  };
  const close = async () => {
    const timer = setTimeout(() => controller.abort(), options.tailLimitMs);
    await passed;
    clearTimeout(timer);
    await writer.close().catch(() => undefined);
    return await options.failure();
  };
  let closed: Promise<CliError | undefined> | undefined;
  return {
    pass: (output) => passed = pass(output),
    finish: () => closed ??= close(),
    [Symbol.asyncDispose]: async () => {
      await (closed ??= close());
    },
  };
}
