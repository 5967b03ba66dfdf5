import assert from "node:assert/strict";
import type { TraceEvent } from "../../schema/mod.ts";
import { goodStory } from "../../tests/support/matrix_story.ts";
import { judge } from "./matrix_judge.ts";
import type { Observed } from "./matrix_judge.ts";

const LAWS = ["per-inode", "per-file"] as const;

/** The story with one event changed, or gone when `change` gives nothing. */
function withEvent(
  story: Observed,
  type: TraceEvent["type"],
  change: (fields: Record<string, unknown>) => Record<string, unknown> | undefined,
): Observed {
  const at = story.events.findIndex((it) => it.type === type);
  assert.ok(at >= 0, type);
  const changed = change({ ...story.events[at] });
  const events = [...story.events];
  events.splice(at, 1, ...(changed === undefined ? [] : [changed as unknown as TraceEvent]));
  return { ...story, events };
}

function plus(story: Observed, fields: Readonly<Record<string, unknown>>): Observed {
  return { ...story, events: [...story.events, fields as unknown as TraceEvent] };
}

const count = (after: number, expected: number) => (it: Record<string, unknown>) => ({
  ...it,
  count: { after, expected },
});

const FINDING = {
  type: "finding",
  rule: "L1",
  statement: "The count is right",
  expected: "2",
  observed: "1",
};

/** What is wrong, how, and what is said of it. */
const WRONG: readonly (readonly [
  what: string,
  spoil: (story: Observed) => Observed,
  verdict: "broken" | "undetermined",
  says: RegExp,
])[] = [
  [
    "a count at a birth is too low",
    (it) => withEvent(it, "pidfd.create", count(1, 1)),
    "broken",
    /^clone: after clone: the count is 1, the law says 2$/,
  ],
  [
    "a count at a release is too low",
    (it) => withEvent(it, "pidfd.release", count(0, 1)),
    "broken",
    /^clone: after close: the count is 0, the law says 1$/,
  ],
  [
    "a count is too high",
    (it) => withEvent(it, "pidfd.release", count(2, 1)),
    "undetermined",
    /a holder that is not known$/,
  ],
  [
    "a count was not read",
    (it) => withEvent(it, "pidfd.create", (event) => ({ ...event, count: { after: null, expected: 2 } })),
    "undetermined",
    /the count was not read$/,
  ],
  [
    "the model expects something else than the law",
    (it) => withEvent(it, "pidfd.create", count(2, 3)),
    "undetermined",
    /the model expects 3, the law says 2$/,
  ],
  [
    "a birth is missing",
    (it) => withEvent(it, "pidfd.create", () => undefined),
    "undetermined",
    /was not seen/,
  ],
  [
    "a birth has another fd",
    (it) => withEvent(it, "pidfd.create", (event) => ({ ...event, fd: 77 })),
    "undetermined",
    /that nobody made/,
  ],
  [
    "a release is missing",
    (it) => withEvent(it, "pidfd.release", () => undefined),
    "undetermined",
    /was closed was seen 0 times/,
  ],
  [
    "a failure is missing",
    (it) => withEvent(it, "clone.failed", () => undefined),
    "undetermined",
    /^efault: a call that failed was not seen$/,
  ],
  [
    "a failure has another errno",
    (it) => withEvent(it, "clone.failed", (event) => ({ ...event, errno: "EPERM" })),
    "undetermined",
    /a call that failed/,
  ],
  [
    "a rule was broken",
    (it) => plus(it, { ...FINDING, verdict: "broken" }),
    "broken",
    /^L1: The count is right/,
  ],
  [
    "a rule could not be judged",
    (it) => plus(it, { ...FINDING, verdict: "undetermined" }),
    "undetermined",
    /^L1/,
  ],
  [
    "records were lost",
    (it) => ({ ...it, trust: { lost: 7, late: 0 } }),
    "undetermined",
    /^7 records were lost$/,
  ],
  [
    "nobody knows how many were lost",
    (it) => ({ ...it, trust: { lost: null, late: 0 } }),
    "undetermined",
    /^an unknown number/,
  ],
  [
    "records were late",
    (it) => ({ ...it, trust: { lost: 0, late: 1 } }),
    "undetermined",
    /after their place/,
  ],
  [
    "something was lost",
    (it) => plus(it, { type: "lost", detail: "a buffer" }),
    "undetermined",
    /: a buffer$/,
  ],
  ["the program ended by itself", (it) => ({ ...it, whole: false }), "undetermined", /before it was stopped/],
  [
    "user space saw something wrong",
    (it) => ({ ...it, runs: it.runs.map((run) => ({ ...run, ok: false, why: "it leaks" })) }),
    "broken",
    /^clone: it leaks$/,
  ],
  [
    "a scenario could not be run",
    (it) => ({
      ...it,
      runs: it.runs.map((run) => ({ ...run, calls: [], ok: undefined, why: "no cgroups" })),
    }),
    "undetermined",
    /^clone: no cgroups$/,
  ],
  ["nothing was done", (it) => ({ ...it, runs: [], events: [] }), "undetermined", /^no pidfd was made$/],
];

for (const law of LAWS) {
  Deno.test(`judge() says that the law ${law} holds when both stories are the same`, () => {
    assert.deepEqual(judge(goodStory(law)), {
      births: { made: 4, seen: 4 },
      releases: { made: 4, seen: 4 },
      counts: { made: 8, seen: 8 },
      failures: { made: 1, seen: 1 },
      verdict: "holds",
      reasons: [],
    });
  });

  for (const [what, spoil, verdict, says] of WRONG) {
    Deno.test(`judge() says ${verdict} by the law ${law} when ${what}`, () => {
      const judged = judge(spoil(goodStory(law)));
      assert.equal(judged.verdict, verdict, judged.reasons.join("\n"));
      assert.ok(judged.reasons.some((it) => says.test(it)), judged.reasons.join("\n"));
    });
  }
}

for (const [what, spoil, verdict] of WRONG.filter(([what]) => what !== "user space saw something wrong")) {
  if (verdict !== "broken") continue;
  Deno.test(`judge() accuses nobody when ${what} and records were lost`, () => {
    const judged = judge({ ...spoil(goodStory("per-file")), trust: { lost: 1, late: 0 } });
    assert.equal(judged.verdict, "undetermined");
    assert.ok(judged.reasons.length > 1, "what was seen is still told");
  });
}

Deno.test("judge() believes user space although records were lost", () => {
  const story = goodStory("per-inode");
  const runs = story.runs.map((run) => ({ ...run, ok: false, why: "it leaks" }));
  assert.equal(judge({ ...story, runs, trust: { lost: 9, late: 0 } }).verdict, "broken");
});

Deno.test("judge() tells the one law from the other", () => {
  assert.equal(judge({ ...goodStory("per-file"), law: "per-inode" }).verdict, "undetermined");
  assert.equal(judge({ ...goodStory("per-inode"), law: "per-file" }).verdict, "broken");
});

Deno.test("judge() counts what it misses", () => {
  const story = withEvent(goodStory("per-inode"), "pidfd.create", () => undefined);
  const { births, releases, counts } = judge(story);
  assert.deepEqual([births, releases, counts], [
    { made: 4, seen: 3 },
    { made: 4, seen: 3 },
    { made: 8, seen: 6 },
  ]);
});
