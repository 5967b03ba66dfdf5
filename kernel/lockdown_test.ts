import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { readLockdown } from "./lockdown.ts";

const PATH = "/sys/kernel/security/lockdown";

test("readLockdown() reads the marked level", async () => {
  for (const level of ["none", "integrity", "confidentiality"]) {
    const text = "none integrity confidentiality\n".replace(level, `[${level}]`);
    assert.deepEqual(await readLockdown(fakeHost({ files: { [PATH]: text } })), {
      kind: "known",
      value: level,
    });
  }
});

test("readLockdown() says unknown with the reason when the file is missing, refused or odd", async () => {
  for (
    const [content, reason] of [
      [{ fails: "missing" }, /missing/],
      [{ fails: "denied" }, /denied/],
      ["none integrity\n", /must mark one level/],
    ] as const
  ) {
    const found = await readLockdown(fakeHost({ files: { [PATH]: content } }));
    assert.match(found.kind === "unknown" ? found.reason : "", reason);
  }
});
