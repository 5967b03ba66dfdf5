import assert from "node:assert/strict";
import { test } from "node:test";
import { HARMLESS_PATTERNS, LEAK_FAMILIES } from "../../model/mod.ts";
import { leaksPage } from "./leaks_page.ts";

test("leaksPage() has every rule, every family with its advice, and every pattern that is harmless", () => {
  const page = leaksPage();
  for (const id of ["K1", "K2", "K3", "K4", "K5"]) {
    assert.match(page, new RegExp(`^- \\*\\*${id}\\*\\*: .+ Broken when (?!it is not so).+\\.$`, "m"), id);
  }
  for (const { id, advice } of LEAK_FAMILIES) {
    assert.ok(page.includes(`### ${id}\n`) && page.includes(`- Advice: ${advice}.`), id);
  }
  for (const { id } of HARMLESS_PATTERNS) assert.ok(page.includes(`- **${id}**: `), id);
});
