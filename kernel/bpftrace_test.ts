import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalHost, run } from "../hosts/mod.ts";
import { fakeHost, type FakeOutput } from "./_fake_host.ts";
import { supported } from "./feature.ts";
import { type Bpftrace, bpftraceDialect, parseBpftraceVersion, readBpftrace } from "./bpftrace.ts";

function ask(output: FakeOutput): Promise<Bpftrace> {
  return readBpftrace(fakeHost({ commands: { "bpftrace --version": output } }));
}

test("parseBpftraceVersion() reads what distributions print", () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["bpftrace v0.23.2", "0.23.2"],
    ["bpftrace v0.17.0-dirty\n", "0.17.0"],
    ["bpftrace 0.27.1", "0.27.1"],
    ["bpftrace v0.20.2-1-gab12cd", "0.20.2"],
    ["bpftrace v0.24.0 (Debian 0.24.0-1)", "0.24.0"],
    ["bpftrace v1.0", "1.0.0"],
    ["bpftrace v0.11.3+dfsg", "0.11.3"],
    ["WARNING: something 1.2.3\nbpftrace v0.21.2", "0.21.2"],
    ["bpftrace v0-git", undefined],
    ["BTF 0.23.2", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of rows) {
    const version = parseBpftraceVersion(text);
    assert.equal(version && `${version.major}.${version.minor}.${version.patch}`, expected, text);
  }
});

test("bpftraceDialect() says unsupported below 0.17, in one sentence with both versions", () => {
  assert.deepEqual(bpftraceDialect({ major: 0, minor: 16, patch: 9 }), {
    kind: "unsupported",
    reason: "bpftrace 0.17 or newer is required to read the generated program, found 0.16.9",
  });
  assert.deepEqual(bpftraceDialect({ major: 0, minor: 17, patch: 0 }), supported());
  assert.deepEqual(bpftraceDialect({ major: 1, minor: 0, patch: 0 }), supported());
});

test("readBpftrace() gives program, version and text", async () => {
  assert.deepEqual(await ask({ stdout: "bpftrace v0.23.2\n" }), {
    program: "bpftrace",
    version: { major: 0, minor: 23, patch: 2 },
    text: "bpftrace v0.23.2",
  });
});

test("readBpftrace() runs the program that it is told to", async () => {
  const host = fakeHost({ commands: { "/opt/b p/bpftrace --version": { stdout: "bpftrace v0.25.0" } } });
  assert.equal((await readBpftrace(host, { program: "/opt/b p/bpftrace" })).version.minor, 25);
});

test("readBpftrace() throws missing with a hint when there is none", async () => {
  await assert.rejects(readBpftrace(fakeHost({})), { name: "HostError", kind: "missing", hint: /Install/ });
});

test("readBpftrace() throws denied or failed when it cannot run or says no version", async () => {
  await assert.rejects(ask({ code: 126 }), { kind: "denied" });
  await assert.rejects(ask({ code: 134, stderr: "Aborted" }), {
    kind: "failed",
    message: /got 134, saying "Aborted"/,
  });
  await assert.rejects(ask({ stdout: "hello" }), { kind: "failed", message: /got "hello"/ });
});

test("readBpftrace() throws lost when the host is", async () => {
  await assert.rejects(readBpftrace(fakeHost({ lost: true })), { kind: "lost" });
});

test("readBpftrace() throws failed when it says nothing for too long, and ends it", async () => {
  const folder = await Deno.makeTempDir();
  const program = `${folder}/bpftrace`;
  await Deno.writeTextFile(program, '#!/bin/sh\necho $$ >"$0.pid"\nexec sleep 300\n', { mode: 0o755 });
  await using host = new LocalHost();
  await assert.rejects(readBpftrace(host, { program, timeoutMs: 2000 }), {
    name: "HostError",
    kind: "failed",
    message: /did not end within 2000 ms/,
  });
  const pid = (await Deno.readTextFile(`${program}.pid`)).trim();
  const { code } = await run(host, ["kill", "-0", pid]);
  assert.notEqual(code, 0, "it was left behind");
  await Deno.remove(folder, { recursive: true });
});
