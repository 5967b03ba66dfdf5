import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalHost } from "../hosts/mod.ts";
import { parseFdTables, readFdTables } from "./fd_tables.ts";

test("parseFdTables() gives what was printed, and leaves out whose number went to another one", () => {
  const text = [
    "table 7 100 100 1000 12 1024 610a620a",
    "table 8 100 101 0 3 1024 61",
    "table 9 100 100 - - - ",
    "table 10 100 100 0 0 unlimited 610a",
    "table x 1 1 0 0 0 61",
    "something else",
    "end",
    "",
  ].join("\n");
  const tables = parseFdTables(text);
  assert.ok(tables.kind === "known");
  assert.deepEqual([...tables.value.keys()], [7, 9, 10]);
  const [seven, nine, ten] = [7, 9, 10].map((it) => tables.value.get(it));
  assert.deepEqual(seven, {
    pid: 7,
    startTicks: 100n,
    comm: new TextEncoder().encode("a\nb"),
    uid: 1000,
    open: 12,
    limit: 1024,
  });
  assert.deepEqual([nine?.uid, nine?.open, nine?.limit, nine?.comm.length], [
    undefined,
    undefined,
    undefined,
    0,
  ]);
  assert.deepEqual([ten?.open, ten?.limit], [0, Infinity]);
  assert.equal(parseFdTables("table 7 1 1 0 0 0 61\n").kind, "unknown");
});

/** Says how many fds it has, under a name that tries to be output; its limit is one that nobody else has. */
const HOLDER = String.raw`
$| = 1;
my @held = map { open(my $file, "<", "/dev/null") or die; $file } 1 .. 7;
my $name = "a) S\nend\0";
syscall(157, 15, $name, 0, 0, 0);
opendir(my $folder, "/proc/self/fd") or die;
my $count = grep { /^\d+$/ } readdir($folder);
closedir($folder);
printf "%d %d %d\n", $$, $count - 1, $<;
<STDIN>;
`;

test("readFdTables() counts the fds of a process of this machine, and reads its limit", async () => {
  await using host = new LocalHost();
  const holder = host.spawn(["sh", "-c", 'ulimit -S -n 333; exec perl -e "$0"', HOLDER]);
  const { value } = await holder.stdout.getReader().read();
  const [pid = 0, open, own] = new TextDecoder().decode(value).trim().split(" ").map(Number);
  try {
    const tables = await readFdTables(host, [pid, 4_194_304]);
    assert.ok(tables.kind === "known");
    assert.deepEqual([...tables.value.keys()], [pid], "one that is not there is left out");
    const table = tables.value.get(pid);
    assert.deepEqual([table?.open, table?.limit, table?.uid], [open, 333, own]);
    assert.equal(new TextDecoder().decode(table?.comm), "a) S\nend");
  } finally {
    holder.kill();
  }
  await assert.rejects(readFdTables(host, [0]), RangeError);
});
