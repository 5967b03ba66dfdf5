import assert from "node:assert/strict";
import { test } from "node:test";
import { MADE } from "../../tests/support/rule_ways.ts";
import { evidenceOf, fact, steps } from "../../tests/support/told.ts";
import { judgeRule } from "./confirm_rule.ts";
import { CONFIRM_RULES } from "./confirm_rules.ts";

test("every rule names its stimuli and what its necessary witnesses have to have seen", () => {
  assert.equal(new Set(CONFIRM_RULES.map((it) => it.id)).size, CONFIRM_RULES.length);
  for (const rule of CONFIRM_RULES) {
    assert.ok(rule.stimuli.length > 0, rule.id);
    assert.ok(rule.necessary.length > 0, rule.id);
    for (const witness of rule.necessary) assert.ok(rule.witnesses[witness], `${rule.id}: ${witness}`);
  }
});

test("judgeRule() puts what the kernel did behind the fact that it came with, each once", () => {
  const polls = ["alive", "zombie"].map((name, at) =>
    fact(`confirm-poll poll ${name}`, {
      fromNs: BigInt(at + 1) * 1000n,
      toNs: BigInt(at + 1) * 1000n + 500n,
    })
  );
  const told = polls.flatMap((it, at) => steps(`pidfd_poll = ${at}`, { fromNs: it.fromNs ?? 0n }));
  const rule = CONFIRM_RULES.find((it) => it.id === "R17");
  assert.ok(rule !== undefined);
  const evidence = evidenceOf({
    facts: polls.map((it, at) => ({ ...it, ret: at, revents: at })),
    steps: told,
  });
  const { exhibits, exhibitsLeftOut, verdict } = judgeRule(rule, evidence);
  assert.deepEqual(
    exhibits.map((it) => it.kind === "fact" ? it.fact.fact : it.kind === "step" ? it.step.value : it.seq),
    ["alive", 0, "zombie", 1],
  );
  assert.deepEqual([verdict, exhibitsLeftOut], ["holds", 0]);
});

test("judgeRule() does not blame a kernel for what was done with something that is no pidfd of the child", () => {
  const doubt = "R16 is broken";
  const quiet = evidenceOf({ facts: [fact("confirm-poll poll zombie", { ret: 0, revents: 0 })] });
  const rule = (id: string) => CONFIRM_RULES.find((it) => it.id === id);
  const [poll, refusal] = [rule("R17"), rule("R1")];
  assert.ok(poll !== undefined && refusal !== undefined);
  assert.equal(judgeRule(poll, quiet).verdict, "broken");
  const doubted = judgeRule(poll, quiet, { doubt });
  assert.equal(doubted.verdict, "undetermined");
  assert.match(doubted.reasons.join("; "), /R16 is broken/);
  const made = evidenceOf({ facts: [fact("confirm-conflicts clone pidfd-detached", MADE)] });
  assert.equal(judgeRule(refusal, made, { doubt }).verdict, "broken", "it uses no pidfd");
});

test("judgeRule() says how often R15 was tried, also when the moment was never met", () => {
  const rule = CONFIRM_RULES.find((it) => it.id === "R15");
  assert.ok(rule !== undefined);
  const loop = fact("confirm-into-cgroup clone3 loop", { errnos: new Map([[0, 40], [2, 2]]) });
  const kills = fact("confirm-into-cgroup kill loop-kill", { errnos: new Map([[0, 7]]) });
  const { verdict, tried } = judgeRule(rule, evidenceOf({ facts: [loop, kills] }));
  assert.deepEqual([verdict, tried], [
    "not-exercised",
    "42 calls of clone3, whose callers were killed 7 times",
  ]);
  assert.equal(judgeRule(rule, evidenceOf({})).tried, null);
});
