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

const LINE_FEED = 10;
/** Bytes of a line without an end that are waited for, when lines of several targets are mixed. */
const LINE_BYTES_MAX = 8192;

/** Where the output of a command, which may run on several targets, goes. */
export interface CommandOutput extends AsyncDisposable {
  /**
   * Passes output on until it ends; what cannot be written is dropped, so that the command goes on.
   *
   * @param output all output of the command on one target
   * @param options `name`: stands in front of each of its lines, for those who read the output of several targets
   * @returns how to wait for the rest of it
   */
  pass(output: ReadableStream<Uint8Array>, options?: { readonly name?: string }): PassedOutput;
  /** Closes the place; what went wrong, if anything. Only needed when not every source has passed its output. */
  close(): Promise<CliError | undefined>;
}

/** Output that is on its way. */
export interface PassedOutput {
  /**
   * Waits for the rest of the output, but not for long. The last of all sources closes the place.
   *
   * @returns what went wrong when the place was closed, if anything
   */
  finish(): Promise<CliError | undefined>;
}

/**
 * Opens the place for the output of a command.
 *
 * The file is written by a shell of the user's rights, since Deno itself may write only to its own folders.
 *
 * @param terminal for the output when there is no file
 * @param options `file`: as the user named it; `sources`: on how many targets the command runs; `tailLimitMs`: how long
 *   to wait for the rest of the output
 * @returns the place
 * @throws {CliError} when the file cannot be opened
 */
export async function openCommandOutput(
  terminal: Terminal,
  options: {
    readonly file: string | undefined;
    readonly sources?: number;
    readonly tailLimitMs?: number;
  },
): Promise<CommandOutput> {
  const { sources = 1, tailLimitMs = TAIL_LIMIT_MS } = options;
  if (options.file === undefined) {
    return passing(
      new WritableStream({ write: (chunk) => terminal.raw(chunk) }),
      { sources, tailLimitMs, failure: () => Promise.resolve(undefined) },
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
  return passing(process.stdin, { sources, tailLimitMs, failure });
}

function passing(
  sink: WritableStream<Uint8Array>,
  options: {
    readonly sources: number;
    readonly tailLimitMs: number;
    readonly failure: () => Promise<CliError | undefined>;
  },
): CommandOutput {
  const writer = sink.getWriter();
  let open = options.sources;
  let closed: Promise<CliError | undefined> | undefined;
  const closeOnce = async () => {
    await writer.close().catch(() => undefined);
    return await options.failure();
  };
  const close = () => closed ??= closeOnce();
  const drain = async (output: ReadableStream<Uint8Array>, signal: AbortSignal) => {
    const written = new WritableStream<Uint8Array>({
      write: (chunk) => writer.write(chunk).catch(() => undefined),
    });
    await output.pipeTo(written, { signal }).catch(() => undefined);
  };
  return {
    pass(output, { name } = {}) {
      const controller = new AbortController();
      const lines = name === undefined ? output : output.pipeThrough(prefixedLines(name));
      const passed = drain(lines, controller.signal);
      return {
        async finish() {
          const timer = setTimeout(() => controller.abort(), options.tailLimitMs);
          await passed;
          clearTimeout(timer);
          open -= 1;
          return open > 0 ? undefined : await close();
        },
      };
    },
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

/** Puts a name in front of each line; a line that is not ended yet waits for its end. */
function prefixedLines(name: string): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const prefix = [...new TextEncoder().encode(`[${name}] `)];
  let rest: number[] = [];
  return new TransformStream({
    transform(chunk, controller) {
      const lines: number[] = [];
      for (const byte of chunk) {
        rest.push(byte);
        if (byte !== LINE_FEED && rest.length < LINE_BYTES_MAX) continue;
        lines.push(...prefix, ...rest);
        rest = [];
      }
      if (lines.length > 0) controller.enqueue(Uint8Array.from(lines));
    },
    flush(controller) {
      if (rest.length > 0) controller.enqueue(Uint8Array.from([...prefix, ...rest, LINE_FEED]));
    },
  });
}
