import assert from "node:assert/strict";
import {
  accountingMeasurement,
  burstMeasurement,
  mappedBuffers,
  steadyMeasurement,
} from "./loss_verdicts.ts";

const WHOLE = { made: 300, arrived: 300, told: 0, rate: 20_000 };

Deno.test("burstMeasurement() counts what did not arrive, whatever was told", () => {
  const measurement = burstMeasurement({ ...WHOLE, arrived: 290 });
  assert.equal(measurement.kind === "measured" && measurement.value, 10);
});

Deno.test("steadyMeasurement() counts losses also below the rate, and no success there", () => {
  const slow = { ...WHOLE, rate: 1000 };
  assert.equal(steadyMeasurement(WHOLE, 20_000).kind, "measured");
  assert.equal(steadyMeasurement(slow, 20_000).kind, "not measured");
  assert.equal(steadyMeasurement({ ...slow, arrived: 299 }, 20_000).kind, "measured");
});

Deno.test("accountingMeasurement() takes an unknown number, and a loss that was made up, for wrong", () => {
  const value = (told: number | null, arrived: number) => {
    const measurement = accountingMeasurement([WHOLE, { ...WHOLE, told, arrived }]);
    return measurement.kind === "measured" ? measurement.value : measurement.kind;
  };
  assert.equal(value(10, 290), 0);
  assert.equal(value(null, 290), Infinity);
  assert.equal(value(5, 300), 5);
  assert.equal(value(0, 300), "not measured");
});

Deno.test("accountingMeasurement() says nothing about what nobody counted", () => {
  const measurement = accountingMeasurement([]);
  assert.equal(measurement.kind === "not measured" && measurement.reason, "nothing was counted");
});

Deno.test("mappedBuffers() finds ring buffers, and no other map", () => {
  const maps = [
    "7f0000000000-7f0001001000 rw-s 00000000 00:0e 1057 anon_inode:[perf_event]",
    "7f0002000000-7f0002001000 rw-p 00000000 00:00 0 ",
    "7f0003000000-7f0003001000 rw-s 00000000 00:0e 1057 anon_inode:bpf-map",
    "7f0004000000-7f0004003000 r--s 00001000 00:0e 1057 anon_inode:bpf-map",
  ].join("\n");
  assert.deepEqual(mappedBuffers(maps), [0x1000000, 0x1000]);
});
