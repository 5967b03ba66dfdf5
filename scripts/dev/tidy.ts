/**
 * The repository's own checks: what no compiler and no linter looks at.
 *
 * Every check is a pure function from files to problems; `tests/tidy_test.ts` runs them.
 *
 * @module
 */

import { posix } from "node:path";
import { markdownProblems } from "./markdown.ts";
import type { Problem, RepositoryFile } from "./repository_files.ts";
import { STAGES } from "./stream.ts";

/** Lines that a source file may have. */
const FILE_LINES_MAX = 400;

/** Files whose length is nobody's choice: recordings and expected outputs. */
const RECORDED = /(^|\/)(testdata|goldens|__snapshots__)\//;

const SOURCE = /\.(ts|c|h|sh)$/;
const TYPESCRIPT = /\.ts$/;
const ANY = /(?:)/;

/** Scripts and documents: what people copy commands from. */
const COMMANDS = /^(scripts|lab|\.ci)\/|\.(sh|md)$|^deno\.json$/;

/** Text that must not appear. */
interface BannedText {
  /** What is looked for. */
  readonly pattern: RegExp;
  /** The files in which it is looked for. */
  readonly files: RegExp;
  /** What to do instead. */
  readonly instead: string;
}

const BANNED: readonly BannedText[] = [
  { pattern: /\b(TO(?:)DO|FIX(?:)ME|XX(?:)X)\b/, files: ANY, instead: "do it, or write down why not" },
  { pattern: /\.only\(/, files: TYPESCRIPT, instead: "run all tests; choose with --filter" },
  {
    // A test that skips itself while it runs counts as passed in Deno's own report.
    pattern: /\b(ignore|skip):\s*true\b|\.(skip|ignore|todo)\(/,
    files: /_test\.ts$/,
    instead: "assert what is missing, nothing is skipped",
  },
  {
    pattern: /(\bfrom|\bimport)\s*\(?\s*["'](https?:|jsr:)/,
    files: TYPESCRIPT,
    instead: "name an npm package in deno.json",
  },
  { pattern: /"(https?:\/\/|jsr:)[^"]*"\s*,?\s*$/m, files: /^deno\.json$/, instead: "use an npm package" },
  {
    pattern: /--allow-a(?:)ll\b|["']-A["']|\bdeno\b[^\n]*\s-A(\s|$)/m,
    files: COMMANDS,
    instead: "name the permissions",
  },
  { pattern: /^export \*/m, files: /(^|\/)mod\.ts$/, instead: "name what is re-exported" },
  {
    pattern: /SPDX-License-Identifier:\s*GPL|\bEXPORT_SYMBOL(_GPL)?\(/,
    files: ANY,
    instead: "describe the kernel in own words, its source text does not belong here",
  },
];

/**
 * Runs every check.
 *
 * @param files every file of the repository
 * @returns what is wrong, in the order of the checks; nothing when all is well
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const problems = tidy([{ path: "docs/a.md", text: "no title" }]);
 * assert.deepEqual(problems.map((problem) => problem.path), ["docs/a.md"]);
 * ```
 */
export function tidy(files: readonly RepositoryFile[]): readonly Problem[] {
  return [
    ...files.flatMap(lengthProblems),
    ...files.flatMap(bannedProblems),
    ...markdownProblems(files),
    ...modProblems(files),
    ...orphanProblems(files),
  ];
}

/** Source files that are too long. */
function lengthProblems({ path, text }: RepositoryFile): Problem[] {
  if (!SOURCE.test(path) || RECORDED.test(path)) return [];
  const lines = text.replace(/\n$/, "").split("\n").length;
  if (lines <= FILE_LINES_MAX) return [];
  return [{ path, message: `The file has ${lines} lines, at most ${FILE_LINES_MAX} are allowed: split it` }];
}

/** Text that must not be there. */
function bannedProblems({ path, text }: RepositoryFile): Problem[] {
  if (RECORDED.test(path)) return [];
  return BANNED.filter((banned) => banned.files.test(path)).flatMap(({ pattern, instead }) => {
    const found = pattern.exec(text);
    if (found === null) return [];
    const line = text.slice(0, found.index).split("\n").length;
    return [{ path, message: `Line ${line} has "${found[0].trim()}": ${instead}` }];
  });
}

/** Stage folders whose `mod.ts` does not re-export something from each of their files. */
function modProblems(files: readonly RepositoryFile[]): Problem[] {
  return STAGES.flatMap((stage) => {
    const inside = files.filter(({ path }) => posix.dirname(path) === stage && TYPESCRIPT.test(path));
    if (inside.length === 0) return [];
    const mod = inside.find(({ path }) => path === `${stage}/mod.ts`);
    if (mod === undefined) return [{ path: `${stage}/mod.ts`, message: "The stage has no mod.ts" }];
    const named = new Set(
      [...mod.text.matchAll(/^export (?:type )?\{[^}]*\} from "\.\/([^"]+)";/gm)].map((found) => found[1]),
    );
    return inside
      .map(({ path }) => posix.basename(path))
      .filter((name) => name !== "mod.ts" && !name.startsWith("_") && !name.endsWith("_test.ts"))
      .filter((name) => !named.has(name))
      .map((name) => ({
        path: mod.path,
        message: `Nothing is re-exported from "./${name}": name its exports, or put "_" before its name`,
      }));
  });
}

/** TypeScript files that nothing needs: neither imported nor started by anybody. */
function orphanProblems(files: readonly RepositoryFile[]): Problem[] {
  const sources = files.filter(({ path }) => TYPESCRIPT.test(path));
  const needed = new Set(sources.flatMap(neededFiles));
  const starters = files
    .filter(({ path }) => path === "deno.json" || path.startsWith(".ci/"))
    .map(({ text }) => text).join("\n");
  return sources
    .filter(({ path }) => !/(_test|_bench)\.ts$/.test(path) && !RECORDED.test(path))
    .filter(({ path }) => !needed.has(path) && !starters.includes(path))
    .map(({ path }) => ({ path, message: "Nothing but its own test imports the file: use it or remove it" }));
}

/** The files that a file needs. A test of one file does not count as a user of it. */
function neededFiles({ path, text }: RepositoryFile): string[] {
  const code = text.split("\n").filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line)).join("\n");
  return [...code.matchAll(/["'`](\.{1,2}\/[^"'`\n]+\.ts)["'`]/g)]
    .map((found) => posix.join(posix.dirname(path), found[1] ?? ""))
    .filter((target) => target !== path && target !== path.replace(/_test\.ts$/, ".ts"));
}
