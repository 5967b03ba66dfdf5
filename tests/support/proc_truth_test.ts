import assert from "node:assert/strict";
import { test } from "node:test";
import { readLook } from "./proc_truth.ts";

const LOOKED = `/proc/7/fd:
total 0
lrwx------ 1 root root 64 Nov 28 08:00 0 -> /dev/null
lrwx------ 1 root root 64 Nov 28 08:00 3 -> anon_inode:[pidfd]
lrwx------ 1 root root 64 Nov 28 08:00 4 -> anon_inode:[eventfd]

/proc/12/fd:
total 0
lrwx------ 1 root root 64 Nov 28 08:00 3 -> pidfd:[17]
lrwx------ 1 root root 64 Nov 28 08:00 11 -> anon_inode:[pidfd]
----
/proc/7/fdinfo/3:Pid:\t-1
/proc/12/fdinfo/3:Pid:\t7
/proc/12/fdinfo/11:Pid:\t-1
`;

test("readLook() counts pidfds and those of processes that are gone", () => {
  assert.deepEqual([...readLook(LOOKED)], [
    [7, { pidfds: 1, dead: 1 }],
    [12, { pidfds: 2, dead: 1 }],
  ]);
});

test("readLook() wants to know where each leads", () => {
  assert.throws(() => readLook(LOOKED.replace(/^.*fdinfo\/11.*\n/m, "")), /fd 11 of 12 .* leads nowhere/);
});
