/** R17: poll. */

import { nameOf } from "./_calls.ts";
import { type Check, compared } from "./check.ts";
import type { ConfirmRule } from "./confirm_rule.ts";
import type { Evidence } from "./evidence.ts";
import type { Fact } from "./facts.ts";

const POLLIN = 1;

/** What a file without a poll method gives at once: include/linux/poll.h, DEFAULT_POLLMASK. */
const ALWAYS = 0x145;

const QUIET = "not readable";
const READABLE = "readable";
const AT_ONCE = "readable at once, as every file without poll";

/** While it lives; each is asked while no process of the group, or no thread of that pidfd, has ended. */
const BEFORE: readonly (readonly [scenario: string, facts: readonly string[]])[] = [
  ["confirm-poll", ["alive", "alive-waits"]],
  ["confirm-poll-threads", ["all-alive", "thread-alive", "without-thread", "without-leader"]],
];

/** Afterwards. */
const AFTER: readonly (readonly [scenario: string, facts: readonly string[]])[] = [
  ["confirm-poll", ["woken", "zombie", "reaped"]],
  ["confirm-poll-threads", ["thread-ended", "group-woken", "group-ended"]],
];

function wordOf({ ret, revents }: Fact): string | null {
  if (ret === null || ret < 0) return null;
  if (ret === 0) return QUIET;
  return ((revents ?? 0) & POLLIN) !== 0 ? READABLE : `other events: ${revents}`;
}

function asked(evidence: Evidence, table: typeof BEFORE, expected: string): readonly Check[] {
  return table.flatMap(([scenario, names]) =>
    evidence.facts(scenario, ...names).map((fact) => {
      const observed = wordOf(fact);
      return compared(nameOf(fact), {
        witness: "U",
        expected,
        observed: expected === AT_ONCE && observed === READABLE ? AT_ONCE : observed,
        reason: "poll has failed",
        step: "pidfd_poll",
        exhibits: [{ kind: "fact", fact }],
      });
    })
  );
}

/** A waiting poller comes back after the end and not before, by the clock of both. */
function wakes(evidence: Evidence): readonly Check[] {
  const pairs = [
    [evidence.facts("confirm-poll", "woken")[0], evidence.facts("confirm-poll", "end")[0]],
    [
      evidence.facts("confirm-poll-threads", "group-woken")[0],
      evidence.facts("confirm-poll-threads", "group-end")[0],
    ],
  ] as const;
  return pairs.flatMap(([woken, end]) => {
    if (woken === undefined || end === undefined || end.fromNs === null) return [];
    return [
      compared(nameOf(woken), {
        witness: "U",
        expected: "woken after the end",
        observed: woken.toNs === null || woken.ret === 0 || isOver(woken)
          ? "never woken"
          : woken.toNs < end.fromNs
          ? "woken before the end"
          : "woken after the end",
        step: "do_notify_pidfd",
        exhibits: [woken, end].map((fact) => ({ kind: "fact", fact }) as const),
      }),
    ];
  });
}

/** Whether a poll came back when its time was over: what it finds then is no sign that anybody has woken it. */
function isOver({ fromNs, toNs, timeoutMs }: Fact): boolean {
  if (fromNs === null || toNs === null || timeoutMs === null) return false;
  return toNs - fromNs >= BigInt(timeoutMs) * 1_000_000n;
}

/** What pidfd_poll() itself returned while the facts came about. */
function inside(evidence: Evidence): readonly Check[] {
  const facts = [
    ...evidence.facts("confirm-poll", "alive", "zombie", "reaped"),
    ...evidence.facts("confirm-poll-threads", "all-alive", "group-ended"),
  ];
  return facts.map((fact) => {
    const isOver = ["zombie", "reaped", "group-ended"].includes(fact.fact);
    const steps = evidence.stepsOf(fact);
    const polled = typeof steps === "string"
      ? undefined
      : steps.find((it) => it.function === "pidfd_poll" && it.returned);
    return compared(nameOf(fact), {
      witness: "K",
      expected: isOver ? "pidfd_poll() says POLLIN" : "pidfd_poll() says nothing",
      observed: polled === undefined
        ? null
        : (polled.value & POLLIN) !== 0
        ? "pidfd_poll() says POLLIN"
        : "pidfd_poll() says nothing",
      reason: typeof steps === "string" ? steps : "pidfd_poll() was not seen",
      step: "pidfd_poll",
      exhibits: [
        { kind: "fact", fact },
        ...(polled === undefined ? [] : [{ kind: "step", step: polled } as const]),
      ],
    });
  });
}

/** Whether the pidfds of this kernel have no poll at all: then poll of a living process gives what every file gives. */
function hasNoPoll(evidence: Evidence): boolean {
  const [alive] = evidence.facts("confirm-poll", "alive");
  return evidence.truth.isSeedLike === true && ((alive?.revents ?? 0) & ALWAYS & POLLIN) !== 0;
}

/** R17. */
export const R17: ConfirmRule = {
  id: "R17",
  statement: "poll of a pidfd wakes when the process has ended: not before, and not never",
  why: "A supervisor that is woken early reaps the living, one that is never woken waits for good",
  since: "5.3 (b53b0b9d9a61); the first pidfds had no poll, and poll returned at once",
  stimuli: ["confirm-poll", "confirm-poll-threads"],
  witnesses: {
    U: "nothing while it lives, also when a thread or the leader ends first; POLLIN afterwards; a poller that waits " +
      "comes back after the end",
    K: "the values of pidfd_poll()",
  },
  usesPidfds: true,
  necessary: ["U"],
  counterExample: "poll() of a process whose first thread has ended returns POLLIN while another one goes on",
  undetermined: "the end itself did not come about",
  checks: (evidence) =>
    hasNoPoll(evidence) ? [...asked(evidence, BEFORE, AT_ONCE), ...asked(evidence, AFTER, AT_ONCE)] : [
      ...asked(evidence, BEFORE, QUIET),
      ...asked(evidence, AFTER, READABLE),
      ...wakes(evidence),
      ...inside(evidence),
    ],
};
