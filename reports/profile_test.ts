import assert from "node:assert/strict";
import { makeProfile, type Profile, type ProfileFact } from "../model/mod.ts";
import { readAnswers } from "../tests/support/answers.ts";
import { profileDiffJson, profileDiffText, profileJson, profileText } from "./profile.ts";

const ABOUT = { host: "lab:6.12", release: "6.12.1", machine: "x86_64" };
const FILES = { a: { file: "a.json", ...ABOUT }, b: { file: "b.json", ...ABOUT } };

function fact(id: string, value: string | null, unknown: string | null = null): ProfileFact {
  return { id, value, unknown, says: "What it gives", how: "clone", rests_on: ["confirm-x y clone"] };
}

function profile(...facts: readonly ProfileFact[]): Profile {
  return { schema: "trace-clone/1", type: "profile", ...ABOUT, facts };
}

Deno.test("profileText() has a row for each fact, and the others by their reasons", () => {
  const text = profileText(
    profile(
      fact("open", "a pidfd"),
      fact("pids-max", null, "no root"),
      fact("pidfd-mode", "0700"),
      fact("wait", null, "it hung"),
      fact("dead", null, "no root"),
    ),
  );
  assert.deepEqual(text.split("\n"), [
    "lab:6.12: Linux 6.12.1 on x86_64",
    "",
    "open        a pidfd",
    "pidfd-mode  0700",
    "",
    "Not known:",
    "pids-max, dead",
    "    no root",
    "wait",
    "    it hung",
    "",
    "2 facts are known, 3 not known",
    "",
  ]);
});

Deno.test("profileText() and profileDiffText() have no line of 80 columns, and show control characters", () => {
  const long = "a reason ".repeat(20);
  const nasty = "b\u001b[31m\u202e".repeat(30);
  const text = profileText(profile(fact("open", long), fact("x", null, nasty), fact("y", nasty)));
  const diff = profileDiffText({
    ...FILES,
    a: { ...FILES.a, file: nasty, host: long },
    changed: [{ id: "open", says: "", a: nasty, b: long, since: long, commits: [nasty], source: nasty }],
    untold: [{ id: nasty, a: null, b: null, unknown: long }],
    same: 0,
    exitCode: 1,
  });
  for (const line of `${text}${diff}`.split("\n")) {
    assert.ok(line.length < 80, line);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(line, /[\u0000-\u001f\u202e]/);
  }
});

Deno.test("profileDiffText() tells each change with what it is known by", () => {
  const change = { id: "pidfd-mode", says: "", a: "0600", b: "0700" };
  const text = profileDiffText({
    ...FILES,
    changed: [
      { ...change, since: "6.9", commits: ["cb12fd8e0dab"], source: "upstream: pidfd: add pidfs" },
      { ...change, id: "open", since: "7.1", commits: [], source: "the sources of 7.1.13" },
      { ...change, id: "wait", since: null, commits: [], source: null },
    ],
    untold: [{ id: "pids-max", a: null, b: "EAGAIN", unknown: "the first: no root" }],
    same: 1,
    exitCode: 1,
  });
  assert.deepEqual(text.split("\n").slice(2), [
    "",
    "pidfd-mode: 0600 -> 0700",
    "    Linux 6.9 (cb12fd8e0dab); upstream: pidfd: add pidfs",
    "",
    "open: 0600 -> 0700",
    "    Linux 7.1; the sources of 7.1.13",
    "",
    "wait: 0600 -> 0700",
    "    It is not known which change this is.",
    "",
    "Not compared:",
    "pids-max",
    "    the first: no root",
    "",
    "3 facts differ, 1 is the same, 1 cannot be compared",
    "",
  ]);
});

Deno.test("profileJson() and profileDiffJson() print what the schema says", () => {
  const whole = profile(...makeProfile([], new Map()));
  const change = { id: "open", says: "", a: "0600", b: "0700", since: null, commits: [], source: null };
  const untold = { id: "wait", a: null, b: "EAGAIN", unknown: "no root" };
  const diff = profileDiffJson({ ...FILES, changed: [change], untold: [untold], same: 3, exitCode: 1 });
  const [first, second] = readAnswers(`${profileJson(whole)}${diff}`);
  assert.deepEqual(first, whole);
  assert.ok(second?.type === "profile-diff");
  assert.deepEqual([second.changed, second.untold, second.exit_code], [[change], [untold], 1]);
});
