import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { LocalHost, run } from "../hosts/mod.ts";
import { parseCgroupPaths, readCgroupPaths } from "./cgroup_paths.ts";
import { parseProcessFacts, readProcessFacts } from "./process_facts.ts";

test("readProcessFacts() tells of processes of this machine what /proc says, and leaves out who has gone", async () => {
  await using host = new LocalHost();
  const facts = await readProcessFacts(host, [1, process.pid, process.pid, 999_999_999]);
  assert.ok(facts.kind === "known");
  assert.deepEqual([...facts.value.keys()].sort((a, b) => a - b), [1, process.pid].sort((a, b) => a - b));
  const own = facts.value.get(process.pid);
  const stat = await run(host, ["cat", `/proc/${process.pid}/stat`]);
  const start = stat.stdout.slice(stat.stdout.lastIndexOf(")") + 2).split(" ")[19];
  assert.equal(own?.startTicks, BigInt(start ?? -1));
  assert.ok(own.numbers.includes(process.pid));
  const cgroup = await run(host, ["cat", `/proc/${process.pid}/cgroup`]);
  assert.ok(own.cgroups.kind === "known");
  assert.equal(own.cgroups.value.places.length, cgroup.stdout.trim().split("\n").length);
});

test("readProcessFacts() refuses what is no number of a process", async () => {
  await using host = new LocalHost();
  for (const pid of [0, -1, 1.5, NaN]) await assert.rejects(readProcessFacts(host, [pid]), RangeError);
});

test("parseProcessFacts() leaves out a number that went to another process meanwhile", () => {
  const text = "process 7 100 7\nc0::/a\nafter 7 200\nprocess 8 100 8\nafter 8 100\nend\n";
  const facts = parseProcessFacts(text);
  assert.ok(facts.kind === "known");
  assert.deepEqual([...facts.value.keys()], [8]);
  assert.deepEqual(facts.value.get(8)?.cgroups.kind, "unknown");
  assert.equal(parseProcessFacts("process 7 100 7\n").kind, "unknown");
});

test("readCgroupPaths() gives every cgroup of this machine its id", async () => {
  await using host = new LocalHost();
  const paths = await readCgroupPaths(host);
  if (paths.kind === "unknown") return assert.match(paths.reason, /no cgroup v2/);
  for (const path of paths.value.values()) assert.ok(path.startsWith("/"));
  assert.equal(new Set(paths.value.values()).size, paths.value.size);
});

test("parseCgroupPaths() says why there are none", () => {
  const rows: readonly (readonly [text: string, reason: RegExp])[] = [
    ["none\n", /no cgroup v2/],
    ["root /sys/fs/cgroup\n1 /sys/fs/cgroup\n", /to its end/],
    ["root /sys/fs/cgroup\n1 /sys/fs/cgroup\n2 /sys/fs/cgroup/a\nend\n", /more than 1 cgroups/],
    ["", /to its end/],
  ];
  for (const [text, reason] of rows) {
    const paths = parseCgroupPaths(text, { cgroupsMax: 1 });
    assert.match(paths.kind === "unknown" ? paths.reason : "", reason, text);
  }
});
