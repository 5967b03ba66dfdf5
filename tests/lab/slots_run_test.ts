// --slots as a person uses it: what was open before, what /proc says at the end, and the same from a recording.
// Guests: keeps lab:6.12, lab:6.1.

import assert from "node:assert/strict";
import { buildStimulus, findKernel, registerGuest, startGuest } from "../../lab/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import { Tool } from "../support/tool.ts";
import { ofType } from "../support/traced_guest.ts";

for (const kernel of ["6.12", "6.1"]) {
  Deno.test(`--slots beside another run of the tool on ${kernel}`, async (t) => {
    await using guest = await startGuest({ kernel: findKernel(kernel), timeLimitSeconds: 900 });
    await registerGuest(guest);
    const room = await Deno.makeTempDir({ prefix: "trace-clone-slots-" });
    const target = ["--target", `lab:${kernel}`, "--json"];
    const stimulus = await buildStimulus();
    const holding = new Tool([
      ...target,
      "--copy",
      stimulus,
      "--",
      "./stimulus",
      "bystander",
      "--hold",
      "300000",
    ]);
    await holding.until('"origin":"pidfd_open"');

    await t.step("what was open before is known, and /proc says the same", async () => {
      const { code, events, stderr } = await new Tool([...target, "--slots", "-d", "5s"]).result();
      assert.equal(code, 0, stderr);
      const born = ofType(events, "pidfd.create");
      assert.deepEqual(born.map((it) => it.origin), ["baseline", "baseline", "baseline"]);
      assert.equal(new Set(born.map((it) => it.target.pid)).size, 1);
      for (const it of born) assert.equal(it.process?.comm, "stimulus");
      const installed = ofType(events, "pidfd.install");
      assert.deepEqual(installed.map((it) => it.fd), born.map((it) => it.fd));
      assert.deepEqual(totals(events), { baseline: 3, agreed: 3, only: 0, lacks: 0, unmatched: 0, lost: 0 });
    });

    await t.step("they are followed to their end, and a recording says it again", async () => {
      const file = `${room}/run.ndjson`;
      const tool = new Tool(["record", file, ...target, "--slots", "-d", "25s"]);
      await tool.until('"pidfd.install"');
      await holding.signal("INT");
      const other = await holding.result();
      assert.equal(other.code, 130);
      const { code, events, stderr } = await tool.result();
      assert.equal(code, 0, stderr);
      const closed = ofType(events, "pidfd.close");
      assert.deepEqual(closed.map((it) => [it.slots, it.references]), [[0, 0], [0, 0], [0, 0]]);
      const released = ofType(events, "pidfd.release");
      const born = ofType(events, "pidfd.create");
      assert.deepEqual(
        released.map((it) => it.created_seq).toSorted(),
        born.map((it) => it.seq).toSorted(),
      );
      assert.equal(ofType(events, "summary")[0]?.baseline_released, 3);
      assert.deepEqual(totals(events), { baseline: 3, agreed: 0, only: 0, lacks: 0, unmatched: 0, lost: 0 });
      const again = await new Tool(["replay", file, "--json"]).result();
      assert.deepEqual(again.events, events);
    });
    await Deno.remove(room, { recursive: true });
  });
}

function totals(events: readonly TraceEvent[]): Record<string, number | null | undefined> {
  const [summary] = ofType(events, "summary");
  return {
    baseline: summary?.baseline,
    agreed: summary?.proc_agreed,
    only: summary?.proc_only,
    lacks: summary?.proc_lacks,
    unmatched: summary?.unmatched,
    lost: summary?.lost,
  };
}
