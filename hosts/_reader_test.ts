import assert from "node:assert/strict";
import { Reader } from "./_reader.ts";
import { HostError, type HostErrorKind } from "./host.ts";

/** A reader whose first programs fail so; and how long each may have taken, in milliseconds. */
function failing(
  ...kinds: readonly HostErrorKind[]
): { readonly reader: Reader; readonly limits: readonly number[] } {
  const limits: number[] = [];
  const reader = new Reader((argv, { timeoutMs }) => {
    const kind = kinds[limits.length];
    limits.push(timeoutMs);
    if (kind !== undefined) return Promise.reject(new HostError("Cannot run", { host: "h", kind }));
    const [, , , mark] = argv;
    const stdout = new TextEncoder().encode(`text\n${mark} 0\n`);
    return Promise.resolve({ code: 0, stdout, stderr: `${mark}\n` });
  });
  return { reader, limits };
}

Deno.test("Reader.read() tries once more, and longer, when a program did not start or did not end", async () => {
  const { reader, limits } = failing("failed");
  const { code, stdout } = await reader.read({ kind: "file", path: "/x" });
  assert.deepEqual([code, new TextDecoder().decode(stdout)], [0, "text"]);
  assert.equal(limits.length, 2);
  assert.ok(limits[0]! < limits[1]!);
});

Deno.test("Reader.read() throws when the second program fails too, or the host is lost, for all that was asked", async () => {
  const twice = failing("failed", "failed");
  const both = [1, 2].map(() => twice.reader.read({ kind: "file", path: "/x" }));
  for (const it of await Promise.allSettled(both)) assert.equal(it.status, "rejected");
  assert.equal(twice.limits.length, 2);
  const lost = failing("lost");
  await assert.rejects(lost.reader.read({ kind: "file", path: "/x" }), { kind: "lost" });
  assert.equal(lost.limits.length, 1);
});
