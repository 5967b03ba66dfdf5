/** The closing paragraph of a confirmation: what its verdicts mean for a backport. */

import { printableText } from "../events/mod.ts";
import type { Backport, FixState } from "../model/mod.ts";
import { wrap } from "./_columns.ts";

const GENERATIONS: Readonly<Record<NonNullable<Backport["behavesLike"]>, string>> = {
  first: "one with the first pidfds, 5.2-rc1 to 5.2-rc6",
  anonymous: "one of 5.2 to 6.8, before pidfs",
  pidfs: "one with pidfs, 6.9 or later",
};

const STATES: Readonly<Record<FixState, string>> = {
  "present": "present",
  "missing": "missing",
  "cannot-tell": "cannot tell",
};

/** Columns of a commit and its state. */
const COMMIT_COLUMNS = 13;
const STATE_COLUMNS = 12;

/** What kind of kernel it is, what is broken, and which of the fixes its behaviour has. */
export function backportLines(
  result: { readonly backport: Backport; readonly origin: { readonly host: string } },
  columnsMax: number,
): readonly string[] {
  const { backport: { behavesLike, because, broken, fixes }, origin: { host } } = result;
  const kind = behavesLike === null
    ? `What pidfds the kernel of ${host} has cannot be told by its behaviour: ${begun(because)}.`
    : `The kernel of ${host} behaves like ${GENERATIONS[behavesLike]}: ${begun(because)}.`;
  const rules = broken.length === 0
    ? "No rule was seen broken."
    : `Broken ${broken.length === 1 ? "is" : "are"} ${broken.join(", ")}.`;
  const missing = fixes.filter((it) => it.state === "missing");
  const unknown = fixes.filter((it) => it.state === "cannot-tell");
  const lacks = missing.length === 0
    ? unknown.length === 0
      ? "It has all fixes that followed the first pidfds, as far as its behaviour goes:"
      : "No fix that followed the first pidfds was seen missing:"
    : `Its behaviour lacks ${missing.map((it) => it.commit).join(", ")}:`;
  const indent = " ".repeat(COMMIT_COLUMNS + STATE_COLUMNS);
  return [
    ...wrap(printableText(`${kind} ${rules} ${lacks}`), columnsMax, { indent: "" }),
    ...fixes.flatMap(({ commit, state, says, mends }) => {
      const text = state === "missing" ? `${mends}. ${says}` : says;
      const lines = wrap(printableText(text), columnsMax - indent.length, { indent: "" });
      const head = `${commit.padEnd(COMMIT_COLUMNS)}${STATES[state].padEnd(STATE_COLUMNS)}`;
      return lines.map((line, at) => `${at === 0 ? head : indent}${line}`);
    }),
  ];
}

/** A sentence as the rest of another one. */
function begun(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}
