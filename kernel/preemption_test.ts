import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { readPreemption } from "./preemption.ts";

const SELECTED = "/sys/kernel/debug/sched/preempt";

test("readPreemption() believes debugfs, then the build's own words", async () => {
  const rows: readonly (readonly [Record<string, string>, string])[] = [
    [{ [SELECTED]: "none voluntary (full)\n", "/proc/version": "#1 SMP PREEMPT_DYNAMIC Debian " }, "full"],
    [{ [SELECTED]: "full (lazy)\n" }, "lazy"],
    [{ "/proc/version": "Linux version 6.1 (gcc) #1 SMP PREEMPT_RT Debian 6.1" }, "rt"],
    [{ [SELECTED]: "(full)", "/proc/version": "#1 SMP PREEMPT_RT Debian" }, "rt"],
    [{ "/proc/version": "#1 SMP PREEMPT Thu" }, "full"],
  ];
  for (const [files, value] of rows) {
    assert.deepEqual(await readPreemption(fakeHost({ files })), { kind: "known", value });
  }
});

test("readPreemption() says unknown when nothing decides", async () => {
  const rows = [{}, { "/proc/version": "#1 SMP PREEMPT_DYNAMIC @0" }, {
    "/proc/version": "#1 SMP Debian 5.10",
  }];
  for (const files of rows) assert.equal((await readPreemption(fakeHost({ files }))).kind, "unknown");
});

test("readPreemption() throws when the host is lost", async () => {
  await assert.rejects(readPreemption(fakeHost({ lost: true })), { kind: "lost" });
});
