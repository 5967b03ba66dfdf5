import assert from "node:assert/strict";
import type { Update } from "../../model/mod.ts";
import { globExpression } from "./values.ts";
import { HolderPlaces, isHolderAsked, notPlaced } from "./holder_filter.ts";
import type { HolderIdentity } from "./holder_filter.ts";

const HOLDER: HolderIdentity = {
  pid: 7,
  comm: "agent",
  uid: 33,
  place: { path: "/a/b", container: "0123abcd" },
};
const ALL = { pids: [], comm: undefined, uids: [], cgroups: [], containers: [] };

Deno.test("isHolderAsked() wants every filter to match, and does not guess what is not known", () => {
  const rows: readonly (readonly [Partial<HolderIdentity>, object, "yes" | "no" | "unknown"])[] = [
    [{}, {}, "yes"],
    [{ uid: undefined, place: undefined }, {}, "yes"],
    [{}, { pids: [7], uids: [0, 33], cgroups: ["/a"], containers: ["0123"] }, "yes"],
    [{}, { pids: [8] }, "no"],
    [{ pid: null }, { pids: [7] }, "no"],
    [{}, { comm: globExpression("b*") }, "no"],
    [{}, { uids: [0] }, "no"],
    [{ uid: undefined }, { uids: [0] }, "unknown"],
    [{ uid: undefined }, { uids: [0], cgroups: ["/ab"] }, "no"],
    [{}, { cgroups: ["/a/b/c"] }, "no"],
    [{}, { cgroups: ["/x", "/"] }, "yes"],
    [{ place: undefined }, { cgroups: ["/"] }, "unknown"],
    [{ place: { path: "/a", container: undefined } }, { containers: ["0123"] }, "no"],
  ];
  for (const [holder, asked, answer] of rows) {
    assert.equal(
      isHolderAsked({ ...HOLDER, ...holder }, { ...ALL, ...asked }),
      answer,
      JSON.stringify(asked),
    );
  }
  assert.deepEqual(notPlaced(0), []);
  assert.match(notPlaced(2).join(), /2 holders/);
});

Deno.test("HolderPlaces knows where a process was last, and not another one with its number", () => {
  const places = new HolderPlaces();
  const acts = (cgroup: string | null, start: string) => {
    const process = { pid: 7, tid: 7, start_ns: start, comm: "a", ns_pid: 1, cgroup, container: null };
    places.take({ body: { process: { ...process, container_runtime: null } } } as Pick<Update, "body">);
  };
  acts("/a", "50");
  acts("/b", "50");
  acts(null, "50");
  assert.deepEqual(places.of({ pid: 7, start: "50" }), { path: "/b", container: undefined });
  assert.equal(places.of({ pid: 7, start: "51" }), undefined);
});
