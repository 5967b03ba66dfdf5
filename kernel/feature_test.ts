import assert from "node:assert/strict";
import { test } from "node:test";
import { allOf, cannotTell, supported, unsupported } from "./feature.ts";

test("allOf() says supported when every part is, and for no parts", () => {
  assert.deepEqual(allOf([supported(), supported()]), supported());
  assert.deepEqual(allOf([]), supported());
});

test("allOf() says unknown when a part is unknown and none is unsupported", () => {
  assert.deepEqual(allOf([supported(), cannotTell("A"), cannotTell("B")]), cannotTell("A"));
});

test("allOf() says unsupported whenever a part is, whatever the order", () => {
  assert.deepEqual(allOf([cannotTell("A"), unsupported("B"), supported()]), unsupported("B"));
  assert.deepEqual(allOf([unsupported("B"), cannotTell("A")]), unsupported("B"));
});
