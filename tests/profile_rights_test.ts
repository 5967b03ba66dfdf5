// A profile of this machine by an ordinary user: what needs rights that he has not is not known, and nothing is told
// otherwise than root tells it.

import assert from "node:assert/strict";
import { buildStimulus } from "../lab/mod.ts";
import { type Fact, makeProfile, PROFILE_PROVOCATIONS, type ProfileFact, readFacts } from "../model/mod.ts";

/** What the words before the stimulus make of who runs it. */
const AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

async function output(words: readonly string[]): Promise<string> {
  const [command = "", ...args] = words;
  const { stdout } = await new Deno.Command(command, { args, stdin: "null", stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

/** The profile of this machine, as whoever the words make of us. */
async function profileAs(before: readonly string[], stimulus: string): Promise<readonly ProfileFact[]> {
  const facts: Fact[] = [];
  const silent = new Map<string, string>();
  for (const name of PROFILE_PROVOCATIONS) {
    const run = readFacts(await output([...before, stimulus, name]));
    facts.push(...run.facts);
    if (run.why !== null) silent.set(name, run.why);
  }
  return makeProfile(facts, silent);
}

Deno.test("a profile by an ordinary user says what needs root, and nothing else than root's", async (t) => {
  const cacheFolder = await Deno.makeTempDir();
  try {
    const stimulus = await buildStimulus({ cacheFolder });
    await new Deno.Command("chmod", { args: ["-R", "a+rX", cacheFolder] }).output();
    const isRoot = (await output(["id", "-u"])).trim() === "0";
    const ordinary = await profileAs(isRoot ? AS_NOBODY : [], stimulus);
    const needsRoot = ordinary.filter((it) => /root/.test(it.unknown ?? ""));
    await t.step("a pids cgroup and pid namespaces need root", () => {
      const ids = needsRoot.map((it) => it.id);
      for (const id of ["pids-max", "dead-namespace", "fdinfo-pid-of-foreign"]) {
        assert.ok(ids.includes(id), id);
      }
      assert.ok(needsRoot.length < ordinary.length / 2);
    });
    await t.step("what is known is what root is told", async () => {
      const own = new Map((await profileAs([], stimulus)).map((it) => [it.id, it.value]));
      const known = ordinary.filter((it) => it.value !== null);
      assert.ok(known.length >= 25);
      for (const { id, value } of known) assert.equal(own.get(id), value, id);
    });
  } finally {
    await Deno.remove(cacheFolder, { recursive: true });
  }
});
