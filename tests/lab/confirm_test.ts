// Kernels of the lab, confirmed by the command as a person types it: no rule is broken, those that are in force were
// exercised, and every verdict carries what it rests on.
// Guests: its own.

import assert from "node:assert/strict";
import { findKernel, startGuest } from "../../lab/mod.ts";
import { ATTEMPTS, CONFIRM_RULES } from "../../model/mod.ts";
import type { Answer, TraceEvent } from "../../schema/mod.ts";
import { readAnswers } from "../support/answers.ts";
import { assertValid } from "../support/json_schema.ts";
import { piped } from "../support/said.ts";
import { knownToSsh } from "../support/ssh_guests.ts";

type Confirmed = Answer<"confirm">;

/** A kernel, and what it is known for. */
interface Kernel {
  /** Its name in the lab. */
  readonly name: string;
  readonly law: Confirmed["law"];
  readonly behavesLike: Confirmed["backport"]["behaves_like"];
  /** How often it is confirmed: the runs must agree. */
  readonly runs: number;
}

/** One of each law and each preemption; the others are rows of the matrix, with the same verdicts. */
const KERNELS: readonly Kernel[] = [
  { name: "6.12", law: "per-inode", behavesLike: "pidfs", runs: 3 },
  { name: "5.10", law: "per-file", behavesLike: "anonymous", runs: 1 },
  { name: "7.2", law: "per-inode", behavesLike: "pidfs", runs: 1 },
];

/** Rules that none of them is judged by, and why. */
const NOT_EXERCISED: Readonly<Record<string, RegExp>> = { R4a: /took it out$/, R4b: /took it out$/ };

/** A prime number, and enough for both CPUs. */
const LIVES = 503;

const LIMIT_MS = 20 * 60_000;

/** Every exhibit has what its kind says, and every event that one names is there, whole. */
function checkEvidence({ exhibits, events }: Pick<Confirmed["rules"][number], "exhibits" | "events">): void {
  for (const { kind, fact, step, seq } of exhibits) {
    const here = { fact: fact !== null, step: step !== null, event: seq !== null };
    assert.deepEqual(Object.entries(here).filter(([, it]) => it).map(([name]) => name), [kind]);
  }
  for (const event of events) assertValid(event as TraceEvent);
  const named = new Set(exhibits.flatMap(({ seq }) => seq === null ? [] : [seq]));
  assert.deepEqual(new Set(events.map((it) => it.seq)), named);
}

/** A rule that holds was looked at, and shows it; one that was not exercised says why. */
function checkRules({ rules }: Confirmed): void {
  assert.deepEqual(rules.map((it) => it.id), CONFIRM_RULES.map((it) => it.id));
  for (const rule of rules) {
    const { id, verdict, checks, as_expected: asExpected, reasons, exhibits } = rule;
    const words = JSON.stringify({ ...rule, events: [] });
    const why = NOT_EXERCISED[id];
    if (why === undefined) {
      assert.deepEqual([verdict, asExpected > 0, asExpected <= checks], ["holds", true, true], words);
      assert.deepEqual(reasons, [], id);
      // That everything was freed, and that the log is quiet, shows in nothing that is left.
      assert.equal(exhibits.length > 0, id !== "L2" && id !== "L3", id);
    } else {
      assert.deepEqual([verdict, checks, exhibits.length], ["not-exercised", 0, 0], words);
      assert.match(reasons.join("; "), why, id);
    }
    checkEvidence(rule);
  }
}

/** Each kind of exhibit is met, and no address of the kernel is among them. */
function checkWhole(answer: Confirmed, text: string): void {
  const all = answer.rules.flatMap((it) => it.exhibits);
  assert.deepEqual([...new Set(all.map((it) => it.kind))].sort(), ["event", "fact", "step"]);
  assert.doesNotMatch(text, /"[0-9a-f]*ffff[89a-f][0-9a-f]{11}"/);
  const put = answer.rules.find((it) => it.id === "R5")?.exhibits.flatMap(({ step }) =>
    step?.function === "copy_process" && step.returned ? [step.pid] : []
  );
  assert.ok(put?.includes("EFAULT"), `${put}`);
}

for (const { runs, ...kernel } of KERNELS) {
  Deno.test(`confirm: lab:${kernel.name} keeps every rule, and has all fixes`, async (t) => {
    for (let run = 1; run <= runs; run += 1) {
      await t.step(
        `run ${run} of ${runs}`,
        async () => check(await confirmed(`lab:${kernel.name}`), { ...kernel, host: `lab:${kernel.name}` }),
      );
    }
  });
}

Deno.test("confirm: ssh: to a guest gives the verdicts that lab: gives", async () => {
  const [kernel] = KERNELS;
  assert.ok(kernel !== undefined);
  const guest = await startGuest({ kernel: findKernel(kernel.name), timeLimitSeconds: 900 });
  await using _guest = guest;
  await using ssh = await knownToSsh({ "lab-guest": guest });
  // Who names a machine himself has to name what is dangerous too.
  const dangerous = ATTEMPTS.filter((it) => it.risk === "dangerous").flatMap((
    it,
  ) => ["--dangerous", it.name]);
  assert.ok(dangerous.length > 0);
  const said = await confirmed("ssh:lab-guest", { words: ["--yes", ...dangerous], path: ssh.path });
  check(said, { ...kernel, host: "ssh:lab-guest" });
});

/** Confirms a target with the command. */
async function confirmed(
  target: string,
  options: { readonly words?: readonly string[]; readonly path?: string } = {},
) {
  const { words = [], path } = options;
  const args = ["confirm", "--target", target, "-o", "json", "--lives", `${LIVES}`, ...words];
  const { code, stdout, stderr } = await piped(args, { limitMs: LIMIT_MS, path });
  const [answer, ...others] = readAnswers(stdout === "" ? "{}\n" : stdout);
  assert.ok(answer?.type === "confirm" && others.length === 0, stderr);
  return { answer, code, stdout, stderr };
}

function check(
  said: Awaited<ReturnType<typeof confirmed>>,
  kernel: Pick<Kernel, "law" | "behavesLike"> & { readonly host: string },
): void {
  const { answer, code, stdout, stderr } = said;
  checkRules(answer);
  assert.deepEqual([code, answer.exit_code], [0, 0], stderr);
  assert.deepEqual([answer.host, answer.law], [kernel.host, kernel.law]);
  const { behaves_like: like, broken, missing, cannot_tell: unknown, fixes } = answer.backport;
  assert.deepEqual([like, broken, missing, unknown], [kernel.behavesLike, [], [], []]);
  for (const fix of fixes) {
    assert.deepEqual([fix.state, fix.exhibits.length > 0], ["present", true], fix.says);
    checkEvidence(fix);
  }
  assert.deepEqual(answer.stimuli.map((it) => it.name), ATTEMPTS.map((it) => it.name));
  for (const { name, facts, silent } of answer.stimuli) {
    assert.deepEqual([silent, facts > 0], [null, true], name);
  }
  checkWhole(answer, stdout);
}
