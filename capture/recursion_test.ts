import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "../kernel/_fake_host.ts";
import { parseRecursion, readRecursion } from "./mod.ts";

const UPTIME = "12.34 20.00";

function fdinfo(fd: number, fields: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(fields).map(([name, value]) => `/proc/77/fdinfo/${fd}:${name}:\t${value}`);
}

function text(...files: readonly (readonly string[])[]): string {
  return [UPTIME, ...files.flat(), UPTIME, ""].join("\n");
}

test("parseRecursion() tells the misses of kprobes from those of others", () => {
  const of = (id: number, prog_type: number) => fdinfo(id, { prog_type, prog_id: id, recursion_misses: id });
  const found = parseRecursion(text(of(1, 26), of(2, 2), of(4, 5), of(8, 2)), "");
  assert.ok(found.misses !== null);
  const ofKprobes = found.programs.filter((it) => it.isKprobe).map((it) => it.misses);
  assert.deepEqual([found.misses, ofKprobes], [15, [2, 8]]);
});

test("parseRecursion() adds up the programs, each once, and links are none", () => {
  const program = (id: number, misses: number) => ({ prog_type: 26, prog_id: id, recursion_misses: misses });
  const found = parseRecursion(
    text(
      fdinfo(5, program(1, 2)),
      fdinfo(6, program(2, 3)),
      fdinfo(7, program(2, 3)),
      fdinfo(8, { prog_id: 9 }),
    ),
    "",
  );
  assert.deepEqual(found, {
    misses: 5,
    programs: [
      { id: "1", misses: 2, isKprobe: false, place: undefined },
      { id: "2", misses: 3, isKprobe: false, place: undefined },
    ],
    areKprobesCounted: true,
    fromNs: 12_340_000_000n,
    toNs: 12_350_000_000n,
  });
});

test("parseRecursion() adds what links tell of kprobes, and knows whether every kprobe has one", () => {
  const kprobe = (id: number) => fdinfo(id, { prog_type: 2, prog_id: id, recursion_misses: 1 });
  const link = (id: number, missed: number) =>
    fdinfo(10 + id, { link_type: 0, link_id: id, prog_id: id, missed });
  for (
    const [links, misses, areKprobesCounted] of [
      [[link(1, 3), link(2, 4)], 9, true],
      [[link(1, 3), link(1, 3)], 5, false],
      [[link(1, 3), fdinfo(13, { link_id: 3, prog_id: 1, missed: 0 })], 5, false],
      [[fdinfo(11, { link_id: 1, prog_id: 1 })], 2, false],
      [[], 2, false],
    ] as const
  ) {
    const found = parseRecursion(text(kprobe(1), kprobe(2), ...links), "");
    assert.ok(found.misses !== null);
    assert.deepEqual([found.misses, found.areKprobesCounted], [misses, areKprobesCounted]);
  }
});

test("parseRecursion() knows where a program is, as far as its link tells", () => {
  const program = (id: number, prog_type = 26) => fdinfo(id, { prog_type, prog_id: id, recursion_misses: 0 });
  const link = (id: number, fields: Readonly<Record<string, number>>) =>
    fdinfo(20 + id, { link_id: id, prog_id: id, ...fields });
  const found = parseRecursion(
    text(
      ...[1, 2, 3, 4, 5].map((id) => program(id)),
      link(1, { attach_type: 24, target_obj_id: 1, target_btf_id: 91015 }),
      link(2, { attach_type: 25, target_obj_id: 1, target_btf_id: 47962 }),
      // Linux 6.1 tells no function, and a raw tracepoint is at none.
      link(3, { attach_type: 24 }),
      link(4, { attach_type: 23, target_btf_id: 7 }),
    ),
    "",
  );
  assert.ok(found.misses !== null);
  assert.deepEqual(found.programs.map((it) => it.place), [
    { kind: "fentry", linkId: 1, functionId: 91015 },
    { kind: "fexit", linkId: 2, functionId: 47962 },
    { kind: "fentry", linkId: 3, functionId: undefined },
    undefined,
    undefined,
  ]);
});

test("parseRecursion() never takes what is not there for 0", () => {
  const old = parseRecursion(text(fdinfo(5, { prog_type: 26, prog_id: 1 })), "");
  assert.deepEqual(old, {
    misses: null,
    reason: "This kernel does not count recursion misses; Linux 5.12 and later do",
  });
  const denied = parseRecursion(text(), "grep: /proc/77/fdinfo/*: Permission denied\n");
  assert.match(denied.misses === null ? denied.reason : "", /cannot be read: grep: .*Permission denied$/);
  assert.match(JSON.stringify(parseRecursion("", "")), /no program of bpftrace is to be seen/);
});

test("readRecursion() gives a reason when the machine does not answer", async () => {
  const reading = await readRecursion(fakeHost({}), 77);
  assert.equal(reading.misses, null);
});
