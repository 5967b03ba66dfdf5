/**
 * bpftrace's standard error as diagnostics, with a hint where the cause is known.
 *
 * @module
 */

/** One thing that bpftrace complained about. */
export interface Diagnostic {
  /** How bad it is. */
  readonly level: "note" | "warning" | "error";
  /** bpftrace's own words, on one line. */
  readonly text: string;
  /** What the user can do about it, when the cause is known. */
  readonly hint?: string;
}

/**
 * bpftrace refused or lost the program.
 *
 * `message` is one sentence; the whole of what bpftrace said is in {@linkcode log}.
 */
export class ProgramError extends Error {
  /** The program text that was given to bpftrace. */
  readonly source: string;
  /** Everything that bpftrace wrote to its standard error. */
  readonly log: string;
  /** What the user can do next, if anything is known. */
  readonly hint: string | undefined;

  /** Creates the error from bpftrace's words. */
  constructor(
    message: string,
    options: { readonly source: string; readonly log: string; readonly hint?: string },
  ) {
    super(message);
    this.name = "ProgramError";
    this.source = options.source;
    this.log = options.log;
    this.hint = options.hint;
  }
}

const HINTS: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  {
    pattern: /only supports running as the root user/i,
    hint: "Run as root on the target: bpftrace refuses every other user",
  },
  {
    pattern: /not traceable|No BTF found for|No matches for|probe entry may not exist/i,
    hint: "The kernel has no such function any more; `plan` lists the probes that this kernel offers",
  },
  {
    pattern: /Operation not permitted|Permission denied|EPERM/i,
    hint: "The kernel refused: look for lockdown, missing CAP_BPF or CAP_PERFMON, or a container",
  },
  {
    pattern: /kprobe_events.*No such file or directory|tracefs/i,
    hint: "Mount tracefs: mount -t tracefs tracefs /sys/kernel/tracing",
  },
  {
    pattern: /Cannot allocate memory|ENOMEM|mmap/i,
    hint: "The buffers do not fit: give a smaller --buffer",
  },
  {
    pattern: /syntax error|Unknown|Cannot cast/i,
    hint: "This bpftrace reads another dialect than the one asked for",
  },
];

/**
 * Turns lines of bpftrace's standard error into diagnostics.
 *
 * Source excerpts and markers under them belong to the line before and are dropped.
 *
 * @param log what bpftrace wrote
 * @returns one diagnostic for each message
 * @example
 * ```ts
 * import { readDiagnostics } from "./diagnostic.ts";
 * import assert from "node:assert/strict";
 *
 * const [only] = readDiagnostics("ERROR: bpftrace currently only supports running as the root user.\n");
 * assert.equal(only?.level, "error");
 * assert.match(only?.hint ?? "", /root/);
 * ```
 */
export function readDiagnostics(log: string): readonly Diagnostic[] {
  return log.split("\n").flatMap((line) => {
    const match = /^(?:\S*:\d+:\d+(?:-\d+)?: )?(ERROR|FATAL|WARNING|HINT|LOG|BUG|terminate called)\b:? ?(.*)$/
      .exec(
        line,
      );
    if (match === null) return [];
    const [, word = "", text = ""] = match;
    const level = word === "WARNING" ? "warning" : word === "HINT" || word === "LOG" ? "note" : "error";
    const hint = HINTS.find((it) => it.pattern.test(line))?.hint;
    return [{ level, text: text === "" ? word : text, ...(hint === undefined ? {} : { hint }) } as const];
  });
}

/**
 * Makes the error for a bpftrace that ended before its program ran.
 *
 * @param source the program text
 * @param end bpftrace's standard error and its exit status
 * @returns an error whose message is bpftrace's first own error
 */
export function programError(
  source: string,
  end: { readonly log: string; readonly status: number },
): ProgramError {
  const { log, status } = end;
  const found = readDiagnostics(log);
  const first = found.find((it) => it.level === "error") ?? found.find((it) => it.hint !== undefined);
  const lastLine = log.trimEnd().split("\n").at(-1) ?? "";
  const words = first?.text ?? (lastLine === "" ? "no message" : lastLine);
  const hint = found.find((it) => it.hint !== undefined)?.hint;
  return new ProgramError(`Cannot start the program: bpftrace ended with status ${status}: ${words}`, {
    source,
    log,
    ...(hint === undefined ? {} : { hint }),
  });
}
