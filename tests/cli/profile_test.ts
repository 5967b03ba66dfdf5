// Profiles of the machine that runs the tests, whatever its kernel and rights, and of files that somebody has changed.

import assert from "node:assert/strict";
import { childrenOf, until } from "../../lab/_alive.ts";
import type { Answer } from "../../schema/mod.ts";
import { readAnswers } from "../support/answers.ts";
import { onTerminal, piped, ROOT, TOOL_WORDS } from "../support/said.ts";

type Profile = Answer<"profile">;

/** Longest time that a profile may take: the stimulus may have to be compiled first. */
const LIMIT_MS = 180_000;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function readProfile(text: string): Profile {
  const [answer, ...others] = readAnswers(text);
  assert.ok(answer?.type === "profile" && others.length === 0, text);
  return answer;
}

Deno.test("profile says how this kernel behaves, twice the same, and keeps it in a new file", (t) =>
  inFolder(async (folder) => {
    const file = `${folder}/a.json`;
    const first = await piped(["profile", "--json", file], { limitMs: LIMIT_MS });
    assert.equal(first.code, 0, first.stderr);
    const profile = readProfile(first.stdout);
    await t.step("each fact has a value, or a reason why there is none", () => {
      assert.equal(profile.host, "local");
      assert.ok(profile.facts.length >= 25);
      assert.equal(new Set(profile.facts.map((it) => it.id)).size, profile.facts.length);
      for (const { id, value, unknown, says, how, rests_on } of profile.facts) {
        assert.notEqual(value === null, unknown === null, id);
        assert.ok(says !== "" && how !== "" && rests_on.length > 0, id);
      }
      const known = profile.facts.filter((it) => it.value !== null);
      assert.ok(known.length >= 25, JSON.stringify(profile.facts.filter((it) => it.value === null)));
    });
    await t.step("what is more than harmless is not made here without --yes", () => {
      const limited = profile.facts.find((it) => it.id === "pids-max");
      assert.match(limited?.unknown ?? "", /^confirm-pids-max makes a cgroup .*--yes/);
      assert.doesNotMatch(first.stderr, /pids-max|nested/);
    });
    await t.step("the file has what stdout has, and is not written again", async () => {
      assert.equal(await Deno.readTextFile(file), first.stdout);
      const again = await piped(["profile", "-q", file], { limitMs: LIMIT_MS });
      assert.deepEqual([again.code, again.stdout], [2, ""]);
      assert.match(
        again.stderr,
        /Cannot write to ".*a\.json": it is there, and no file is replaced\n {2}hint: /,
      );
      assert.equal(await Deno.readTextFile(file), first.stdout);
    });
    await t.step("the table says the same, on a terminal too", async () => {
      const { code, stdout } = await onTerminal(["profile", "-q"]);
      assert.equal(code, 0);
      for (const line of stdout.split("\n")) assert.ok(line.length < 80, line);
      for (const { id, value } of profile.facts.filter((it) => it.value !== null)) {
        assert.ok(stdout.split("\n").some((it) => it.startsWith(`${id} `) && it.endsWith(`  ${value}`)), id);
      }
    });
    await t.step("nothing differs from itself, what was changed does", () => checkDiff(folder, profile));
  }));

async function checkDiff(folder: string, profile: Profile): Promise<void> {
  const same = await piped(["profile", "diff", `${folder}/a.json`, `${folder}/a.json`]);
  assert.deepEqual([same.code, same.stderr], [0, ""]);
  assert.match(same.stdout, /^0 facts differ, \d+ are the same, \d+ cannot be compared$/m);
  const facts = profile.facts.map((it) =>
    it.id === "pidfd-mode"
      ? { ...it, value: it.value === "0600" ? "0700" : "0600", unknown: null }
      : it.id === "open-flags"
      ? { ...it, value: null, unknown: "it was not tried" }
      : it
  );
  await Deno.writeTextFile(`${folder}/b.json`, JSON.stringify({ ...profile, release: "5.2.0", facts }));
  const words = ["profile", "diff", `${folder}/a.json`, `${folder}/b.json`];
  const told = await piped(words);
  assert.deepEqual([told.code, told.stderr], [1, ""]);
  assert.match(told.stdout, /^pidfd-mode: 0[67]00 -> 0[67]00\n {4}Linux 6\.9 \(cb12fd8e0dab\); /m);
  const json = await piped([...words, "--json"]);
  assert.equal(json.code, 1);
  const [diff] = readAnswers(json.stdout);
  assert.ok(diff?.type === "profile-diff");
  assert.deepEqual(diff.changed.map((it) => it.id), ["pidfd-mode"]);
  assert.ok(diff.untold.some((it) => it.id === "open-flags" && it.unknown.includes("it was not tried")));
  assert.deepEqual([diff.exit_code, diff.b.release, diff.a.file], [1, "5.2.0", `${folder}/a.json`]);
}

Deno.test("profile and profile diff say what is wrong, what was found and what to do next", () =>
  inFolder(async (folder) => {
    const good = {
      schema: "trace-clone/1",
      type: "profile",
      host: "local",
      release: "6",
      machine: "x",
      facts: [],
    };
    const files = {
      good: JSON.stringify(good),
      empty: "",
      text: "no profile\n",
      plan: JSON.stringify({ ...good, type: "plan" }),
      newer: JSON.stringify({ ...good, schema: "trace-clone/2" }),
    };
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    const diff = (a: string, b: string) => ["profile", "diff", `${folder}/${a}`, `${folder}/${b}`];
    const rows: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
      [diff("good", "missing"), 2, /Cannot compare ".*\/missing": there is no such file/],
      [diff("missing", "good"), 2, /Cannot compare ".*\/missing": there is no such file/],
      [diff("good", "good/x"), 2, /Cannot compare ".*\/good\/x": there is no such (?:file|folder)/],
      [diff("good", ""), 2, /Cannot compare ".*": it is a folder/],
      [diff("good", "empty"), 2, /Cannot compare ".*\/empty": it is no JSON/],
      [diff("text", "good"), 2, /Cannot compare ".*\/text": it is no JSON/],
      [diff("good", "plan"), 2, /"type" is "plan", "profile" is required/],
      [diff("newer", "good"), 2, /"schema" is "trace-clone\/2", "trace-clone\/1" is required/],
      [["profile", "diff"], 2, /Expected a `A`/],
      [["profile", "diff", "x"], 2, /Expected a `B`/],
      [["profile", "x", "y"], 2, /`y`/],
      [["profile", "--slots"], 2, /--slots/],
      [["profile", "--modules", "."], 2, /one target lab:PATH is required, found none/],
      [["profile", `${folder}/no/such`], 3, /Cannot write to ".*\/no\/such": cannot create/],
      [["profile", folder], 2, /it is there, and no file is replaced/],
      [["profile", "--target", "replay:x", `${folder}/new`], 3, /a recording is no machine/],
    ];
    for (const [args, code, says] of rows) {
      const said = await piped(args);
      const words = `${args.join(" ")}\n${said.stdout}${said.stderr}`;
      assert.deepEqual([said.code, said.stdout], [code, ""], words);
      assert.match(said.stderr, says, words);
      assert.match(said.stderr, /^ *hint: ./m, words);
      assert.doesNotMatch(words, /fault of the tool|NotCapable/);
    }
    await assert.rejects(Deno.stat(`${folder}/new`), Deno.errors.NotFound);
  }));

/** Folders in which somebody has the stimulus at this moment. */
async function stimulusFolders(): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const { name } of Deno.readDir("/tmp")) {
    const path = `/tmp/${name}/work/stimulus`;
    if (await Deno.stat(path).then(() => true, () => false)) found.add(path);
  }
  return found;
}

/** Longest time after which nothing is left of a tool that was killed. */
const LEFT_MS = 15_000;

Deno.test("profile leaves nothing behind when it is killed by SIGKILL", async () => {
  const before = await stimulusFolders();
  const [deno, ...words] = TOOL_WORDS;
  const child = new Deno.Command(deno, {
    args: [...words, "profile", "-q"],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let folder: string | undefined;
  await until("the stimulus on its place", async () => {
    folder = [...await stimulusFolders()].find((it) => !before.has(it));
    return folder !== undefined;
  }, { limitMs: LIMIT_MS });
  // The task, and the tool that it runs.
  for (const pid of [...await childrenOf(child.pid), child.pid]) Deno.kill(pid, "SIGKILL");
  await child.status;
  await until("an end of the folder", async () => !(await stimulusFolders()).has(folder ?? ""), {
    limitMs: LEFT_MS,
  });
});
