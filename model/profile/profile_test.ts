import assert from "node:assert/strict";
import { plainFact } from "../../tests/support/plain_fact.ts";
import { STORY } from "../../tests/support/confirm_story.ts";
import { EVERY_ATTEMPT } from "../rules/attempts.ts";
import type { Fact } from "../rules/facts.ts";
import { ORIGINS } from "./origins.ts";
import { makeProfile, PROFILE_PROVOCATIONS, PROFILE_ROWS } from "./profile.ts";

/** The value of one fact, when nothing but these was told. */
function valueOf(id: string, ...facts: readonly Fact[]): string | null {
  const found = makeProfile(facts, new Map()).find((it) => it.id === id);
  assert.ok(found !== undefined, id);
  return found.value;
}

Deno.test("PROFILE_ROWS has a name of its own for each, and rests on facts that the stimulus tells", () => {
  const ids = PROFILE_ROWS.map((it) => it.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.length >= 25);
  for (const { id, says, how, rests } of PROFILE_ROWS) {
    assert.match(id, /^[a-z][a-z0-9-]+$/);
    assert.match(says, /^[A-Z].*[^.]$/, id);
    assert.notEqual(how, "", id);
    assert.ok(rests.length > 0, id);
    for (const rest of rests) {
      const [scenario = "", name, call] = rest.split(" ");
      const told = STORY[scenario] ?? [];
      assert.ok(told.some((it) => it.startsWith(`${name} ${call} `)), `${id}: ${rest}`);
    }
  }
});

Deno.test("PROFILE_PROVOCATIONS are known, and not what touches the whole machine", () => {
  const known = EVERY_ATTEMPT.map((it) => it.name);
  for (const name of PROFILE_PROVOCATIONS) assert.ok(known.includes(name), name);
  assert.ok(!PROFILE_PROVOCATIONS.includes("confirm-enfile"));
});

Deno.test("ORIGINS are about facts of a profile", () => {
  const ids = new Set(PROFILE_ROWS.map((it) => it.id));
  for (const origin of ORIGINS) {
    for (const id of origin.ids) assert.ok(ids.has(id), id);
    assert.notEqual(origin.before, origin.after);
    for (const commit of origin.commits) assert.match(commit, /^[0-9a-f]{12}$/);
    assert.notEqual(origin.source, "");
  }
});

Deno.test("makeProfile() tells nothing when nothing was told", () => {
  const facts = makeProfile([], new Map());
  assert.deepEqual(facts.map((it) => it.id), PROFILE_ROWS.map((it) => it.id));
  for (const it of facts) assert.ok(it.value === null && it.unknown !== null, it.id);
});

Deno.test("makeProfile() tells a pidfd from a child without one, and of whom it is", () => {
  const [pidfd, thread] = ["confirm-conflicts pidfd clone", "confirm-conflicts pidfd-thread clone"] as const;
  assert.equal(valueOf("clone-pidfd", plainFact(pidfd, { fd: 3 })), "a pidfd");
  assert.equal(valueOf("clone-pidfd", plainFact(pidfd)), "a child without a pidfd");
  assert.equal(valueOf("thread-pidfd", plainFact(thread, { fd: 3, flFlags: 0x82 })), "a pidfd of the thread");
  assert.equal(valueOf("thread-pidfd", plainFact(thread, { fd: 3, flFlags: 2 })), "a pidfd of a process");
  assert.equal(valueOf("thread-pidfd", plainFact(thread, { errno: 22 })), "EINVAL");
});

Deno.test("makeProfile() tells whether the user's integer matters only when 0 is a success", () => {
  const zero = plainFact("confirm-integer holds-0 clone");
  const other = (errno: number) => plainFact("confirm-integer holds-12345 clone", { errno });
  assert.equal(valueOf("integer-checked", zero, other(22)), "yes, EINVAL");
  assert.equal(valueOf("integer-checked", zero, other(0)), "no");
  assert.equal(valueOf("integer-checked", zero, other(11)), null);
  assert.equal(valueOf("integer-checked", { ...zero, ret: -1, errno: 22 }, other(22)), "EINVAL");
});

Deno.test("makeProfile() tells what a failure leaves in the integer, by no number that changes", () => {
  const call = (integerAfter: number) =>
    plainFact("confirm-pids-max pids-max clone", { errno: 11, integerBefore: 0, integerAfter });
  assert.equal(valueOf("integer-after-pids-max", call(3)), "a number that is no descriptor");
  assert.equal(valueOf("integer-after-pids-max", call(7)), "a number that is no descriptor");
  assert.equal(valueOf("integer-after-pids-max", call(0)), "what it held before");
  const stale = (errno: number) => plainFact("confirm-pids-max pids-max-stale fcntl", { errno });
  assert.equal(valueOf("descriptor-after-pids-max", stale(9)), "no");
  assert.equal(valueOf("descriptor-after-pids-max", stale(0)), "yes");
});

Deno.test("makeProfile() tells how many inodes there are from pidfds of two processes", () => {
  const born = (...inodes: readonly [string, string, string]) =>
    ["confirm-flags clone clone", "confirm-flags pidfd_open pidfd_open", "confirm-flags clone3 clone3"]
      .map((name, at) => plainFact(name, { fd: 3, ino: inodes[at] ?? null, mode: 0o100700 }));
  assert.equal(valueOf("pidfd-inode", ...born("7", "7", "7")), "one for all pidfds");
  assert.equal(valueOf("pidfd-inode", ...born("7", "7", "8")), "one for each process");
  assert.equal(valueOf("pidfd-inode", ...born("7", "8", "9")), "one for each pidfd");
  assert.equal(valueOf("pidfd-mode", ...born("7", "7", "7")), "0700");
});

Deno.test("makeProfile() tells fdinfo by whose number it is", () => {
  const birth = plainFact("confirm-fdinfo clone clone", { fd: 3 });
  const read = (fdinfo: string) => plainFact("confirm-fdinfo reaped fdinfo", { targetPid: 412, fdinfo });
  assert.equal(valueOf("fdinfo-pid-after-reap", birth, read("Pid:\t412\n")), "the pid");
  assert.equal(valueOf("fdinfo-pid-after-reap", birth, read("Pid:\t-1\nNSpid:\t-1\n")), "-1");
  assert.equal(valueOf("fdinfo-nspid-after-reap", birth, read("Pid:\t412\n")), "no such line");
  const nested = [
    plainFact("confirm-nested inner clone", { targetPid: 412 }),
    plainFact("confirm-nested inner-mount mount"),
    plainFact("confirm-nested host-inner fdinfo", { fdinfo: "Pid:\t412\nNSpid:\t412\t1\n" }),
  ];
  assert.equal(valueOf("fdinfo-nspid-of-nested", ...nested), "the pid 1");
});

Deno.test("makeProfile() tells polls and flags by name, and what has no name by number", () => {
  const birth = plainFact("confirm-poll birth clone", { fd: 3 });
  const reaped = (revents: number) => plainFact("confirm-poll reaped poll", { revents });
  assert.equal(valueOf("poll-after-reap", birth, reaped(0x51)), "POLLIN | POLLHUP | POLLRDNORM");
  assert.equal(
    valueOf("poll-after-reap", birth, reaped(0x145)),
    "POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM",
  );
  assert.equal(valueOf("poll-after-reap", birth, reaped(0x2001)), "POLLIN | 0x2000");
  const born = (flFlags: number) => plainFact("confirm-flags clone clone", { fd: 3, flFlags });
  assert.equal(valueOf("pidfd-file-flags", born(0x8002)), "O_RDWR");
  assert.equal(valueOf("pidfd-file-flags", born(0x1000802)), "O_RDWR | O_NONBLOCK | 0x1000000");
  assert.equal(valueOf("pidfd-file-flags", born(-1)), null);
});
