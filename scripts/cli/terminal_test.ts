import assert from "node:assert/strict";
import fc from "fast-check";
import { shown } from "./terminal.ts";

Deno.test("shown() shows control characters instead of sending them to a terminal", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["plain é😀\ttab\nline", "plain é😀\ttab\nline"],
    ["\u001b[31mred\u0007", "\\x1b[31mred\\x07"],
    ["over\rwrite\b", "over\\x0dwrite\\x08"],
    ["\u0000\u007f\u009b1m", "\\x00\\x7f\\x9b1m"],
    ["abc\u202edcb\u2066", "abc\\x202edcb\\x2066"],
  ];
  for (const [text, expected] of rows) assert.equal(shown(text), expected);
});

Deno.test("shown() leaves no control character but tab and line feed, and changes nothing twice", () => {
  fc.assert(fc.property(fc.array(fc.nat(0x2100)), (codes) => {
    const once = shown(String.fromCharCode(...codes));
    assert.doesNotMatch(once, /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    assert.equal(shown(once), once);
  }));
});
