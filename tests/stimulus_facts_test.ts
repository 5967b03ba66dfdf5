// The harmless provocations of the stimulus on this machine, whatever its kernel and rights: they come to their end, tell
// facts that can be read, and leave nothing behind. So they do where calls are missing, as on the oldest kernels.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { buildStimulus } from "../lab/mod.ts";
import { type Fact, readFacts } from "../model/rules/facts.ts";
import { EVERY_ATTEMPT } from "../model/rules/attempts.ts";
import { readProvocations } from "../model/rules/provocations.ts";
import { describeFact } from "./support/told_facts.ts";

const OLD_KERNEL = fileURLToPath(new URL("./support/old_kernel.c", import.meta.url));
const ENOSYS = 38;
const EINVAL = 22;

/** What those that take no rounds do so often; few, for this machine may be busy. */
const TIMES = "31";

async function output(words: readonly string[]) {
  const [command = "", ...args] = words;
  const { code, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Compiles both programs, and removes them at the end. */
async function withPrograms(body: (stimulus: string, oldKernel: string) => Promise<void>): Promise<void> {
  const cacheFolder = await Deno.makeTempDir();
  try {
    const oldKernel = `${cacheFolder}/old_kernel`;
    const compiled = await output(["gcc", "-Wall", "-Wextra", "-Werror", "-o", oldKernel, OLD_KERNEL]);
    assert.equal(compiled.code, 0, compiled.stderr);
    await body(await buildStimulus({ cacheFolder }), oldKernel);
  } finally {
    await Deno.remove(cacheFolder, { recursive: true });
  }
}

/** Runs every harmless provocation, after these words. */
async function harmless(stimulus: string, before: readonly string[]): Promise<readonly Fact[]> {
  const all: Fact[] = [];
  const provocations = readProvocations((await output([stimulus, "--list"])).stdout)
    .filter((it) => it.name.startsWith("confirm-") && it.risk === "harmless");
  assert.ok(provocations.length >= 10);
  for (const { name } of provocations) {
    const times = /races|stress/.test(name) ? TIMES : "1";
    const { code, stdout, stderr } = await output([...before, stimulus, name, times]);
    const run = readFacts(stdout);
    assert.deepEqual([run.scenario, run.why, run.rounds, code], [name, null, Number(times), 0], stderr);
    assert.ok(run.facts.length > 0, name);
    for (const fact of run.facts.filter((it) => it.fact === "left")) {
      assert.equal(describeFact(fact), "left left ok fds+0 childless", name);
    }
    all.push(...run.facts);
  }
  return all;
}

/** Each errno that calls of a name gave. */
function errnosOf(facts: readonly Fact[], call: string): readonly number[] {
  const found = facts.filter((it) => it.call === call)
    .flatMap(({ errno, errnos }) => errnos === null ? [errno ?? -1] : [...errnos.keys()]);
  assert.ok(found.length > 0, call);
  return [...new Set(found)].sort((a, b) => a - b);
}

Deno.test("the harmless provocations run on this machine, whatever it is", (t) =>
  withPrograms(async (stimulus, oldKernel) => {
    await t.step(
      "calls that the kernel lacks are told as facts, and what comes after them is tried",
      async () => {
        const facts = await harmless(stimulus, []);
        const older = await harmless(stimulus, [oldKernel]);
        assert.deepEqual(errnosOf(older, "clone3"), [ENOSYS]);
        assert.deepEqual(errnosOf(older, "pidfd_open"), [ENOSYS]);
        const waits = older.filter((it) => it.call === "waitid" && it.fd !== null);
        assert.deepEqual(errnosOf(waits, "waitid"), [EINVAL]);
        assert.ok(older.some((it) => it.fact === "reap-by-pid" && it.siStatus === 7));
        const byClone = (facts: readonly Fact[]) =>
          facts.filter((it) => it.call === "clone").map(describeFact).sort();
        assert.deepEqual(byClone(older), byClone(facts));
      },
    );
    await t.step(
      "the list that the stimulus prints is the one that help and documents are made from",
      async () => {
        const told = readProvocations((await output([stimulus, "--list"])).stdout)
          .filter((it) => it.name.startsWith("confirm-"));
        const known = EVERY_ATTEMPT.map(({ name, risk, summary }) => {
          // Its number alone is the risk.
          return { name, risk: name === "confirm-stress" ? "harmless" : risk, summary };
        });
        const byName = (one: { name: string }, other: { name: string }) => one.name < other.name ? -1 : 1;
        assert.deepEqual(known.sort(byName), told.toSorted(byName));
      },
    );
    await t.step("a limit that is none is refused", async () => {
      for (const words of [["confirm-page", "--limit", "0"], ["confirm-page", "--limit"], ["confirm-all"]]) {
        const { code, stderr } = await output([stimulus, ...words]);
        assert.equal(code, 2);
        assert.match(stderr, /^stimulus: .+; see stimulus --help\n$/);
      }
    });
    await t.step("rounds are taken, and each gives the same", async () => {
      const { stdout } = await output([stimulus, "confirm-page", "3", "--limit", "60"]);
      const { facts, rounds } = readFacts(stdout);
      assert.equal(rounds, 3);
      const ofRound = (round: number) => facts.filter((it) => it.round === round).map(describeFact);
      assert.ok(ofRound(0).length > 0);
      assert.deepEqual([ofRound(1), ofRound(2)], [ofRound(0), ofRound(0)]);
    });
  }));
