import assert from "node:assert/strict";
import { HeldTerminal } from "./held_terminal.ts";
import type { Terminal } from "./terminal.ts";

Deno.test("HeldTerminal keeps the order of what waits, and no more than its limits", async () => {
  const said: string[] = [];
  const terminal: Terminal = {
    write: (text) => Promise.resolve(said.push(text) > 0),
    note: (text) => said.push(text),
    status: (text) => said.push(text),
    raw: (bytes) => said.push(`${bytes.length} bytes of ${bytes[0]}`),
  };
  const heard: string[] = [];
  const held = new HeldTerminal(terminal, { isShared: true, onNote: (text) => heard.push(text) });
  held.status("before");
  held.hold();
  const bytes = new Uint8Array([1]);
  held.note("first");
  held.raw(bytes);
  // Who gave the bytes may use the room for others.
  bytes[0] = 2;
  held.raw(new Uint8Array(2_000_000));
  for (let at = 0; at < 1500; at += 1) held.note("many");
  assert.ok(await held.write("answer"));
  assert.deepEqual(said, ["before", "answer"]);
  assert.equal(heard.length, 1501);
  held.release();
  assert.deepEqual(said.slice(2, 5), ["first", "1 bytes of 1", "many"]);
  assert.equal(said.at(-1), "trace-clone: 503 more remarks were not kept");
  assert.equal(said.length, 2 + 1000 + 1);
  held.release();
  assert.equal(said.length, 1003);
});
