import assert from "node:assert/strict";
import type { WireEvent } from "../schema/mod.ts";
import type { Rung } from "../tracers/mod.ts";
import { judgeRehearsal } from "./mod.ts";
import type { Trial } from "./mod.ts";

const PID = 100;
const ACTOR = { cpu: 0, number: 1, ktimeNs: 1n, pid: PID, tid: PID, startNs: 5n, comm: "perl" } as const;
const REPORT = {
  pid: PID,
  births: [
    { call: "clone", target: 101, fd: 3 },
    { call: "clone3", target: 102, fd: 3 },
    { call: "pidfd_open", target: 103, fd: 3 },
  ],
  failed: true,
  moved: false,
} as const;

function rung(what: string, functions: readonly string[]): Rung {
  return {
    what,
    step: "fentry",
    functions,
    doors: functions.map((it) => `fentry:${it}`),
    loses: [],
    instead: [],
  };
}

const LADDER = [
  rung("births by clone and clone3", ["copy_process", "kernel_clone"]),
  rung("births by pidfd_open", ["__x64_sys_pidfd_open"]),
  rung("pidfd files being made", ["pidfs_alloc_file"]),
  rung("releases", ["__fput", "pidfs_evict_inode"]),
  rung("reaps", ["release_task"]),
  rung("frees", ["delayed_put_pid", "put_pid"]),
];

function clone(child: number, clone3: number): WireEvent {
  const made = { fd: 3, slotFile: `f${child}`, file: `f${child}`, inode: 7n, fileFlags: "2" };
  const target = { child, childStartNs: 6n, pidAddress: `a${child}`, count: 2 };
  return { kind: "clone", ...ACTOR, ...target, cloneFlags: "1000", clone3, ...made };
}

const OPEN: WireEvent = {
  kind: "open",
  ...ACTOR,
  target: 103,
  openFlags: "0",
  result: 3,
  file: "f103",
  slotFile: "f103",
  pidAddress: "a103",
  count: 2,
  inode: 7n,
  fileFlags: "2",
  nr: 103,
  targetStartNs: 6n,
  targetComm: "perl",
};
const FAILED: WireEvent = {
  kind: "failed",
  ...ACTOR,
  result: -22,
  cloneFlags: "401000",
  clone3: 0,
  integer: 0,
  entered: 1,
  pidAddress: "0",
  count: 0,
  file: "0",
};

const about = (child: number): readonly WireEvent[] => [
  { kind: "release", ...ACTOR, file: `f${child}`, pidAddress: `a${child}`, count: 2, inode: 7n },
  { kind: "evict", ...ACTOR, pidAddress: `a${child}`, inode: 7n, before: 2, after: 1 },
  { kind: "reap", ...ACTOR, pidAddress: `a${child}`, count: 1 },
  { kind: "put", cpu: 0, number: 1, ktimeNs: 2n, pidAddress: `a${child}`, count: 1 },
];
const ALL: readonly WireEvent[] = [
  clone(101, 0),
  clone(102, 1),
  OPEN,
  FAILED,
  ...[101, 102, 103].flatMap(about),
];

function judged(events: readonly WireEvent[]): readonly Trial[] {
  return judgeRehearsal({ report: REPORT, events, ladder: LADDER });
}

Deno.test("judgeRehearsal() finds that every door fires when all came", () => {
  const trials = judged(ALL);
  assert.deepEqual(new Set(trials.map((it) => it.verdict)), new Set(["fired"]));
  assert.deepEqual(new Set(trials.map((it) => it.what)), new Set(LADDER.map((it) => it.what)));
});

const SILENT: readonly (readonly [kind: WireEvent["kind"], door: string])[] = [
  ["clone", "fentry:copy_process"],
  ["failed", "fentry:kernel_clone"],
  ["open", "fentry:__x64_sys_pidfd_open"],
  ["release", "fentry:__fput"],
  ["evict", "fentry:pidfs_evict_inode"],
  ["reap", "fentry:release_task"],
  ["put", "fentry:delayed_put_pid"],
];

for (const [kind, door] of SILENT) {
  Deno.test(`judgeRehearsal() blames ${door} alone when no record of kind ${kind} came`, () => {
    const silent = judged(ALL.filter((it) => it.kind !== kind)).filter((it) => it.verdict === "silent");
    assert.deepEqual(silent.map((it) => it.doors), [[door]]);
    assert.match(silent[0]?.says ?? "", /told of 0 of \d/);
  });
}

Deno.test("judgeRehearsal() blames the door where files are made when no file is known", () => {
  const events = ALL.map((it) => it.kind === "clone" || it.kind === "open" ? { ...it, file: "0" } : it);
  const bad = judged(events).filter((it) => it.verdict !== "fired");
  assert.deepEqual(bad.map((it) => [it.verdict, it.doors]), [["silent", ["fentry:pidfs_alloc_file"]]]);
});

Deno.test("judgeRehearsal() takes records of other processes for nothing", () => {
  const events = ALL.map((it) => "pid" in it ? { ...it, pid: PID + 1 } : it);
  assert.ok(judged(events).some((it) => it.verdict === "silent"));
});

const WRONG: readonly (readonly [what: string, change: (it: WireEvent) => WireEvent, says: RegExp])[] = [
  ["a count", (it) => it.kind === "clone" ? { ...it, count: 1 } : it, /count 1 instead of 2/],
  ["an fd", (it) => it.kind === "clone" ? { ...it, fd: 9 } : it, /fd 9 instead of 3/],
  ["the call", (it) => it.kind === "clone" ? { ...it, clone3: 1 } : it, /another call than clone/],
  ["the process", (it) => it.kind === "open" ? { ...it, nr: 7 } : it, /process 7 instead of 103/],
  ["the file", (it) => it.kind === "open" ? { ...it, file: "bad" } : it, /another file/],
];

for (const [what, change, says] of WRONG) {
  Deno.test(`judgeRehearsal() sees that ${what} is wrong`, () => {
    const wrong = judged(ALL.map(change)).filter((it) => it.verdict === "wrong");
    assert.equal(wrong.length, 1);
    assert.match(wrong[0]?.says ?? "", says);
  });
}

Deno.test("judgeRehearsal() says that what the stimulus could not make was not tried", () => {
  const report = { pid: PID, births: [], failed: false, moved: false };
  const trials = judgeRehearsal({ report, events: [], ladder: LADDER });
  assert.deepEqual(new Set(trials.map((it) => it.verdict)), new Set(["untried"]));
});
