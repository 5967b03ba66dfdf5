// Doctor on the machine that runs the tests, which has no bpftrace by the name that is given.

import assert from "node:assert/strict";
import { readCheckup } from "../support/answers.ts";
import { onTerminal, piped } from "../support/said.ts";

const WORDS = ["--bpftrace", "/no/such/bpftrace"];
const COMMAND = "deno run trace-clone --target lab:6.12";

/** Rows of the table: their answer, their title, and what is said beside it. */
function rowsOf(text: string): readonly { readonly mark: string; readonly rest: string }[] {
  return text.split("\n").flatMap((line) => {
    const found = /^(ok|no|\?) +(\S.*)$/.exec(line);
    return found === null ? [] : [{ mark: found[1] ?? "", rest: found[2] ?? "" }];
  });
}

Deno.test("doctor says why this machine cannot be traced, each cause once, and what works", async () => {
  const { code, stdout, stderr } = await piped(["doctor", ...WORDS]);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /^local: looking at the kernel\n$/);
  assert.match(stdout, /^local: Linux \S+ on \S+\n\nNeeded\n/);
  for (const line of stdout.split("\n")) assert.ok(line.length < 80, line);
  const rows = rowsOf(stdout);
  assert.ok(rows.length >= 10, stdout);
  assert.equal(new Set(rows.map((it) => it.rest)).size, rows.length);
  assert.match(stdout, /^no {2}bpftrace {10}bpftrace cannot be used: Cannot run "\/no\/such\/bpftrace"/m);
  assert.match(stdout, /^ {22}-> Install the package bpftrace/m);
  assert.ok(stdout.endsWith(`\nThis works:\n  ${COMMAND}\n`), stdout);
});

Deno.test("doctor says the same on a terminal", async () => {
  const words = ["doctor", "-q", ...WORDS];
  const [there, here] = [await onTerminal(words), await piped(words)];
  assert.deepEqual([there.code, here.code, here.stderr], [3, 3, ""]);
  assert.equal(there.stdout, here.stdout);
});

Deno.test("doctor --json gives a valid line for each check and the verdict", async () => {
  const { code, stdout } = await piped(["doctor", "-q", "--json", ...WORDS]);
  assert.equal(code, 3);
  const { checks, verdict } = readCheckup(stdout);
  assert.deepEqual([verdict.plan, verdict.exit_code, verdict.command], [false, 3, COMMAND]);
  const blocking = checks.filter((it) => it.blocks);
  assert.deepEqual([...new Set(blocking.map((it) => it.id))], verdict.blocked_by);
  assert.ok(verdict.blocked_by.includes("bpftrace"));
  for (const it of blocking) assert.ok(it.needed && it.answer !== "yes" && it.remedy !== null, it.id);
  assert.equal(new Set(blocking.map((it) => it.says)).size, blocking.length, "each cause once");
});

Deno.test("trace and plan refuse this machine with doctor's sentences and remedies", async () => {
  const { checks } = readCheckup((await piped(["doctor", "-q", "--json", ...WORDS])).stdout);
  const causes = checks.filter((it) => it.blocks);
  const expected = causes.map((it) => `  - ${it.says}\n    -> ${it.remedy}\n`).join("");
  for (const [words, works] of [[[], COMMAND], [["plan"], COMMAND.replace("clone", "clone plan")]] as const) {
    const { code, stdout, stderr } = await piped([...words, "-q", ...WORDS]);
    assert.deepEqual([code, stdout], [3, ""]);
    assert.match(stderr, /^trace-clone: Cannot trace "local" \(Linux \S+\):\n/);
    assert.equal(stderr.slice(stderr.indexOf("\n") + 1, stderr.indexOf("  hint:")), expected);
    assert.ok(stderr.includes(`\n    ${works} -q\n`), stderr);
  }
});

Deno.test("doctor refuses a target that it cannot open, with 3 and a hint", async () => {
  const { code, stdout, stderr } = await piped(["doctor", "--target", "replay:x"]);
  assert.deepEqual([code, stdout], [3, ""]);
  assert.match(stderr, /hint: /);
});

Deno.test("doctor and trace refuse bpftrace 0.11 with one sentence and exit code 3", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const program = `${folder}/bpftrace`;
    await Deno.writeTextFile(program, '#!/bin/sh\necho "bpftrace v0.11.3"\n', { mode: 0o755 });
    const words = ["-q", "--bpftrace", program];
    const [doctor, trace] = [await piped(["doctor", "--json", ...words]), await piped(words)];
    assert.deepEqual([doctor.code, trace.code, trace.stdout], [3, 3, ""]);
    const check = readCheckup(doctor.stdout).checks.find((it) => it.id === "bpftrace");
    assert.equal(check?.says, "bpftrace is too old: 0.17 or later is needed, found bpftrace v0.11.3");
    assert.equal(
      check?.remedy,
      "Install bpftrace 0.17 or later on the target, and name it with --bpftrace PATH",
    );
    assert.ok(trace.stderr.includes(`  - ${check?.says}\n    -> ${check?.remedy}\n`), trace.stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
