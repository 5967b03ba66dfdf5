/**
 * Which folder may import from which: data flows one way, and the arrows are kept here.
 *
 * @module
 */

import { posix } from "node:path";

/** The stages of the stream, in its direction. A stage may import from itself and from those before it. */
export const STAGES = [
  "schema",
  "hosts",
  "kernel",
  "program",
  "tracers",
  "capture",
  "events",
  "model",
  "reports",
] as const;

/** Folders that see every other folder, and that no other folder sees. */
const OBSERVERS: readonly string[] = ["scripts", "bench", "tests"];

/** The folder that builds guests: beside the stream, and open only to what starts a guest. */
const LAB = "lab";

/** The files of the stream that may import from the lab. */
const LAB_USERS: readonly string[] = ["hosts/guest.ts", "hosts/guest_test.ts"];

/** What the lab may import, apart from itself. */
const LAB_NEEDS: readonly string[] = ["hosts"];

/** Where helpers for tests live; any test file may import them. */
const TEST_SUPPORT = "tests/support/";

/** The package's own name, as its exports are imported from outside. */
const PACKAGE_NAME = "@trace-clone/trace-clone";

/**
 * Finds the file of this repository that an import means.
 *
 * @param file the importing file, as a path from the top of the repository
 * @param specifier the text between the quotes of the import
 * @returns the imported file as such a path, or `undefined` when it is not a file of this repository
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(resolveImport("model/step.ts", "../events/event.ts"), "events/event.ts");
 * assert.equal(resolveImport("model/step.ts", "node:path"), undefined);
 * ```
 */
export function resolveImport(file: string, specifier: string): string | undefined {
  if (specifier === PACKAGE_NAME) return "mod.ts";
  if (specifier.startsWith(`${PACKAGE_NAME}/`)) return `${specifier.slice(PACKAGE_NAME.length + 1)}/mod.ts`;
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return undefined;
  return posix.join(posix.dirname(file), specifier);
}

/**
 * Says what is wrong with one file importing another.
 *
 * @param from the importing file, as a path from the top of the repository
 * @param to the imported file, as such a path
 * @returns one sentence, or `undefined` when the import is allowed
 *
 * @example An import against the stream is refused.
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(importProblem("reports/table.ts", "model/state.ts"), undefined);
 * assert.match(importProblem("model/state.ts", "reports/table.ts") ?? "", /against the stream/);
 * ```
 */
export function importProblem(from: string, to: string): string | undefined {
  const source = topFolder(from);
  const target = topFolder(to);
  const isTest = from.endsWith("_test.ts");
  if (to.startsWith("../")) return `"${to}" is outside the repository`;
  if (isTest && to.startsWith(TEST_SUPPORT)) return undefined;
  if (source === target && (source !== "" || from === to)) return undefined;
  if (OBSERVERS.includes(source)) return undefined;
  if (posix.basename(to).startsWith("_") && !isTest) return `"${to}" is private to its folder`;
  if (OBSERVERS.includes(target)) return `nothing imports from "${target}/"`;
  if (target === LAB) return labProblem(from);
  return streamProblem(source, target);
}

/** The first folder of a path, or the empty string for a file at the top. */
function topFolder(path: string): string {
  const slash = path.indexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}

/** What is wrong with importing from the lab. */
function labProblem(from: string): string | undefined {
  if (LAB_USERS.includes(from)) return undefined;
  return `only ${LAB_USERS[0]}, scripts/ and tests/ import from "${LAB}/"`;
}

/** What is wrong with an import between two different folders of the stream. */
function streamProblem(source: string, target: string): string | undefined {
  const targetPlace = STAGES.findIndex((stage) => stage === target);
  if (targetPlace === -1) return `"${target === "" ? "the top" : `${target}/`}" is not a stage of the stream`;
  if (source === "") return undefined;
  if (source === LAB) {
    return LAB_NEEDS.includes(target) ? undefined : `"${LAB}/" imports only from ${LAB_NEEDS.join(", ")}`;
  }
  const sourcePlace = STAGES.findIndex((stage) => stage === source);
  if (sourcePlace === -1) return `"${source}/" is not a stage of the stream`;
  if (targetPlace < sourcePlace) return undefined;
  return `"${target}/" comes after "${source}/": this import goes against the stream`;
}
