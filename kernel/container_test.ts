import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost, type FakeMachine } from "./_fake_host.ts";
import { readContainer } from "./container.ts";

const NONE: NonNullable<FakeMachine["files"]> = {
  "/proc/1/cgroup": "0::/init.scope\n",
  "/proc/1/environ": "HOME=/\0",
};

test("readContainer() names the first mark that it finds", async () => {
  const rows: readonly (readonly [NonNullable<FakeMachine["files"]>, RegExp])[] = [
    [{ "/.dockerenv": "" }, /the file "\/\.dockerenv"/],
    [{ "/run/.containerenv": "engine=podman" }, /containerenv/],
    [{ "/proc/1/cgroup": "0::/kubepods/pod1\n" }, /the word kubepods/],
    [{ "/proc/1/environ": "HOME=/\0container=lxc\0" }, /the variable container/],
  ];
  for (const [files, mark] of rows) {
    const found = await readContainer(fakeHost({ files: { ...NONE, ...files } }));
    assert.match(found.kind === "marked" ? found.mark : found.kind, mark);
  }
});

test("readContainer() says unmarked only when it could look everywhere", async () => {
  assert.deepEqual(await readContainer(fakeHost({ files: NONE })), { kind: "unmarked" });
  for (const path of ["/proc/1/cgroup", "/proc/1/environ", "/.dockerenv"]) {
    const found = await readContainer(fakeHost({ files: { ...NONE, [path]: { fails: "denied" } } }));
    assert.equal(found.kind, "unknown", path);
  }
});

test("readContainer() throws when the host is lost", async () => {
  await assert.rejects(readContainer(fakeHost({ lost: true })), { kind: "lost" });
});
