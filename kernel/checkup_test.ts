import assert from "node:assert/strict";
import { test } from "node:test";
import { checksOf } from "./_healthy_machine.ts";
import { CHECK_RULES } from "./checkup.ts";

test("checkup() says yes to everything on a machine that has everything", async () => {
  const all = await checksOf({});
  assert.deepEqual(all.filter((it) => it.answer !== "yes"), []);
  assert.deepEqual(all.map((it) => it.id).sort(), CHECK_RULES.map((it) => it.id).sort());
  assert.ok(all.every((it) => it.remedy === null && !it.blocks));
});

test("checkup() tells that a bpftrace is newer than all that were tried", async () => {
  for (const [version, isNew] of [["0.27.9", false], ["0.28.0", true], ["1.0.0", true]] as const) {
    const all = await checksOf({ commands: { "bpftrace --version": { stdout: `bpftrace v${version}\n` } } });
    const bpftrace = all.find((it) => it.id === "bpftrace");
    assert.equal(bpftrace?.answer, "yes");
    assert.equal(/newer than all/.test(bpftrace?.says ?? ""), isNew, version);
  }
});

test("CHECK_RULES has every id once, and a remedy without a full stop", () => {
  assert.equal(new Set(CHECK_RULES.map((it) => it.id)).size, CHECK_RULES.length);
  for (const it of CHECK_RULES) {
    assert.match(it.remedy, /[^.]$/, it.id);
    assert.match(it.why, /\.$/, it.id);
    assert.ok(it.title.length <= 17, `${it.title} fits into its column`);
  }
});
