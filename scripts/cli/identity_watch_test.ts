import assert from "node:assert/strict";
import { known, notKnown } from "../../kernel/mod.ts";
import { IdentityWatch } from "./identity_watch.ts";

const ROOT: ReadonlyMap<bigint, string> = new Map([[1n, "/"]]);

/** A watch on a machine whose cgroups can be changed, at a time that can be set. */
function watched(isKnown = true) {
  const told: string[] = [];
  const machine = { paths: new Map(ROOT), nowMs: 0, readings: 0 };
  const watch = new IdentityWatch({
    read: () => {
      machine.readings += 1;
      return Promise.resolve(known(new Map(machine.paths)));
    },
    paths: isKnown ? known(ROOT) : notKnown("There is no cgroup v2"),
    met: ["who 1 2 3 4 5"],
    tell: (records) => told.push(...records),
    nowMs: () => machine.nowMs,
  });
  return { watch, told, machine };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test("IdentityWatch tells at once who was met and what was read", () => {
  const { told } = watched();
  assert.deepEqual(told, ["who 1 2 3 4 5", "cgroup 1 2f"]);
});

Deno.test("IdentityWatch reads again for an unknown id, once a second at most, and tells what is new", async () => {
  const { watch, told, machine } = watched();
  machine.paths.set(2n, "/a b\n");
  watch.want([2n]);
  machine.nowMs = 1000;
  watch.want([1n]);
  assert.equal(machine.readings, 0);
  watch.want([2n]);
  watch.want([2n]);
  await settle();
  assert.equal(machine.readings, 1);
  assert.deepEqual(told.slice(2), ["cgroup 2 2f6120620a"]);
});

Deno.test("IdentityWatch does not ask twice for what is gone", async () => {
  const { watch, machine } = watched();
  for (machine.nowMs = 1000; machine.nowMs < 9000; machine.nowMs += 1000) {
    watch.want([3n]);
    await settle();
  }
  assert.equal(machine.readings, 1);
});

Deno.test("IdentityWatch reads nothing where there is no cgroup v2, and tells nothing when it is over", async () => {
  const without = watched(false);
  without.machine.nowMs = 5000;
  without.watch.want([2n]);
  assert.deepEqual([without.machine.readings, without.told], [0, ["who 1 2 3 4 5"]]);
  const { watch, told, machine } = watched();
  machine.paths.set(2n, "/a");
  machine.nowMs = 1000;
  watch.want([2n]);
  watch[Symbol.dispose]();
  await settle();
  assert.equal(told.length, 2);
});
