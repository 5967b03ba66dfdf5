// Real programs in Go, Python and C that leak pidfds, each in one way, and such as hold them rightly: `leaks` says of each
// what /proc says, and what is wrong with it.
// Guests: its own.

import assert from "node:assert/strict";
import { run } from "../../hosts/mod.ts";
import type { Answer } from "../../schema/mod.ts";
import { readAnswers } from "../support/answers.ts";
import { heldNow } from "../support/proc_truth.ts";
import type { HeldNow } from "../support/proc_truth.ts";
import { CLOSERS, SOFTWARE, SoftwareGuest } from "../support/software.ts";
import type { Running } from "../support/software.ts";
import { piped } from "../support/said.ts";
import { knownToSsh } from "../support/ssh_guests.ts";
import { Tool } from "../support/tool.ts";

/** What is kept for longer is looked at. */
const OLDER_SECONDS = 4;
/** How long everything rests before the end, by the clock of the guest. */
const REST_SECONDS = 9;

/** How often each of those closes a number twice who do. */
const CLOSED_TWICE = 3;
/** A function or a place in a module. */
const FRAME = /^(?:\S.* \(\/.+\)|\/.+\+0x[0-9a-f]+)$/;

/** What one run told, and what there was. */
interface Watched {
  readonly running: readonly Running[];
  /** By pid. */
  readonly truth: ReadonlyMap<number, HeldNow>;
  readonly groups: readonly Answer<"leak">[];
  readonly end: Answer<"leaks">;
  /** What `leaks --now` said meanwhile. */
  readonly now: readonly Answer<"holder">[];
  /** What it said beside that. */
  readonly stderr: string;
}

/** One guest and one run for all programs. */
async function watch(kernel: string): Promise<Watched> {
  await using software = await SoftwareGuest.start(kernel);
  const { host, guest } = software;
  // As on a host of the users': where a stack leads to differs from process to process.
  assert.equal((await run(host, ["sysctl", "-q", "kernel.randomize_va_space=2"])).code, 0);
  await using machines = await knownToSsh({ software: guest });
  const words = ["leaks", "--json", "--older", `${OLDER_SECONDS}s`, "-d", "300s", "--target", "ssh:software"];
  const tool = new Tool(words, machines);
  await tool.untilSaid("tracing Linux");
  const played = [...SOFTWARE, ...CLOSERS].filter((it) => kernel !== "6.1" || it.needsPeerPidfd !== true);
  const running = await software.play(played);
  const before = await heldNow(host);
  assert.equal((await run(host, ["sleep", `${REST_SECONDS}`], { timeoutMs: 120_000 })).code, 0);
  const truth = await heldNow(host);
  assert.deepEqual(truth, before, "nothing moves any more");
  const now = await piped(["leaks", "--now", "--json", "--target", "ssh:software"], machines);
  await tool.signal("INT");
  const { code, stdout, stderr } = await tool.said();
  assert.equal(code, 130, stderr);
  const answers = readAnswers(stdout);
  const end = answers.at(-1);
  assert.ok(end?.type === "leaks", stdout);
  const groups = answers.slice(0, -1).filter((it) => it.type === "leak");
  assert.equal(groups.length, end.groups, "all groups are shown");
  const looked = readAnswers(now.stdout).filter((it) => it.type === "holder");
  return { running, truth, groups, end, now: looked, stderr };
}

for (const kernel of ["6.12", "6.1"]) {
  Deno.test(`real programs, and what leaks says of them on ${kernel}`, async (t) => {
    const { running, truth, groups, end, now, stderr } = await watch(kernel);
    const held = groups.filter((it) => it.pidfds > 0);

    await t.step("all that is held is told, and nothing else", () => {
      const told = new Map<number, HeldNow>();
      for (const { pid, pidfds, dead } of held) {
        const sum = told.get(pid ?? 0) ?? { pidfds: 0, dead: 0 };
        told.set(pid ?? 0, { pidfds: sum.pidfds + pidfds, dead: sum.dead + dead });
      }
      assert.deepEqual(sorted(told), sorted(truth));
      assert.deepEqual(
        sorted(new Map(now.map(({ pid, pidfds, dead }) => [pid, { pidfds, dead }]))),
        sorted(truth),
      );
      assert.deepEqual([end.complete, end.not_seen], [true, []], stderr);
    });

    for (const { software, told: { pid, pidfds, dead } } of running) {
      await t.step(software.name, () => {
        assert.deepEqual(truth.get(pid) ?? { pidfds: 0, dead: 0 }, { pidfds, dead }, "as it says itself");
        const own = held.filter((it) => it.pid === pid);
        assert.deepEqual(own.map((it) => [it.pidfds, it.dead]), pidfds === 0 ? [] : [[pidfds, dead]]);
        const { finding } = software;
        for (const it of own) {
          assert.deepEqual([it.rule, it.verdict], finding ? [finding.rule, "broken"] : [null, "holds"]);
          if (finding === undefined) continue;
          assert.deepEqual([it.family, it.suspects], [finding.family, pidfds]);
          assert.match(it.advice ?? "", finding.advice);
          const frames = it.stack ?? [];
          assert.ok(frames.length > 0 && frames.every((frame) => FRAME.test(frame)), frames.join("\n"));
          if (finding.frame !== undefined) assert.match(frames.join("\n"), finding.frame);
        }
      });
    }

    await t.step("what breaks no rule is not said to", () => {
      const guilty = new Set(running.filter((it) => it.software.finding).map((it) => it.told.pid));
      const blamed = held.filter((it) => it.verdict !== "holds").map((it) => it.pid);
      assert.deepEqual(blamed.toSorted(), [...guilty].toSorted());
    });

    await t.step("Go's start-up probe is named, and not reported", () => {
      assert.match(end.harmless.join("\n"), /^Go tries pidfds when it starts\b.*: [1-9]\d* pidfds?$/m);
    });

    await t.step("who closes a number twice is told, and nobody else", () => {
      const twice = groups.filter((it) => it.rule === "K3");
      const closers = running.filter((it) => CLOSERS.includes(it.software));
      const said = twice.map(({ pid, verdict, certainty, suspects, family }) =>
        [pid, verdict, certainty, suspects, family].join(" ")
      );
      const expected = closers.map(({ told: { pid }, software: { certainty } }) => {
        const verdict = certainty === "certain" ? "broken" : "undetermined";
        return [pid, verdict, certainty, CLOSED_TWICE, "two-owners"].join(" ");
      });
      assert.ok(closers.length > 1);
      assert.deepEqual(said.toSorted(), expected.toSorted());
    });
  });
}

function sorted(held: ReadonlyMap<number, HeldNow>): readonly (readonly [number, HeldNow])[] {
  return [...held].toSorted(([one], [other]) => one - other);
}
