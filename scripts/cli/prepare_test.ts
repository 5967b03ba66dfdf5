import assert from "node:assert/strict";
import fc from "fast-check";
import { bufferPages } from "./prepare.ts";

Deno.test("bufferPages() gives a power of two that fits into 64 MiB for all CPUs", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_536 }), fc.integer({ min: 1, max: 4096 }), (pages, cpus) => {
      const result = bufferPages(pages, cpus);
      assert.equal(Math.log2(result) % 1, 0);
      assert.ok(result <= pages);
      assert.ok(result * 4096 * cpus <= 64 * 1024 * 1024);
      assert.ok(result * 2 > pages || result * 2 * 4096 * cpus > 64 * 1024 * 1024);
    }),
  );
});

Deno.test("bufferPages() gives the pages that are asked for on a small machine, and at least one", () => {
  assert.deepEqual([bufferPages(4096, 1), bufferPages(4096, 4), bufferPages(4096, 8)], [4096, 4096, 2048]);
  assert.deepEqual([bufferPages(4096, 0), bufferPages(1, 100_000)], [4096, 1]);
});
