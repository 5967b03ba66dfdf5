import assert from "node:assert/strict";
import { DecodeError } from "../../events/mod.ts";
import { readProvocations } from "./provocations.ts";

Deno.test("readProvocations() gives names, risks and sentences in their order", () => {
  const text = "clone\tharmless\tCLONE_PIDFD, close, wait\nconfirm-enfile\tdangerous\tR12: no file is left\n";
  assert.deepEqual(readProvocations(text), [
    { name: "clone", risk: "harmless", summary: "CLONE_PIDFD, close, wait" },
    { name: "confirm-enfile", risk: "dangerous", summary: "R12: no file is left" },
  ]);
});

/** Lists whose second line is refused. */
const REFUSED: readonly (readonly [title: string, line: string])[] = [
  ["a name alone, as an older stimulus prints it", "clone"],
  ["no sentence", "clone\tharmless"],
  ["an empty sentence", "clone\tharmless\t"],
  ["more than a sentence", "clone\tharmless\tone\ttwo"],
  ["an unknown risk", "clone\tharmful\tone"],
  ["a name that is no word", "clone me\tharmless\tone"],
  ["an empty line", ""],
];

for (const [title, line] of REFUSED) {
  Deno.test(`readProvocations() refuses ${title}`, () => {
    assert.throws(() => readProvocations(`clone\tharmless\tone\n${line}\n`), (error) => {
      assert.ok(error instanceof DecodeError);
      assert.deepEqual([error.line, error.text], [2, line]);
      return true;
    });
  });
}
