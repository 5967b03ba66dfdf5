import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProgramTime } from "./program_time.ts";

const of = (file: string, fields: readonly string[]) => fields.map((it) => `/proc/9/fdinfo/${file}:${it}\n`);

test("parseProgramTime() adds up programs, each once", () => {
  const text = [
    "counted 1\n",
    ...of("5", ["prog_id:\t7", "run_time_ns:\t1500"]),
    ...of("6", ["prog_id:\t8", "run_time_ns:\t18446744073709551615"]),
    ...of("7", ["prog_id:\t7", "run_time_ns:\t1500"]),
    // A link names its program, and has no time.
    ...of("8", ["prog_id:\t9"]),
  ].join("");
  assert.deepEqual(parseProgramTime(text), { usedNs: 18446744073709553115n });
});

test("parseProgramTime() knows no time where the kernel does not count, or nothing is to be seen", () => {
  const programs = of("5", ["prog_id:\t7", "run_time_ns:\t0"]).join("");
  for (const text of [`counted 0\n${programs}`, `counted \n${programs}`, "counted 1\n", ""]) {
    assert.equal(parseProgramTime(text).usedNs, null, text);
  }
});
