import assert from "node:assert/strict";
import { documents } from "./generate.ts";

Deno.test("documents() gives what is committed", async () => {
  for (const { path, text } of documents()) {
    const present = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
    assert.equal(present, text, `${path} is out of date: run deno task generate`);
  }
});
