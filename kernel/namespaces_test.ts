import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { type Namespaces, readNamespaces } from "./namespaces.ts";

function read(stdout: string): Promise<Namespaces> {
  const commands = { "readlink /proc/self/ns/pid /proc/self/ns/user": { stdout } };
  return readNamespaces(fakeHost({ commands }));
}

test("readNamespaces() knows the first namespaces of a machine by their inode numbers", async () => {
  const { pid, user } = await read("pid:[4026531836]\nuser:[4026532100]\n");
  assert.deepEqual(pid, { kind: "known", value: { name: "pid:[4026531836]", initial: true } });
  assert.deepEqual(user, { kind: "known", value: { name: "user:[4026532100]", initial: false } });
});

test("readNamespaces() says unknown for a link that is not shown", async () => {
  const { pid, user } = await read("user:[4026531837]\n");
  assert.deepEqual([pid.kind, user.kind], ["unknown", "known"]);
  assert.equal((await readNamespaces(fakeHost({}))).pid.kind, "unknown");
});
