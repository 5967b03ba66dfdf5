import assert from "node:assert/strict";
import { LocalHost } from "../../hosts/mod.ts";
import { CostWatch } from "./cost_watch.ts";

/** Works hard until its input ends. */
const BUSY = "while ! read -r -t 0 line; do :; done";

Deno.test("CostWatch tells what was used between its looks, there and here", async () => {
  await using host = new LocalHost();
  const busy = new Deno.Command("bash", { args: ["-c", BUSY], stdin: "piped" }).spawn();
  try {
    const watch = new CostWatch(host, { bpftracePid: busy.pid });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const until = performance.now() + 200;
    while (performance.now() < until);
    await watch.last();
    const { cost } = watch;
    assert.ok(cost.wall_ms > 0);
    assert.ok((cost.target_cpu_ms ?? 0) > 0 && cost.target_attach_cpu_ms !== null, JSON.stringify(cost));
    assert.ok(cost.own_cpu_ms > 0 && cost.own_heap_bytes > 0);
    // A process without programs of the kernel.
    assert.equal(cost.target_programs_cpu_ms, null);
  } finally {
    busy.kill("SIGKILL");
    await busy.status;
    await busy.stdin.abort().catch(() => undefined);
  }
});

Deno.test("CostWatch tells no time of a process that has gone, or when nobody looked a last time", async () => {
  await using host = new LocalHost();
  const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  const gone = new CostWatch(host, { bpftracePid: child.pid });
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGKILL");
  await child.status;
  await gone.last();
  const { cost } = gone;
  assert.equal(cost.target_cpu_ms, null);
  assert.ok(cost.target_attach_cpu_ms !== null);
  const { cost: unasked } = new CostWatch(host, { bpftracePid: Deno.pid });
  assert.deepEqual([unasked.target_attach_cpu_ms, unasked.target_cpu_ms], [null, null]);
  assert.ok(unasked.own_cpu_ms >= 0 && unasked.wall_ms >= 0);
});
