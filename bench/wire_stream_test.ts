import assert from "node:assert/strict";
import { correlateStream } from "./correlate_stream.ts";
import { wireStream } from "./wire_stream.ts";

Deno.test("wireStream() gives lives that fit the model without a loss, a finding or a doubt", () => {
  const { tally, trust, live } = correlateStream(wireStream({ lives: 2000, living: 50 }));
  const summary = tally.summary(trust);
  assert.deepEqual(
    [
      summary.created > 2000,
      summary.lost,
      summary.late,
      summary.unmatched,
      summary.findings,
      summary.undetermined,
    ],
    [true, 0, 0, 0, 0, 0],
  );
  assert.equal(summary.targets_freed, 1950);
  assert.equal(live, summary.open);
});

Deno.test("wireStream() is the same for the same numbers", () => {
  const text = () => [...wireStream({ lives: 300, living: 20 })].flat().join("\n");
  assert.equal(text(), text());
});

Deno.test("wireStream() refuses a stream in which nobody dies", () => {
  assert.throws(() => [...wireStream({ lives: 5, living: 5 })], RangeError);
});
