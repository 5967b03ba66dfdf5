/**
 * Counts what passed and what failed, and says it in words.
 *
 * Nothing counts as passed by its absence: a process that left no JUnit file, a file that ran no test and a test
 * that was ignored have failed.
 *
 * @module
 */

import type { Group } from "./groups.ts";
import { parseJunit, type TestCase } from "./junit.ts";

/** How many tests are named as the slowest. */
const SLOWEST_MAX = 10;

/** How much of a failure's reason is said again at the end, in characters: the whole of it stands further up. */
const REASON_MAX = 2000;

/** What a group's process left behind. */
export interface GroupRun {
  /** The group that was run. */
  readonly group: Group;
  /** Exit status; 128 and more after a signal. */
  readonly code: number;
  /** How long it ran, in seconds. */
  readonly seconds: number;
  /** Content of the JUnit file, when there is one. */
  readonly junit?: string | undefined;
}

/** A group's result. */
export interface GroupTally {
  /** The group's name. */
  readonly name: string;
  /** How many of its tests, or whether its check, passed. */
  readonly passed: number;
  /** What failed, one line each, with the reasons in lines below it where there are any. */
  readonly failures: readonly string[];
  /** The tests that were run. */
  readonly tests: readonly TestCase[];
  /** How long it ran, in seconds. */
  readonly seconds: number;
}

/**
 * Counts the result of one group.
 *
 * @param run what its process left behind
 * @returns the counts, and a line for each failure
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const group = { kind: "check", name: "fmt", args: [] } as const;
 * assert.equal(tallyGroup({ group, code: 0, seconds: 1 }).passed, 1);
 * assert.deepEqual(tallyGroup({ group, code: 1, seconds: 1 }).failures, ["fmt: ended with status 1"]);
 * ```
 */
export function tallyGroup(run: GroupRun): GroupTally {
  const { group, seconds } = run;
  const tests = group.kind === "tests" ? readTests(run) : [];
  if (typeof tests === "string") {
    return { name: group.name, passed: 0, failures: [`${group.name}: ${tests}`], tests: [], seconds };
  }
  const failures = group.kind === "tests" ? testFailures(group.files, tests) : [];
  if (run.code !== 0 && failures.length === 0) failures.push(`ended with status ${run.code}`);
  const passed = group.kind === "tests"
    ? tests.filter((test) => test.outcome === "passed").length
    : Number(run.code === 0);
  return {
    name: group.name,
    passed,
    failures: failures.map((failure) => `${group.name}: ${failure}`),
    tests,
    seconds,
  };
}

/**
 * Says the result of all groups: durations, the slowest tests, the failures, and last the counts.
 *
 * @param tallies the groups' results
 * @returns the lines, and whether all is well
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const { lines, ok } = summarize([]);
 * assert.equal(lines.at(-1), "0 passed, 0 failed");
 * assert.equal(ok, false, "nothing ran");
 * ```
 */
export function summarize(
  tallies: readonly GroupTally[],
): { readonly lines: readonly string[]; readonly ok: boolean } {
  const passed = tallies.reduce((sum, tally) => sum + tally.passed, 0);
  const failures = tallies.flatMap((tally) => tally.failures);
  const slowest = tallies.flatMap((tally) => tally.tests)
    .toSorted((one, other) => other.seconds - one.seconds)
    .slice(0, SLOWEST_MAX);
  const width = Math.max(0, ...tallies.map((tally) => tally.name.length));
  const lines = [
    "",
    "Groups:",
    ...tallies.map(({ name, passed, failures, seconds }) =>
      `${duration(seconds)}  ${name.padEnd(width)}  ${passed} passed, ${failures.length} failed`
    ),
    "",
    `The ${SLOWEST_MAX} slowest tests:`,
    ...slowest.map(({ seconds, file, name }) => `${duration(seconds)}  ${testName({ file, name })}`),
    "",
    ...failures.map((failure) => `Failed: ${failure}`),
    `${passed} passed, ${failures.length} failed`,
  ];
  return { lines, ok: passed > 0 && failures.length === 0 };
}

/** The tests of a run, or why they cannot be told. */
function readTests({ code, junit }: GroupRun): readonly TestCase[] | string {
  if (junit === undefined) return `ended with status ${code} and left no JUnit file`;
  try {
    return parseJunit(junit);
  } catch (error) {
    if (error instanceof SyntaxError) return `ended with status ${code}: ${error.message}`;
    throw error;
  }
}

/** What is wrong with the tests of a group. */
function testFailures(files: readonly string[], tests: readonly TestCase[]): string[] {
  if (tests.length === 0) return ["ran no test"];
  const seen = new Set(tests.map((test) => test.file));
  const silent = files.filter((file) => !seen.has(file)).map((file) => `${file} ran no test`);
  const lost = tests.filter((test) => test.outcome !== "passed")
    .map((test) => test.outcome === "ignored" ? `${testName(test)} was ignored` : failure(test));
  return [...lost, ...silent];
}

/** A failed test's name, and why it failed in lines below it: a long log is often kept by its end alone. */
function failure(test: TestCase): string {
  const reasons = test.reasons.map((reason) => {
    const text = reason.length > REASON_MAX ? `${reason.slice(0, REASON_MAX)} …` : reason;
    return text.replace(/[^\P{Cc}\n]/gu, "?").trimEnd().replace(/^/gm, "    ");
  });
  return [testName(test), ...reasons].join("\n");
}

/** A test's name with its file, on one line; a documentation example has no other name than its place. */
function testName({ file, name }: Pick<TestCase, "file" | "name">): string {
  return name.startsWith("file:") ? file : `${file} » ${name.replace(/\s+/g, " ")}`;
}

/** A duration in a column of fixed width. */
function duration(seconds: number): string {
  return `${seconds.toFixed(3).padStart(9)} s`;
}
