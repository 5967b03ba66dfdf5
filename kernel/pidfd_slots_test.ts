import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalHost, run } from "../hosts/mod.ts";
import { parsePidfdSlots, readPidfdSlots } from "./pidfd_slots.ts";

/** A program that holds a pidfd of its parent, and the same once more by dup, under a name that tries to be output. */
const HOLDER = String.raw`
$| = 1;
my $fd = syscall(434, getppid() + 0, 0);
my $other = syscall(32, $fd + 0);
my $name = "a) S\nslot 1\0";
syscall(157, 15, $name, 0, 0, 0);
printf "%d %d %d %d\n", $$, getppid(), $fd, $other;
<STDIN>;
`;

test("parsePidfdSlots() gives what was printed, and tells what is missing", () => {
  const slot =
    "start 7 100\n/proc/7/fdinfo/5:flags:\t02000002\n/proc/7/fdinfo/5:Pid:\t9\n/proc/7/fdinfo/5:NSpid:\t9\n";
  const rows: readonly (readonly [text: string, slots: number, missing: readonly RegExp[]])[] = [
    ["seen 1\nend\n", 0, []],
    [`seen 1 7\n${slot}inode 503 /proc/7/fd/5\n'/proc/7/fd/5' -> 'anon_inode:[pidfd]'\nend\n`, 1, []],
    ["seen 7\nstart 7 -\n/proc/7/fdinfo/5:Pid:\t-1\nend\n", 1, []],
    ["seen 7\n/proc/7/fdinfo/5:flags:\t02\nend\n", 0, []],
    ["seen 7\n/proc/7/fdinfo/5:Pid:\tx\nend\n", 0, []],
    ["seen 7\nother\nend\n", 0, [/1 entries/]],
    ["hidden\nseen 7\nrefused 7\nrefused 7\nend\n", 0, [/hidepid/, /of 1 processes/]],
    [`seen 7\ncut\n${slot}end\n`, 1, [/first 1 pidfds/]],
  ];
  for (const [text, slots, missing] of rows) {
    const listing = parsePidfdSlots(text);
    assert.ok(listing.kind === "known", text);
    assert.equal(listing.value.slots.length, slots, text);
    assert.equal(listing.value.missing.length, missing.length, text);
    missing.forEach((it, at) => assert.match(listing.value.missing[at] ?? "", it));
  }
  assert.equal(parsePidfdSlots("seen 1\n").kind, "unknown");
  assert.equal(parsePidfdSlots("").kind, "unknown");
});

test("parsePidfdSlots() reads flags as octal digits and every number of a nested target", () => {
  const place = "/proc/7/task/8/fdinfo/5";
  const fdinfo = `${place}:flags:\t02000002\n${place}:Pid:\t9\n${place}:NSpid:\t9\t2\t1\n`;
  const rest = "start 7 100\ninode 503 /proc/7/task/8/fd/5\n'/proc/7/task/8/fd/5' -> 'pidfd:[12]'\n";
  const listing = parsePidfdSlots(`seen 7\n${fdinfo}${rest}end\n`);
  assert.ok(listing.kind === "known");
  assert.deepEqual(listing.value.slots, [{
    pid: 7,
    tid: 8,
    startTicks: 100n,
    fd: 5,
    inode: 503n,
    link: "pidfd:[12]",
    flags: 0o2000002,
    target: 9,
    targetNumbers: [9, 2, 1],
  }]);
});

test("readPidfdSlots() finds the pidfds of a process of this machine", async () => {
  await using host = new LocalHost();
  const holder = host.spawn(["perl", "-e", HOLDER]);
  const reader = holder.stdout.getReader();
  const { value } = await reader.read();
  assert.ok(value !== undefined, "the program has begun");
  const [pid = 0, parent = 0, ...fds] = new TextDecoder().decode(value).trim().split(" ").map(Number);
  try {
    assert.ok(fds.length === 2 && fds.every((it) => it > 2), `pidfds ${fds}`);
    for (const threads of [false, true]) {
      const listing = await readPidfdSlots(host, { threads });
      assert.ok(listing.kind === "known");
      const own = listing.value.slots.filter((it) => it.pid === pid).sort((a, b) => a.fd - b.fd);
      assert.deepEqual(own.map((it) => [it.tid, it.fd, it.target]), fds.map((fd) => [pid, fd, parent]));
      assert.ok(own.every((it) => it.startTicks !== undefined && it.inode === own[0]?.inode));
      assert.deepEqual(own.map((it) => it.link), fds.map(() => "anon_inode:[pidfd]"));
      // The first one was opened with O_CLOEXEC, a copy by dup has it not.
      assert.deepEqual(own.map((it) => (it.flags ?? 0) & 0o2000000), [0o2000000, 0]);
      assert.ok(listing.value.disturbed.has(pid) && listing.value.disturbed.has(parent));
    }
    const cut = await readPidfdSlots(host, { slotsMax: 1 });
    assert.ok(cut.kind === "known" && cut.value.slots.length === 1);
    assert.match(cut.value.missing.join(), /Only the first 1 pidfds/);
    const stat = await run(host, ["cat", `/proc/${pid}/stat`]);
    assert.match(stat.stdout, /\(a\) S\nslot 1\)/, "the name is what it tries to be");
  } finally {
    await holder.stdin.close();
    holder.kill();
    await reader.cancel();
    await holder.stderr.cancel();
    await holder.status;
  }
});
