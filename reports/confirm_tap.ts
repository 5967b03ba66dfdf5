/**
 * What was found about the rules, as lines of TAP, each of which is a line of KTAP as well.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import type { ConfirmedRule, ConfirmResult } from "./confirm.ts";

/**
 * Returns one test for each rule.
 *
 * Everything in it is TAP 14. The first line says 13, for `prove` refuses a higher number up to Test::Harness 3.44 at
 * least, and readers of 14 take 13.
 *
 * `holds` is `ok`, `not-exercised` is `ok` with `SKIP`, `broken` is `not ok`. `undetermined` is `not ok` too, with the
 * directive `ERROR` of KTAP: the one of TAP, for what is still to be done, would make every reader take it as passed, and
 * it is not.
 *
 * @param result what was found; its text may hold any character
 * @returns lines, the last with its line end
 */
export function confirmTap(result: ConfirmResult): string {
  const { origin, about, rules, exitCode, reason } = result;
  const lines = [
    "TAP version 13",
    `1..${rules.length}`,
    comment(`${origin.host}: Linux ${about.release} on ${about.machine}, ${about.bpftrace}`),
    ...rules.flatMap((rule, at) => [testLine(rule, at + 1), ...block(rule)]),
    ...(result.backport.fixes.map(({ commit, state, says }) => comment(`${commit} ${state}: ${says}`))),
    ...(exitCode >= 128 ? [`Bail out! ${printableText(reason)}`] : []),
  ];
  return lines.map((it) => `${it}\n`).join("");
}

function comment(text: string): string {
  return `# ${printableText(text)}`;
}

function testLine({ rule, verdict, reasons }: ConfirmedRule, number: number): string {
  // A description ends at the first of these.
  const name = `${number} - ${rule.id} ${rule.statement}`.replaceAll("#", "");
  const why = printableText(reasons.join("; "));
  switch (verdict) {
    case "holds":
      return `ok ${name}`;
    case "not-exercised":
      return `ok ${name} # SKIP ${why}`;
    case "broken":
      return `not ok ${name}`;
    case "undetermined":
      return `not ok ${name} # ERROR undetermined: ${why}`;
    default:
      return verdict satisfies never;
  }
}

/** The details of a rule that does not hold, or of which not all was tried; a text of JSON is one of YAML as well. */
function block(rule: ConfirmedRule): readonly string[] {
  if (rule.verdict === "not-exercised" || (rule.verdict === "holds" && rule.reasons.length === 0)) return [];
  const { verdict, asExpected, checked, expected, observed, step, way, reasons } = rule;
  const fields = { expected, observed, step, way };
  const text = (it: string) => JSON.stringify(printableText(it));
  return [
    "---",
    `verdict: ${verdict}`,
    `checks: ${checked}`,
    `as_expected: ${asExpected}`,
    ...Object.entries(fields).flatMap(([name, it]) => it === null ? [] : [`${name}: ${text(it)}`]),
    ...(reasons.length === 0
      ? []
      : [verdict === "holds" ? "without:" : "reasons:", ...reasons.map((it) => `  - ${text(it)}`)]),
    "...",
  ].map((it) => `  ${it}`);
}
