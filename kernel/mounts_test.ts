import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { readMounts } from "./mounts.ts";

test("readMounts() finds what is mounted, by its kind and not by its name", async () => {
  const text = [
    "proc /proc proc rw 0 0",
    "tracefs /mnt/debugfs\\040x ext4 rw 0 0",
    "none /sys/kernel/tracing tracefs rw 0 0",
    "none /t tracefs rw 0 0",
    "debugfs /sys/kernel/debug debugfs rw 0 0",
    "",
  ].join("\n");
  const mounts = await readMounts(fakeHost({ files: { "/proc/self/mounts": text } }));
  assert.ok(mounts.kind === "known");
  assert.deepEqual([...mounts.value], [["tracefs", ["/sys/kernel/tracing", "/t"]], ["debugfs", [
    "/sys/kernel/debug",
  ]]]);
});

test("readMounts() says unknown when the table cannot be read", async () => {
  assert.equal((await readMounts(fakeHost({}))).kind, "unknown");
});
