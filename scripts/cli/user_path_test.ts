import assert from "node:assert/strict";
import { resolve } from "node:path";
import { userFolder, userPath } from "./user_path.ts";

Deno.test("userFolder() is where a task was started, and where any other process runs", () => {
  const rows: readonly (readonly [cwd: string, initCwd: string | undefined, expected: string])[] = [
    ["/project", "/home/me", "/home/me"],
    ["/project", "/project", "/project"],
    ["/project", undefined, "/project"],
    ["/project", "", "/project"],
    ["/project", "not absolute", "/project"],
    // Another task's variable, inherited.
    ["/elsewhere", "/home/me", "/elsewhere"],
  ];
  for (const [cwd, initCwd, expected] of rows) {
    assert.equal(userFolder({ cwd, initCwd, project: "/project" }), expected);
  }
});

Deno.test("userPath() keeps an absolute path, and needs no permission for the environment", () => {
  assert.equal(userPath("/a/../b"), "/b");
  assert.equal(userPath("x/./y"), resolve("x/y"));
});
