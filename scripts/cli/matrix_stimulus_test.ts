import assert from "node:assert/strict";
import { isBirth, readStimulus } from "./matrix_stimulus.ts";

const CALL = { round: 0, call: "clone", tid: 7, ret: 8, errno: 0, pid: 8, fd: 3, flags: 0x1011 };
const LAST = { scenario: "clone", rounds: 1, ok: true, why: null };

function output(...lines: readonly unknown[]): string {
  return lines.map((it) => `${JSON.stringify(it)}\n`).join("");
}

Deno.test("readStimulus() reads calls and the last line", () => {
  const run = readStimulus("clone", { code: 0, stdout: output(CALL, LAST), stderr: "" });
  assert.deepEqual([run.ok, run.why, run.calls], [true, null, [CALL]]);
});

Deno.test("readStimulus() keeps what was done before the machine did something else, and the reason", () => {
  const stdout = output(CALL, { ...LAST, ok: false, why: "clone gave EPERM" });
  const run = readStimulus("clone", { code: 1, stdout, stderr: "stimulus: clone gave EPERM\n" });
  assert.deepEqual([run.ok, run.why, run.calls.length], [false, "clone gave EPERM", 1]);
});

Deno.test("readStimulus() believes no output that is cut off, strange, or not of calls", () => {
  const strange = [
    output(CALL),
    output({ ...CALL, fd: "3" }, LAST),
    "\u0000{",
    output([1], LAST),
    output(LAST).slice(2),
  ];
  for (const stdout of strange) {
    const run = readStimulus("clone", { code: 0, stdout, stderr: "" });
    assert.deepEqual([run.ok, run.calls], [undefined, []], stdout);
  }
});

Deno.test("readStimulus() tells why a scenario cannot run there", () => {
  const run = readStimulus("pids-max", { code: 3, stdout: "", stderr: "stimulus: no cgroup\n" });
  assert.deepEqual([run.ok, run.why], [undefined, "stimulus: no cgroup"]);
});

Deno.test("isBirth() is true of calls that ask for a pidfd", () => {
  assert.equal(isBirth(CALL), true);
  assert.equal(isBirth({ ...CALL, flags: 17 }), false);
  assert.equal(isBirth({ ...CALL, call: "pidfd_open", flags: 0 }), true);
  assert.equal(isBirth({ ...CALL, call: "close", flags: null }), false);
});
