/**
 * Reads the JUnit files that `deno test --junit-path` writes.
 *
 * Only that one writer's shape is read: every `<` and `"` of a text is escaped there, and elements of one kind
 * are never nested, so that looking for tags is enough and no XML library is needed.
 *
 * @module
 */

/** How one test ended. */
export type Outcome = "passed" | "failed" | "ignored";

/** One test, as a JUnit file tells it. */
export interface TestCase {
  /** The file it is in, or the file and lines of a documentation example. */
  readonly file: string;
  /** Its name; steps of a test stand inside of it and have none. */
  readonly name: string;
  /** How it ended. */
  readonly outcome: Outcome;
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** Why it failed: what was thrown, by it and by each step of it, with the step's name before it. */
  readonly reasons: readonly string[];
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * Reads one JUnit file.
 *
 * Steps are no tests of their own: a test with a failed step has failed itself, and has the step's reasons.
 *
 * @param text content of the file
 * @returns the tests, in the order of the file
 * @throws {SyntaxError} when the text does not end as a JUnit file does
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const text = `<testsuites><testsuite name="./a_test.ts">
 *   <testcase name="a &lt; b" classname="./a_test.ts" time="0.5"></testcase>
 * </testsuite></testsuites>`;
 * const test = { file: "a_test.ts", name: "a < b", outcome: "passed", seconds: 0.5, reasons: [] };
 * assert.deepEqual(parseJunit(text), [test]);
 * ```
 */
export function parseJunit(text: string): readonly TestCase[] {
  if (!text.trimEnd().endsWith("</testsuites>")) {
    throw new SyntaxError('Cannot read a JUnit file: "</testsuites>" is required at its end');
  }
  const cases = [...text.matchAll(/<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)]
    .map(([, attributes = "", body = ""]) => readCase(attributes, body));
  const tests = new Set(cases.map(({ file, name }) => `${file}\n${name}`));
  const parentOf = ({ file, name }: TestCase): string | undefined =>
    parentNames(name).find((parent) => tests.has(`${file}\n${parent}`));
  return cases.filter((it) => parentOf(it) === undefined).map((test) => {
    const steps = cases.filter((it) => it.file === test.file && parentOf(it) === test.name);
    const reasons = steps.flatMap((step) =>
      step.reasons.map((reason) => `${step.name.slice(test.name.length + 3)}: ${reason}`)
    );
    return { ...test, reasons: [...test.reasons, ...reasons] };
  });
}

/** Reads one test from its tag and from what is inside of it. */
function readCase(attributes: string, body: string): TestCase {
  const outcome = /<(failure|error)\b/.test(body) ? "failed" : /<skipped\b/.test(body) ? "ignored" : "passed";
  return {
    file: attribute(attributes, "classname").replace(/^\.\//, ""),
    name: attribute(attributes, "name"),
    outcome,
    seconds: Number(attribute(attributes, "time")),
    reasons: [...body.matchAll(/<(?:failure|error)\b[^>]*>([\s\S]*?)<\/(?:failure|error)>/g)]
      .map(([, text = ""]) => unescape(text))
      .filter((text) => text !== "" && !/^\d+ test steps? failed\.$/.test(text)),
  };
}

/** The value of an attribute, or an empty text. */
function attribute(attributes: string, name: string): string {
  return unescape(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");
}

/** A text as it was before it was written into XML. */
function unescape(value: string): string {
  return value.replace(/&(\w+);/g, (entity, word: string) => ENTITIES[word] ?? entity);
}

/** The tests of which a name could be a step: `a` and `a > b` for `a > b > c`. */
function parentNames(name: string): string[] {
  const parts = name.split(" > ");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(" > "));
}
