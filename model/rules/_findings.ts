/** What the model found by itself, as checks of a rule. */

import type { Update } from "../update.ts";
import type { Check } from "./check.ts";
import type { Evidence } from "./evidence.ts";

/** The findings of the model about a rule, each as a check that is not as expected, or cannot be told. */
export function findingsOf({ updates }: Evidence, rule: string): readonly Check[] {
  return updates.filter((it) => it.type === "finding").filter((it) => it.body.rule === rule).map(checkOf);
}

function checkOf({ body, seq }: Update<"finding">): Check {
  return {
    witness: "K",
    what: "a struct pid",
    expected: body.expected,
    observed: body.observed,
    isAsExpected: body.verdict === "broken" ? false : body.verdict === "holds" ? true : null,
    exhibits: [{ kind: "event", seq }, ...body.evidence.map((it) => ({ kind: "event", seq: it }) as const)],
  };
}
