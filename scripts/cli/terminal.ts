/**
 * Standard output and standard error.
 *
 * @module
 */

import { CliError, EXIT } from "./exit_code.ts";

/** Where text goes; events to `write`, everything else to `note` and `status`. */
export interface Terminal {
  /** Writes to standard output; resolves to `false` when nobody reads it any more. */
  write(text: string): Promise<boolean>;
  /** Writes a line to standard error. */
  note(text: string): void;
  /** Shows what is going on, on standard error: a line that the next one replaces where that is possible. */
  status(text: string): void;
  /** Writes bytes to standard error as they are. */
  raw(bytes: Uint8Array): void;
}

/** Text of the machine's or the user's that goes to a terminal: control characters are shown, not obeyed. */
export function shown(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (it) => {
    return `\\x${it.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/**
 * Returns the process's own terminal.
 *
 * @param options `quiet` silences `status`
 * @returns the terminal
 */
export function openTerminal(options: { readonly quiet: boolean }): Terminal {
  const encoder = new TextEncoder();
  const isTerminal = Deno.stderr.isTerminal();
  let pending = false;
  const error = (text: string) => writeAll(Deno.stderr, encoder.encode(text));
  const settle = () => {
    if (pending) error("\r\x1b[K");
    pending = false;
  };
  return {
    async write(text) {
      settle();
      try {
        const bytes = encoder.encode(text);
        for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
        return true;
      } catch (problem) {
        return unread(problem);
      }
    },
    note(text) {
      settle();
      error(`${shown(text)}\n`);
    },
    status(text) {
      if (options.quiet) return;
      if (!isTerminal) return error(`${shown(text)}\n`);
      error(`\r\x1b[K${shown(text).replaceAll("\n", " ").slice(0, 79)}`);
      pending = true;
    },
    raw(bytes) {
      settle();
      writeAll(Deno.stderr, bytes);
    },
  };
}

/**
 * Returns a terminal whose remarks begin with a name, for one of several targets.
 *
 * @param terminal where they go
 * @param name the target as the user wrote it
 * @returns the terminal; what goes to standard output is not changed
 */
export function prefixed(terminal: Terminal, name: string): Terminal {
  return {
    ...terminal,
    note: (text) => terminal.note(text.split("\n").map((line) => `${name}: ${line}`).join("\n")),
  };
}

/**
 * Writes text to standard output at once.
 *
 * @param text what to write
 * @returns `false` when nobody reads standard output any more
 * @throws {CliError} of code 3 when it cannot be written
 */
export function print(text: string): boolean {
  try {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    return true;
  } catch (problem) {
    return unread(problem);
  }
}

/** `false` when nobody reads standard output, which is a reader's right; anything else is told. */
function unread(problem: unknown): false {
  if (problem instanceof Deno.errors.BrokenPipe) return false;
  const found = problem instanceof Error ? problem.message : String(problem);
  throw new CliError(`Cannot write to standard output: ${found}`, {
    code: EXIT.cannotRun,
    hint: "Make room where it goes, or send it elsewhere",
  });
}

/** Standard error may be closed, or full: then there is nobody to tell, and the exit code must say it alone. */
function writeAll(sink: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += sink.writeSync(bytes.subarray(at));
  } catch {
    return;
  }
}
