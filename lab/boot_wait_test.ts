import assert from "node:assert/strict";
import { HostError } from "../hosts/host.ts";
import { waitUntilReady } from "./boot_wait.ts";
import { startGuarded } from "./guard.ts";

/** Lets a shell play QEMU: `$1` is the console. */
async function boot(script: string, options: { bootLimitSeconds?: number; signal?: AbortSignal } = {}) {
  const folder = await Deno.makeTempDir();
  try {
    const serialLog = `${folder}/serial.log`;
    const limits = { timeLimitSeconds: 20, bootLimitSeconds: 10, ...options };
    await using run = startGuarded(["sh", "-c", script, "qemu", serialLog], { name: "test", ...limits });
    return await waitUntilReady(run, { name: "lab:6.12", serialLog, started: Date.now(), ...limits });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const READY = "printf 'lab-guest: hostkey AAAA\\nlab-guest: ready 6.12.1\\n' >$1";

Deno.test("waitUntilReady() returns what the console says", async () => {
  assert.deepEqual(await boot(`sleep 0.2; ${READY}; sleep 9`), { release: "6.12.1", hostKey: "AAAA" });
});

Deno.test("waitUntilReady() sees that the port was taken", async () => {
  assert.equal(await boot("echo 'Could not set up host forwarding rule' >&2; exit 1"), undefined);
});

const FAILURES = [
  {
    script: "echo 'lab-guest: failed: no disk' >$1; sleep 9",
    kind: "failed",
    reason: "no disk",
    hint: /^Its console ended with:\nlab-guest: failed: no disk$/,
  },
  {
    script: "echo booting >$1; echo 'cannot allocate memory' >&2; exit 1",
    kind: "lost",
    reason: "QEMU ended with status 1, before it was ready",
    hint: /booting\n\ncannot allocate memory$/,
  },
  {
    script: "sleep 9",
    bootLimitSeconds: 0.2,
    kind: "lost",
    reason: "it was not ready within 0.2 s",
    hint: /^Its console showed nothing$/,
  },
];
for (const { script, bootLimitSeconds, kind, reason, hint } of FAILURES) {
  Deno.test(`waitUntilReady() refuses a guest: ${reason}`, async () => {
    await assert.rejects(
      boot(script, bootLimitSeconds === undefined ? {} : { bootLimitSeconds }),
      (error) => {
        assert.ok(error instanceof HostError);
        assert.equal(error.message, `Cannot boot the guest "lab:6.12": ${reason}`);
        assert.equal(error.kind, kind);
        assert.match(error.hint ?? "", hint);
        return true;
      },
    );
  });
}

Deno.test("waitUntilReady() stops waiting when its signal is aborted", async () => {
  await assert.rejects(boot("sleep 9", { signal: AbortSignal.timeout(100) }), /TimeoutError/);
});
