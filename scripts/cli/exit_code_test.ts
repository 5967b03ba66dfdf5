import assert from "node:assert/strict";
import fc from "fast-check";
import { CliError, EXIT, EXIT_MEANINGS, type ExitCode, exitCodesLine, firstExitCode } from "./exit_code.ts";

/** The contract of the command line: the first of these that applies. */
const ORDER: readonly ExitCode[] = [2, 3, 130, 143, 129, 1, 4, 5, 0];

Deno.test("firstExitCode() gives the first code of the contract that applies", () => {
  assert.deepEqual([...ORDER].sort(), Object.values(EXIT).sort());
  fc.assert(fc.property(fc.subarray([...ORDER]), fc.func(fc.integer()), (codes, shuffle) => {
    const expected = ORDER.find((it) => codes.includes(it)) ?? 0;
    assert.equal(firstExitCode(codes.toSorted((a, b) => shuffle(a, b))), expected);
  }));
});

Deno.test("CliError carries its code and hint", () => {
  const error = new CliError("Cannot do it", { code: EXIT.cannotRun, hint: "Do that" });
  assert.deepEqual([error.name, error.code, error.hint, error.message], [
    "CliError",
    3,
    "Do that",
    "Cannot do it",
  ]);
  assert.equal(new CliError("No", { code: EXIT.usage }).hint, undefined);
});

Deno.test("EXIT_MEANINGS says every code once, and so does exitCodesLine()", () => {
  const told = EXIT_MEANINGS.flatMap(({ codes }) => codes);
  assert.deepEqual(told, Object.values(EXIT).toSorted((a, b) => a - b));
  for (const code of told) assert.match(exitCodesLine(), new RegExp(`\\b${code}\\b`));
});
