/**
 * The command line that would work where this one does not.
 *
 * @module
 */

import type { Target } from "../../hosts/mod.ts";

/** The target that works on every machine that can run a guest. */
const LAB_TARGET = "lab:6.12";

/** Options of the command line that say where to trace and with what; each takes a value. */
const REPLACED = ["--target", "--bpftrace"];

/**
 * Returns the user's own command line with a lab guest as its target.
 *
 * A CMD that is a file of this folder is copied there, for a guest does not have it.
 *
 * @param args the words of the user, with `--` and CMD
 * @returns a line for a shell
 * @example
 * ```ts
 * import { inLab } from "./elsewhere.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(inLab(["-x", "--", "ps"]), "deno run trace-clone --target lab:6.12 -x -- ps");
 * ```
 */
export function inLab(args: readonly string[]): string {
  const dashes = args.indexOf("--");
  const own = dashes < 0 ? [...args] : args.slice(0, dashes);
  const rest = dashes < 0 ? [] : args.slice(dashes);
  const kept = own.filter((word, at) => {
    const name = word.split("=")[0] ?? "";
    return !REPLACED.includes(name) && !REPLACED.includes(own[at - 1] ?? "");
  });
  const command = /^(?:trace|plan|record|confirm|leaks)$/.test(kept[0] ?? "") ? kept.splice(0, 1) : [];
  const program = rest[1] ?? "";
  const copies = own.some((word) => word === "--copy" || word.startsWith("--copy="));
  const copy = /^\.\/[^/]+$/.test(program) && !copies ? ["--copy", program] : [];
  const words = [...command, "--target", LAB_TARGET, ...kept, ...copy, ...rest];
  return ["deno", "run", "trace-clone", ...words.map(quoted)].join(" ");
}

/**
 * Returns a command line that traces where a target cannot be traced.
 *
 * @param target what cannot be traced
 * @returns a line for a shell, or `undefined` when nothing better is known: a lab guest that somebody has spoilt
 */
export function traceElsewhere(target: Target): string | undefined {
  return target.kind === "lab" ? undefined : inLab([]);
}

/**
 * Says what works where this machine cannot be traced.
 *
 * @param target what was to be traced
 * @param args the words of the user
 * @returns lines for people, or `undefined` when nothing better is known
 */
export function elsewhere(target: Target, args: readonly string[]): string | undefined {
  if (target.kind !== "local") return undefined;
  // One look at /proc needs nothing of what is missing.
  const look = args[0] === "leaks" && !args.includes("--") ? ["deno run trace-clone leaks --now"] : [];
  const lines = [inLab(args), ...look, "deno run trace-clone lab demo"].map((it) => `\n    ${it}`);
  return `A lab guest has all of this${lines.join("")}`;
}

/** One word for a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
