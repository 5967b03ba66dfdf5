import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { readFdFolder } from "./fd_folder.ts";

test("readFdFolder() says yes, no, or cannot tell", async () => {
  assert.equal((await readFdFolder(fakeHost({ files: { "/dev/fd/0": "" } }))).kind, "supported");
  assert.equal((await readFdFolder(fakeHost({}))).kind, "unsupported");
  assert.equal((await readFdFolder(fakeHost({ files: { "/dev/fd": { fails: "denied" } } }))).kind, "unknown");
  await assert.rejects(readFdFolder(fakeHost({ lost: true })), { kind: "lost" });
});
