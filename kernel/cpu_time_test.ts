import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalHost } from "../hosts/mod.ts";
import { fakeHost } from "./_fake_host.ts";
import { parseCpuTime, readCpuTime } from "./cpu_time.ts";

test("parseCpuTime() reads behind the name, whatever that holds", () => {
  const rest = "S 1 7 7 0 -1 4194560 1 2 3 4 150 25 900 900 20 0 1 0 8000 5 6";
  for (const name of ["a", "a) S 1 2 (b", "a\n) R 5", "\u{fffd}"]) {
    assert.deepEqual(parseCpuTime(`7 (${name}) ${rest}\n`), {
      kind: "known",
      value: { startTicks: 8000n, usedMs: 1750 },
    });
  }
});

test("parseCpuTime() does not take what is cut off, or no number, for 0", () => {
  for (const text of ["", "7 (a) S 1 7 7", "7 (a) S 1 7 7 0 -1 4194560 1 2 3 4 - 25 0 0 20 0 1 0 8000"]) {
    assert.equal(parseCpuTime(text).kind, "unknown", text);
  }
});

test("readCpuTime() sees the time of a process grow, and nothing of one that has gone", async () => {
  await using host = new LocalHost();
  const before = await readCpuTime(host, Deno.pid);
  const until = performance.now() + 200;
  while (performance.now() < until);
  const after = await readCpuTime(host, Deno.pid);
  assert.ok(before.kind === "known" && after.kind === "known");
  assert.ok(after.value.usedMs > before.value.usedMs);
  assert.equal(after.value.startTicks, before.value.startTicks);
  assert.equal((await readCpuTime(fakeHost({}), 7)).kind, "unknown");
  await assert.rejects(readCpuTime(host, 0), RangeError);
});
