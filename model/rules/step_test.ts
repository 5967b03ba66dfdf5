import assert from "node:assert/strict";
import { steps } from "../../tests/support/told.ts";
import { unreturnedOf, wayOf } from "./step.ts";

const RETURNING = new Set(["kernel_clone", "copy_process", "alloc_pid"]);

const WAYS = [
  ["all returned", "kernel_clone > copy_process > copy_process = -22 > kernel_clone = -22", undefined],
  [
    "one returns a number for each depth",
    "kernel_clone > alloc_pid = 9:0 > alloc_pid = 2:1 > kernel_clone = 9",
    undefined,
  ],
  ["the last return is missing", "kernel_clone > copy_process > copy_process = -22", "kernel_clone"],
  ["an inner return is missing", "kernel_clone > copy_process > kernel_clone = -22", "copy_process"],
  ["it is entered again", "kernel_clone > kernel_clone > kernel_clone = 9", "kernel_clone"],
  [
    "nothing is told of its returns",
    "kernel_clone > fd_install = 3 > fd_install > kernel_clone = 9",
    undefined,
  ],
  ["only returns are told of", "kernel_clone = 9 > copy_process = 9", undefined],
] as const;

for (const [what, way, expected] of WAYS) {
  Deno.test(`unreturnedOf() is ${expected} where ${what}`, () => {
    assert.equal(unreturnedOf(steps(way), RETURNING), expected);
  });
}

Deno.test("wayOf() writes a function that returns at once only with what it returned", () => {
  assert.equal(
    wayOf(
      steps("kernel_clone > copy_process > alloc_pid = 101 > fd_install > copy_process = 101"),
    ),
    "kernel_clone > copy_process > alloc_pid = 101 > fd_install > copy_process = 101",
  );
});
