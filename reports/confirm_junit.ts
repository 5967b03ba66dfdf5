/**
 * What was found about the rules, as a JUnit file.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import type { ConfirmedRule, ConfirmResult } from "./confirm.ts";

/**
 * Returns one test case for each rule: `broken` has a `failure`, `undetermined` an `error`, `not-exercised` is `skipped`.
 *
 * @param result what was found; its text may hold any character
 * @returns a document of XML 1.0
 */
export function confirmJunit(result: ConfirmResult): string {
  const { origin, tool, about, rules, backport } = result;
  const many = (verdict: ConfirmedRule["verdict"]) => rules.filter((it) => it.verdict === verdict).length;
  const counts = `tests="${rules.length}" failures="${many("broken")}" errors="${many("undetermined")}"`;
  const suite = `${counts} skipped="${many("not-exercised")}"`;
  const properties = {
    host: origin.host,
    release: about.release,
    machine: about.machine,
    generation: about.generation,
    law: about.law,
    tool,
    behaves_like: backport.behavesLike ?? "unknown",
    ...Object.fromEntries(backport.fixes.map(({ commit, state, says }) => [commit, `${state}: ${says}`])),
  };
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="trace-clone confirm" ${counts}>`,
    `  <testsuite name="${text(`confirm ${origin.host}`)}" ${suite}>`,
    "    <properties>",
    ...Object.entries(properties)
      .map(([name, value]) => `      <property name="${name}" value="${text(value)}"/>`),
    "    </properties>",
    ...rules.flatMap((it) => testCase(it, origin.host)),
    `    <system-out>${text(`The run ended: ${result.reason}`)}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
  ];
  return lines.map((it) => `${it}\n`).join("");
}

function testCase(rule: ConfirmedRule, host: string): readonly string[] {
  const name = text(`${rule.rule.id}: ${rule.rule.statement}`);
  const begin = `    <testcase classname="${text(`confirm.${host}`)}" name="${name}"`;
  const why = rule.reasons.join("; ");
  switch (rule.verdict) {
    case "holds":
      return why === ""
        ? [`${begin}/>`]
        : [`${begin}>`, `      <system-out>${text(`without: ${why}`)}</system-out>`, "    </testcase>"];
    case "not-exercised":
      return [`${begin}>`, `      <skipped message="${text(why)}"/>`, "    </testcase>"];
    case "broken":
      return within(begin, "failure", rule, `${rule.observed}, expected ${rule.expected}`);
    case "undetermined":
      return within(begin, "error", rule, why);
    default:
      return rule.verdict satisfies never;
  }
}

function within(
  begin: string,
  element: "failure" | "error",
  rule: ConfirmedRule,
  message: string,
): readonly string[] {
  const { verdict, checked, asExpected, expected, observed, step, way, reasons } = rule;
  const rows = Object.entries({ expected, observed, step, way, checks: `${asExpected}/${checked}` })
    .flatMap(([name, value]) => value === null ? [] : [`${name}: ${value}`]);
  const body = [...rows, ...reasons.map((it) => `why: ${it}`)].map(text).join("\n");
  return [
    `${begin}>`,
    `      <${element} type="${verdict}" message="${text(message)}">${body}</${element}>`,
    "    </testcase>",
  ];
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text as content or value; printable text has no character that XML does not allow. */
function text(words: string): string {
  return printableText(words).replace(/[&<>"']/g, (it) => ENTITIES[it] ?? it);
}
