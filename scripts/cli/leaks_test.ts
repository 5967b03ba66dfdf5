import assert from "node:assert/strict";
import { LocalHost } from "../../hosts/mod.ts";
import type { Holder } from "../../model/mod.ts";
import { NO_FILTERS } from "./filters.ts";
import { judged, lookNow } from "./leaks.ts";
import type { Look, LookOptions } from "./leaks.ts";

const HOLDER: Holder = {
  pid: 7,
  startTicks: 1n,
  comm: "agent",
  uid: 0,
  pidfds: 3,
  dead: 2,
  outside: 0,
  open: 9,
  limit: 1024,
  headroom: 1015,
  targets: [],
};
const LOOK: Look = { host: "local", holders: [HOLDER], facts: new Map(), missing: [] };
const ASKED = {
  ...NO_FILTERS,
  deadOnly: false,
  top: 20,
  failOn: undefined,
  signal: new AbortController().signal,
} satisfies LookOptions;

Deno.test("judged() is a failure only for what --fail-on names, and cannot tell where not all was seen", () => {
  const alive = { ...HOLDER, dead: 0 };
  const away = { ...HOLDER, dead: 0, outside: 1 };
  const missing = ["The fds of 3 processes may not be read: root may"];
  const rows: readonly (readonly [Partial<Look>, LookOptions["failOn"], number])[] = [
    [{}, undefined, 0],
    [{ missing }, undefined, 0],
    [{}, "dead", 1],
    [{ missing }, "dead", 1],
    [{ holders: [alive] }, "dead", 0],
    [{ holders: [alive], missing }, "dead", 4],
    [{ holders: [away] }, "dead", 4],
    [{ holders: [away] }, "any", 1],
    [{ holders: [] }, "any", 0],
    [{ holders: [], missing }, "any", 4],
  ];
  for (const [look, failOn, code] of rows) {
    const { body } = judged({ ...LOOK, ...look }, { ...ASKED, failOn });
    assert.equal(body.exit_code, code, JSON.stringify([failOn, body]));
    assert.equal(body.failed_on.length > 0, code === 1);
  }
});

Deno.test("judged() counts all of those that are asked for, and shows the first of them", () => {
  const holders = [HOLDER, { ...HOLDER, pid: 8 }, { ...HOLDER, pid: 9, dead: 0 }];
  const few = judged({ ...LOOK, holders }, { ...ASKED, top: 1 });
  assert.deepEqual([few.holders.map((it) => it.pid), few.body.holders, few.body.shown, few.body.pidfds], [
    [7],
    3,
    1,
    9,
  ]);
  const dead = judged({ ...LOOK, holders }, { ...ASKED, deadOnly: true });
  assert.deepEqual([dead.holders.map((it) => it.pid), dead.body.holders, dead.body.pidfds], [[7, 8], 2, 6]);
});

Deno.test("judged() says nothing of a process whose number has gone to another one", () => {
  const cgroups = {
    kind: "known",
    value: {
      layout: "v2",
      places: [],
      path: "/a\x1b",
      owner: { kind: "container", id: "abc", runtime: undefined, podUid: undefined },
    },
  } as const;
  const facts = (startTicks: bigint) => new Map([[7, { pid: 7, startTicks, numbers: [], cgroups }]]);
  const [same] = judged({ ...LOOK, facts: facts(1n) }, ASKED).holders;
  assert.deepEqual([same?.cgroup, same?.container], ["/a\\x1b", "abc"]);
  const [other] = judged({ ...LOOK, facts: facts(2n) }, ASKED).holders;
  assert.deepEqual([other?.cgroup, other?.container], [null, null]);
});

/** Three children: one is reaped, one a zombie, one alive with two pidfds. */
const PARENT = String.raw`
$| = 1;
my @children = map { my $it = fork(); if (!$it) { sleep 600; exit } $it } 1 .. 3;
my @fds = map { syscall(434, $_ + 0, 0) } @children;
push @fds, syscall(32, $fds[2] + 0);
kill "KILL", @children[0, 1];
waitpid($children[0], 0);
while (1) {
  open(my $stat, "<", "/proc/$children[1]/stat") or die;
  my $text = do { local $/; <$stat> };
  last if $text =~ /\) Z /;
  select(undef, undef, undef, 0.01);
}
print "$$ @children @fds\n";
<STDIN>;
kill "KILL", @children[1, 2];
`;

Deno.test("lookNow() finds what a process of this machine holds, and what became of its targets", async () => {
  await using host = new LocalHost();
  const parent = host.spawn(["perl", "-e", PARENT]);
  const { value } = await parent.stdout.getReader().read();
  const [pid = 0, _gone, zombie, alive, ...fds] = new TextDecoder().decode(value).trim().split(" ").map(
    Number,
  );
  try {
    const { holders, body } = await lookNow(host, { ...ASKED, pids: [pid], failOn: "dead" });
    const [holder] = holders;
    assert.deepEqual([holders.length, holder?.comm, holder?.pidfds, holder?.dead], [1, "perl", 4, 2]);
    const [first, second, third, fourth] = fds;
    assert.deepEqual(holder?.targets, [
      { pid: alive, state: "alive", fds: [third, fourth] },
      { pid: null, state: "reaped", fds: [first] },
      { pid: zombie, state: "zombie", fds: [second] },
    ]);
    assert.deepEqual([body.missing, body.exit_code], [[], 1]);
    assert.equal((holder?.limit ?? 0) - (holder?.open ?? 0), holder?.headroom);
    const named = await lookNow(host, { ...ASKED, comm: /^perl$/ });
    assert.ok(named.holders.some((it) => it.pid === pid));
    const others = await lookNow(host, { ...ASKED, comm: /^nobody$/ });
    assert.equal(others.body.pidfds, 0);
    // This program holds a pidfd of each child of its own.
    const all = await lookNow(host, { ...ASKED, top: 1000 });
    assert.ok(!all.holders.some((it) => it.pid === Deno.pid));
  } finally {
    await parent.stdin.close();
    await parent.status;
  }
});
