// The main job as a person starts it, against a real kernel.
// Guests: keeps lab:6.12.

import assert from "node:assert/strict";
import { buildStimulus, findKernel, registerGuest, startGuest } from "../../lab/mod.ts";
import { agree } from "../support/agree.ts";
import { Tool } from "../support/tool.ts";
import { ofType, randomPrime } from "../support/traced_guest.ts";
import type { Call } from "../support/traced_guest.ts";

const TARGET = ["--target", "lab:6.12", "--json"];

Deno.test("one command boots a kernel, runs a command there and accounts for every pidfd", async () => {
  const rounds = randomPrime();
  console.log(`clone: ${rounds} rounds`);
  const stimulus = await buildStimulus();
  const tool = new Tool([...TARGET, "--copy", stimulus, "--", "./stimulus", "clone", `${rounds}`]);
  const { code, events, stderr } = await tool.result();
  assert.equal(code, 0, stderr);
  assert.equal(events[0]?.type, "start");
  const [last] = ofType(events.slice(-1), "end");
  assert.deepEqual([last?.complete, last?.exit_code, last?.command_status], [true, 0, 0]);

  const said = stderr.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  assert.deepEqual(said.at(-1), { scenario: "clone", rounds, ok: true, why: null });
  const calls: readonly Call[] = said.slice(0, -1);
  agree({ calls, events });
  const created = ofType(events, "pidfd.create");
  assert.equal(created.length, rounds);
  for (const it of created) assert.deepEqual([it.origin, it.count.after, it.count.expected], ["clone", 2, 2]);
  const [summary] = ofType(events, "summary");
  assert.ok(summary !== undefined);
  const { released, open, targets, targets_exited, targets_freed, lost, late, unmatched, findings } = summary;
  assert.deepEqual(
    { released, open, targets, targets_exited, targets_freed, lost, late, unmatched, findings },
    {
      released: rounds,
      open: 0,
      targets: rounds,
      targets_exited: rounds,
      targets_freed: rounds,
      lost: 0,
      late: 0,
      unmatched: 0,
      findings: 0,
    },
  );
  // Nothing but the command and its descendants is in the stream.
  const [start] = ofType(events, "start");
  const tree = new Set([start?.command_pid, ...ofType(events, "process.start").map((it) => it.child_pid)]);
  for (const it of events) if ("process" in it && it.process !== null) assert.ok(tree.has(it.process.pid));
});

Deno.test("limits and signals end a run with everything that was seen", async (t) => {
  await using guest = await startGuest({ kernel: findKernel("6.12"), timeLimitSeconds: 600 });
  await registerGuest(guest);
  const stimulus = await buildStimulus();
  const copy = ["--copy", stimulus];

  await t.step("SIGINT: 130, the command ends, the last line is there", async () => {
    const tool = new Tool([...TARGET, ...copy, "--", "./stimulus", "bystander"]);
    await tool.until('"pidfd.create"');
    await tool.signal("INT");
    const { code, events } = await tool.result();
    assert.equal(code, 130);
    const last = events.at(-1);
    assert.ok(last?.type === "end" && last.exit_code === 130, JSON.stringify(last));
    assert.equal(ofType(events, "pidfd.create").length, 3);
    assert.equal(ofType(events, "pidfd.release").length, 3, "the command's end is still seen");
  });

  await t.step("-M N: N events and 0", async () => {
    const tool = new Tool([...TARGET, "-M", "5", ...copy, "--", "./stimulus", "clone", "50"]);
    const { events } = await tool.result();
    const inner = events.filter((it) => !["start", "summary", "end", "lost"].includes(it.type));
    assert.equal(inner.length, 5);
    assert.equal(ofType(events, "end")[0]?.exit_code, 0);
  });

  await t.step("the exit status of the command is the tool's", async () => {
    const tool = new Tool([...TARGET, "--", "sh", "-c", "exit 7"]);
    const { code, events } = await tool.result();
    assert.equal(code, 7);
    assert.deepEqual(ofType(events, "end").map((it) => [it.exit_code, it.command_status]), [[0, 7]]);
  });

  await t.step("a command that is not there: 127, and who says so", async () => {
    const tool = new Tool([...TARGET, "--", "./no-such-program"]);
    const { code, events, stderr } = await tool.result();
    assert.equal(code, 127, stderr);
    assert.match(stderr, /no-such-program/);
    assert.deepEqual(ofType(events, "end").map((it) => [it.exit_code, it.command_status]), [[0, 127]]);
  });

  await t.step("-d: the time is over, 0", async () => {
    const tool = new Tool([...TARGET, "-d", "3s"]);
    const { code, events } = await tool.result();
    assert.deepEqual([code, events.at(-1)?.type], [0, "end"]);
  });
});
