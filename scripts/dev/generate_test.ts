import assert from "node:assert/strict";
import { EVENT_TABLE } from "../../schema/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import { assertValid } from "../../tests/support/json_schema.ts";
import { eventExamples } from "./event_examples.ts";
import { documents, fill } from "./generate.ts";

Deno.test("documents() gives what is committed", async () => {
  for (const { path, text } of await documents()) {
    const present = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
    assert.equal(present, text, `${path} is out of date: run deno task generate`);
  }
});

Deno.test("documents() gives every page of the manual, and no other page lies beside them", async () => {
  const made = (await documents()).map(({ path }) => path).filter((it) => it.startsWith("docs/man/"));
  const present: string[] = [];
  for await (const { name } of Deno.readDir(new URL("../../docs/man/", import.meta.url))) {
    present.push(`docs/man/${name}`);
  }
  assert.deepEqual(present.sort(), made.toSorted());
});

Deno.test("eventExamples() has a line of every type, and the JSON Schema accepts it", async () => {
  const examples = await eventExamples();
  for (const type of Object.keys(EVENT_TABLE)) {
    const line = examples.get(type);
    assert.ok(line !== undefined, `No scenario of tests/scenarios/ gives a ${type}: write one that does`);
    assertValid(JSON.parse(line) as TraceEvent);
  }
});

Deno.test("fill() keeps what stands around the marks, and misses no mark", () => {
  const page = "# A\n<!-- generated: a -->\n<!-- end -->\nb\n";
  const once = fill(page, { mark: "a", lines: ["- 1", "- 2"] });
  assert.equal(once, "# A\n<!-- generated: a -->\n\n- 1\n- 2\n\n<!-- end -->\nb\n");
  assert.equal(fill(once, { mark: "a", lines: ["- 1", "- 2"] }), once);
  assert.throws(() => fill(page, { mark: "b", lines: [] }), /generated: b/);
  assert.throws(() => fill("<!-- generated: a -->\n", { mark: "a", lines: [] }), TypeError);
});
