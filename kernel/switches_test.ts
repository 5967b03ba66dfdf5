import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost, type FakeMachine } from "./_fake_host.ts";
import { type ProbeSwitches, readSwitches } from "./switches.ts";

const KPROBES = "/sys/kernel/debug/kprobes/enabled";
const FTRACE = "/proc/sys/kernel/ftrace_enabled";

function read(files: NonNullable<FakeMachine["files"]>): Promise<ProbeSwitches> {
  return readSwitches(fakeHost({ files }));
}

test("readSwitches() says on when both files say 1", async () => {
  const { kprobes, ftrace } = await read({ [KPROBES]: "1\n", [FTRACE]: "1\n" });
  assert.deepEqual([kprobes.state, ftrace.state], [{ kind: "on" }, { kind: "on" }]);
});

test("readSwitches() says off with a reason and the command that turns it on", async () => {
  const { kprobes, ftrace } = await read({ [KPROBES]: "0\n", [FTRACE]: "0\n" });
  assert.deepEqual(kprobes.state, {
    kind: "off",
    reason: `"${KPROBES}" is 0: probes attach and never fire`,
    remedy: `echo 1 > ${KPROBES}`,
  });
  assert.equal(ftrace.state.kind === "off" && ftrace.state.remedy, "sysctl kernel.ftrace_enabled=1");
});

test("readSwitches() says unknown when a file is missing, refused or odd", async () => {
  const { kprobes, ftrace } = await read({ [KPROBES]: { fails: "denied" }, [FTRACE]: "maybe" });
  assert.equal(kprobes.state.kind, "unknown");
  assert.match(ftrace.state.kind === "unknown" ? ftrace.state.reason : "", /got "maybe"/);
  assert.equal((await read({})).kprobes.state.kind, "unknown");
});

test("readSwitches() says that fentry hangs on ftrace only", async () => {
  const { kprobes, ftrace } = await read({});
  assert.equal(kprobes.silences.includes("fentry"), false);
  assert.equal(ftrace.silences.includes("fentry"), true);
});

test("readSwitches() throws when the host is lost", async () => {
  await assert.rejects(readSwitches(fakeHost({ lost: true })), { kind: "lost" });
});
