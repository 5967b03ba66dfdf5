/**
 * What is run when the repository is checked: groups of checks and tests, as data.
 *
 * @module
 */

import { canShare, type GuestNeeds, guestNeeds } from "./guest_needs.ts";

/** One process to run, and how to read what it leaves. */
export type Group =
  /** Passes when the process ends with status 0; counts as one. */
  | { readonly kind: "check"; readonly name: string; readonly args: readonly string[] }
  /** Every test counts, as told by the JUnit file that the process writes. */
  | {
    readonly kind: "tests";
    readonly name: string;
    readonly args: readonly string[];
    /** Files that must each have run at least one test. */
    readonly files: readonly string[];
    /** What it needs of the machine's guests; a group without it runs alone. */
    readonly needs?: GuestNeeds;
  };

/** The sets of groups that can be asked for. */
export const SELECTIONS = ["ok", "proof", "lab", "all"] as const;

/** Which groups to run: the quick ones, the long ones without a guest, those with one, or all. */
export type Selection = (typeof SELECTIONS)[number];

/** Tests that need a guest. */
const LAB_TESTS = "tests/lab/";

/** Tests that take minutes, and no guest. */
const PROOF_TESTS = "tests/proof/";

/** Tests that start the tool as a user does, again and again. */
const CLI_TESTS = "tests/cli/";

/**
 * What a test may do: the same as the tool, in any folder and with any program.
 * No environment is granted, so that a library that wants one is noticed here and not by a user.
 */
const TEST_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-run",
  "--allow-net=127.0.0.1",
];

/** What {@linkcode planGroups} looks at. */
export interface Repository {
  /** Every file, as a path from the top of the repository. */
  readonly files: readonly string[];
  /** The modules of the package, as in `exports` of `deno.json`. */
  readonly modules: readonly string[];
  /** Text of the files in `tests/lab/`, by path. */
  readonly labTexts?: Readonly<Record<string, string>>;
  /** How long a group took the last time, in seconds, by its name. */
  readonly lastSeconds?: Readonly<Record<string, number>>;
}

/**
 * Whether two groups may run at once.
 *
 * @param one a group
 * @param other another one
 * @returns whether both have guests, and neither disturbs the other
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const check = { kind: "check", name: "fmt", args: [] } as const;
 * assert.equal(canRunAtOnce(check, check), false);
 * ```
 */
export function canRunAtOnce(one: Group, other: Group): boolean {
  const [needs, others] = [one, other].map((group) => group.kind === "tests" ? group.needs : undefined);
  return needs !== undefined && others !== undefined && canShare(needs, others);
}

/**
 * Plans what to run.
 *
 * @param selection which groups
 * @param repository its files and modules
 * @returns the groups, in the order in which they are to begin
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const groups = planGroups("lab", { files: ["tests/lab/a_test.ts", "model/b_test.ts"], modules: [] });
 * assert.deepEqual(groups.map((group) => group.name), ["tests/lab/a_test.ts"]);
 * ```
 */
export function planGroups(selection: Selection, repository: Repository): readonly Group[] {
  switch (selection) {
    case "ok":
      return planOk(repository);
    case "proof":
      return planProof(repository);
    case "lab":
      return planLab(repository);
    case "all":
      return [...planOk(repository), ...planProof(repository), ...planLab(repository)];
    default:
      return selection satisfies never;
  }
}

/** Everything that is quick. */
function planOk({ files, modules }: Repository): Group[] {
  const tests = files.filter((file) =>
    file.endsWith("_test.ts") && !file.startsWith(LAB_TESTS) && !file.startsWith(PROOF_TESTS)
  );
  const unit = tests.filter((file) => !file.startsWith(CLI_TESTS));
  const cli = tests.filter((file) => file.startsWith(CLI_TESTS));
  return [
    { kind: "check", name: "fmt", args: ["fmt", "--check"] },
    { kind: "check", name: "lint", args: ["lint"] },
    { kind: "check", name: "check", args: ["check", "."] },
    { kind: "check", name: "doc --lint", args: ["doc", "--lint", ...modules] },
    // Types are the business of the check above: a wrong one there must not hide the tests here.
    {
      kind: "tests",
      name: "unit tests",
      args: ["test", "--no-check", "--parallel", ...TEST_PERMISSIONS, ...unit],
      files: unit,
    },
    {
      kind: "tests",
      name: "command line tests",
      args: ["test", "--no-check", "--parallel", ...TEST_PERMISSIONS, ...cli],
      files: cli,
    },
    {
      kind: "tests",
      name: "doc tests",
      args: ["test", "--doc", "--parallel", "--ignore=**/*_test.ts", ...TEST_PERMISSIONS, "."],
      files: [],
    },
  ];
}

/** What is tried in great number. */
function planProof({ files }: Repository): Group[] {
  const tests = files.filter((file) => file.startsWith(PROOF_TESTS) && file.endsWith("_test.ts"));
  const args = ["test", "--no-check", "--parallel", ...TEST_PERMISSIONS];
  // Without any file there still is a group: it fails, since it runs no test.
  return [{
    kind: "tests",
    name: "proof tests",
    args: [...args, ...(tests.length === 0 ? [PROOF_TESTS] : tests)],
    files: tests,
  }];
}

/** Everything that needs a guest: one process per file, those first that took longest the last time. */
function planLab({ files, labTexts = {}, lastSeconds = {} }: Repository): Group[] {
  const tests = files.filter((file) => file.startsWith(LAB_TESTS) && file.endsWith("_test.ts"));
  const args = ["test", "--no-check", ...TEST_PERMISSIONS];
  // Without any file there still is a group: it fails, since it runs no test.
  if (tests.length === 0) {
    return [{ kind: "tests", name: "lab tests", args: [...args, LAB_TESTS], files: [] }];
  }
  return tests
    .map((file): Group => {
      const needs = guestNeeds(labTexts[file] ?? "");
      return { kind: "tests", name: file, args: [...args, file], files: [file], needs };
    })
    // A file that was never run may be long.
    .sort((one, other) => (lastSeconds[other.name] ?? Infinity) - (lastSeconds[one.name] ?? Infinity) || 0);
}
