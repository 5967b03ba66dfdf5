import assert from "node:assert/strict";
import { readRounds } from "./traced_loops.ts";

Deno.test("readRounds() gives each loop its rounds in their order", () => {
  assert.deepEqual(readRounds("clone\n443.100\n441.000\nopen\n12.125\n"), {
    clone: [443.1, 441],
    open: [12.125],
  });
});

Deno.test("readRounds() refuses a number that belongs to no loop, and what is no number", () => {
  assert.throws(() => readRounds("12.0\n"), SyntaxError);
  assert.throws(() => readRounds("clone\nnan\n1e9\n"), SyntaxError);
});
