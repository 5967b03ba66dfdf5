import assert from "node:assert/strict";
import { test } from "node:test";
import { evidenceOf, fact, failed, steps, TRUTH } from "../../tests/support/told.ts";
import type { Told } from "./evidence.ts";
import { backportOf, FIXES, type FixState, type Move } from "./backport.ts";

const LATER = { fromNs: 5000n, toNs: 6000n };
const BEFORE = { fromNs: 100n, toNs: 200n };
const REFUSED = fact("confirm-integer clone holds-12345", failed(22));
const TAKEN = fact("confirm-integer clone holds-12345", { ret: 101, targetPid: 101 });
const READ_ONLY = fact("confirm-page clone read-only", failed(14));
const EARLY = fact("confirm-pids-max clone pids-max", { ...failed(11), ...BEFORE });
const MOVED = fact("confirm-pids-max clone pids-max", { ...failed(11), ...LATER });

/** A call whose file is made, and which fails in handing the number over. */
const UNDONE =
  "kernel_clone > copy_process > alloc_pid = 101 > get_unused_fd_flags = 3 > pidfs_alloc_file > " +
  "pidfs_alloc_file = file > put_unused_fd = 3 > free_pid > copy_process = -14 > kernel_clone = -14";
/** The same on a kernel that installs first and closes again. */
const CLOSED = "kernel_clone > copy_process > alloc_pid = 101 > anon_inode_getfd > fd_install = 3 > " +
  "anon_inode_getfd = 3 > close_fd = 3 > free_pid > copy_process = -14 > kernel_clone = -14";
/** The file cannot be made. */
const NO_FILE =
  "kernel_clone > copy_process > alloc_pid = 101 > get_unused_fd_flags = 3 > pidfs_alloc_file > " +
  "pidfs_alloc_file = -23 > put_unused_fd = 3 > free_pid > copy_process = -23 > kernel_clone = -23";
/** The file cannot be made, and what is returned is no error. */
const NONSENSE = NO_FILE.replace("copy_process = -23", "copy_process = 0");

const ENFILE = fact("confirm-enfile clone enfile", failed(23));

type Case = readonly [
  title: string,
  told: Partial<Omit<Told, "truth">> & { readonly truth?: Partial<Told["truth"]> },
  state: FixState,
  says: RegExp,
  move?: Move,
];

const CASES: Readonly<Record<keyof typeof FIXES, readonly Case[]>> = {
  integer: [
    ["the integer is taken as it is", { facts: [TAKEN] }, "present", /makes a child/],
    ["it is refused", { truth: { isSeedLike: true }, facts: [REFUSED] }, "missing", /gives EINVAL/],
    ["nothing was tried", { truth: { isSeedLike: null } }, "cannot-tell", /was not tried/],
  ],
  late: [
    [
      "what was made is undone, never installed",
      {
        facts: [READ_ONLY],
        steps: steps(UNDONE),
      },
      "present",
      /^1 call failed after/,
    ],
    [
      "it is installed and closed again",
      {
        truth: { isSeedLike: true, law: "per-file" },
        facts: [READ_ONLY],
        steps: steps(CLOSED),
      },
      "missing",
      /read-only, fails, and yet the pidfd was installed: fd_install\(3\); kernel_clone > /,
    ],
    ["no call came so far", { facts: [READ_ONLY], steps: steps(NO_FILE) }, "cannot-tell", /No call was seen/],
    ["no steps are told", { facts: [READ_ONLY] }, "cannot-tell", /No call was seen/],
    [
      "installing is not watched",
      {
        truth: { watched: new Set([...TRUTH.watched].filter((it) => it !== "fd_install")) },
        facts: [READ_ONLY],
        steps: steps(UNDONE),
      },
      "cannot-tell",
      /fd_install\(\) cannot be watched/,
    ],
    [
      "a number is closed before the call begins",
      {
        facts: [READ_ONLY],
        steps: steps(`close_fd = 9 > ${UNDONE}`),
      },
      "present",
      /^1 call failed after/,
    ],
  ],
  error: [
    ["an error comes back", { facts: [ENFILE], steps: steps(NO_FILE) }, "present", /returned ENFILE$/],
    ["something else comes back", { facts: [ENFILE], steps: steps(NONSENSE) }, "missing", /no error either/],
    [
      "the caller dies of what comes back",
      {
        facts: [fact("confirm-enfile clone enfile", { ret: null, toNs: null })],
        steps: steps(NONSENSE.replace(" > kernel_clone = -23", "")),
      },
      "missing",
      /no error either/,
    ],
    [
      "the file was always made",
      { facts: [READ_ONLY], steps: steps(UNDONE) },
      "cannot-tell",
      /confirm-enfile/,
    ],
    [
      "the fault is not there yet",
      {
        truth: { isSeedLike: true, law: "per-file" },
        facts: [READ_ONLY],
        steps: steps(CLOSED),
      },
      "cannot-tell",
      /came with 6fd2fe494b17, which is missing here/,
    ],
  ],
  lock: [
    ["a process moves afterwards", { facts: [READ_ONLY, MOVED] }, "present", /moved to another cgroup after/],
    [
      "a process moves at the very end",
      { facts: [EARLY, READ_ONLY] },
      "present",
      /moved to another cgroup after clone, read-only/,
      { facts: [MOVED], reason: undefined, hangs: false },
    ],
    ["a process moved before", { facts: [EARLY, READ_ONLY] }, "cannot-tell", /No process was moved/],
    ["nothing had failed before", { facts: [MOVED] }, "cannot-tell", /EFAULT or EMFILE/],
    [
      "none can be moved any more",
      { facts: [EARLY, READ_ONLY] },
      "missing",
      /moved to another cgroup before, and none could after .*: nothing ended within 30 s$/,
      { facts: [], reason: "nothing ended within 30 s", hangs: true },
    ],
    [
      "none could be moved before either",
      { facts: [READ_ONLY] },
      "cannot-tell",
      /nothing ended within/,
      { facts: [], reason: "nothing ended within 30 s", hangs: true },
    ],
    [
      "there is no right to make a cgroup",
      { facts: [EARLY, READ_ONLY] },
      "cannot-tell",
      /needs root/,
      { facts: [], reason: "needs root to make a cgroup", hangs: false },
    ],
  ],
};

for (const [name, cases] of Object.entries(CASES)) {
  const { commit } = FIXES[name as keyof typeof FIXES];
  for (const [title, told, state, says, move] of cases) {
    test(`backportOf() says that ${commit} is ${state} when ${title}`, () => {
      const { fixes } = backportOf(evidenceOf(told), {
        judgements: [],
        move,
      });
      const fix = fixes.find((it) => it.commit === commit);
      assert.ok(fix !== undefined);
      assert.equal(fix.state, state, fix.says);
      assert.match(fix.says, says);
      assert.equal(fix.exhibits.length > 0, state !== "cannot-tell");
    });
  }
}

const born = (name: string, targetPid: number, ino: string) =>
  fact(`confirm-flags ${name} ${name}`, { ret: targetPid, targetPid, ino });

test("backportOf() tells the generation by what user space saw", () => {
  const rows = [
    [{ isSeedLike: true }, [REFUSED], "first"],
    [{}, [born("clone", 101, "7"), born("clone3", 102, "7")], "anonymous"],
    [{}, [born("clone", 101, "7"), born("clone3", 102, "8")], "pidfs"],
    [{}, [born("clone", 101, "7")], null],
    [{ isSeedLike: null }, [born("clone", 101, "7"), born("clone3", 102, "8")], null],
  ] as const;
  for (const [truth, facts, expected] of rows) {
    const { behavesLike, because } = backportOf(evidenceOf({ truth, facts }), {
      judgements: [],
      move: undefined,
    });
    assert.equal(behavesLike, expected, because);
    assert.match(because, /^[A-Z][^.]+[^.]$/);
  }
});
