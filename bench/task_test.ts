import assert from "node:assert/strict";
import { readCount, readWords } from "./task.ts";

Deno.test("readWords() takes what is given and keeps the rest", () => {
  assert.deepEqual(readWords(["--b", "7"], { a: "1", b: "2" }), { a: "1", b: "7" });
});

Deno.test("readWords() refuses words that are not known or have no value", () => {
  for (const words of [["a", "1"], ["--c", "1"], ["--a"], ["--toString", "1"]]) {
    assert.throws(() => readWords(words, { a: "1" }), TypeError, words.join(" "));
  }
});

Deno.test("readCount() takes whole numbers from 1 on", () => {
  assert.equal(readCount("200000", "events"), 200_000);
  for (const text of ["0", "-1", "1.5", "1e3", "", "12345678901"]) {
    assert.throws(() => readCount(text, "events"), TypeError, text);
  }
});
