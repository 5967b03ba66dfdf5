import assert from "node:assert/strict";
import { parseDescription } from "./_description.ts";

const BOOT_ID = "79d9c1a6-0d3b-4b0c-9d6e-6a3ce3d8bb54";

Deno.test("parseDescription() reads all lines", () => {
  const stdout = `Linux\n6.12.1-amd64\nx86_64\n1000\n${BOOT_ID}\n23\n`;
  assert.deepEqual(parseDescription("ssh:a", { code: 0, stdout, stderr: "" }), {
    name: "ssh:a",
    release: "6.12.1-amd64",
    machine: "x86_64",
    bootId: BOOT_ID,
    cpus: 23,
    uid: 1000,
  });
});

Deno.test("parseDescription() throws when the answer is not whole", () => {
  const answers: readonly (readonly [number, string, RegExp])[] = [
    [127, "", /its shell says "sh: not found"/],
    [0, "Darwin\n24.1\narm64\n501\n", /a Linux machine is required, was "Darwin"/],
    [1, `Linux\n6.12\nx86_64\n0\n2\n`, /it says/],
    [0, `Linux\n6.12\nx86_64\nroot\n${BOOT_ID}\n2\n`, /it says/],
    [0, `Linux\n6.12\nx86_64\n0\n${BOOT_ID}\n0\n`, /it says/],
  ];
  for (const [code, stdout, message] of answers) {
    const parse = () => parseDescription("ssh:a", { code, stdout, stderr: "sh: not found\n" });
    assert.throws(parse, { name: "HostError", kind: "failed", message });
  }
});
