import assert from "node:assert/strict";
import { guardArgv, type GuardMode } from "./guard.ts";
import { GuardRun } from "../tests/support/guard_run.ts";
import { Room } from "../tests/support/room.ts";
import { killAll, newMark, signalGroup, signalOne, sleep, until } from "../tests/support/marked_processes.ts";

/** Shells that stand for those of other machines: Debian's, that of embedded systems, and the largest one. */
const SHELLS: readonly (readonly string[])[] = [["dash"], ["busybox", "sh"], ["bash"]];

/** Longest time in which everything is gone, as promised to the users. */
const GONE_LIMIT_MS = 15_000;

interface Row {
  readonly name: string;
  readonly mode: GuardMode;
  readonly argv: readonly string[];
  readonly check: (run: GuardRun) => Promise<void>;
}

const LONG = ["sleep", "61"];

const ENDINGS: readonly Row[] = [
  {
    name: "ends the program when its input ends",
    mode: "trace",
    argv: LONG,
    async check(run) {
      await run.close();
      assert.equal(await run.reported(), 130);
    },
  },
  {
    name: "ends the program when a line q arrives",
    mode: "trace",
    argv: LONG,
    async check(run) {
      run.send("q");
      assert.equal(await run.reported(), 130);
    },
  },
  {
    name: "ends the program after four seconds of silence, and not before",
    mode: "trace",
    argv: LONG,
    async check(run) {
      assert.equal(await run.reported(), 130);
      const waitedMs = performance.now() - run.startedMs;
      assert.ok(waitedMs > 3500, `${waitedMs} ms`);
    },
  },
  {
    name: "kills a program that ignores SIGINT three seconds later",
    mode: "trace",
    argv: ["sh", "-c", "trap '' INT; exec sleep 61"],
    async check(run) {
      await sleep(300);
      const start = performance.now();
      run.send("q");
      assert.equal(await run.reported(), 137);
      const waitedMs = performance.now() - start;
      assert.ok(waitedMs > 2500, `${waitedMs} ms`);
    },
  },
  {
    name: "keeps the program as long as it hears from us",
    mode: "trace",
    argv: LONG,
    async check(run) {
      run.beat();
      await sleep(6500);
      assert.ok(await run.isAlive(run.childPid));
      run.send("q");
      assert.equal(await run.reported(), 130);
    },
  },
  {
    name: "still listens after a line g that nobody waits for",
    mode: "trace",
    argv: LONG,
    async check(run) {
      run.send("g");
      await sleep(300);
      run.send("q");
      assert.equal(await run.reported(), 130);
    },
  },
  {
    name: "still listens after a second line g",
    mode: "command",
    argv: LONG,
    async check(run) {
      for (const word of ["g", "g", "q"] as const) {
        run.send(word);
        await sleep(300);
      }
      assert.equal(await run.reported(), 143);
    },
  },
  {
    name: "ends a command that has not begun",
    mode: "command",
    argv: LONG,
    async check(run) {
      run.send("q");
      assert.equal(await run.reported(), 143);
    },
  },
  {
    name: "ends the children of a command too, and those that ignore SIGTERM three seconds later",
    mode: "command",
    argv: ["sh", "-c", "sleep 61 & (trap '' TERM; exec sleep 62) & (sleep 63; sleep 64) & echo up; wait"],
    async check(run) {
      run.send("g");
      await until("the children", () => run.stderr === "up\n");
      await sleep(200);
      run.send("q");
      assert.equal(await run.reported(), 143);
    },
  },
  {
    name: "ends what a command leaves running in its process group",
    mode: "command",
    argv: ["sh", "-c", "sleep 61 & exit 5"],
    async check(run) {
      run.send("g");
      assert.equal(await run.reported(), 5);
    },
  },
  {
    name: "gives a command the time to end its work after SIGTERM",
    mode: "command",
    argv: ["sh", "-c", "trap 'sleep 1; echo flushed; exit 9' TERM; echo up; sleep 61 & wait"],
    async check(run) {
      run.send("g");
      await until("its first words", () => run.stderr === "up\n");
      run.send("q");
      assert.equal(await run.reported(), 9);
      assert.match(run.stderr, /flushed/);
    },
  },
];

const PARTS = ["guard", "reader", "ticker", "loop", "program"] as const;

const KILLS: readonly Row[] = PARTS.flatMap((part) =>
  (["trace", "command"] as const).map((mode): Row => ({
    name: `leaves nothing behind when its ${part} is killed with SIGKILL (${mode})`,
    mode,
    argv: mode === "trace" ? LONG : ["sh", "-c", "sleep 61 & wait"],
    async check(run) {
      run.beat();
      const parts = await run.parts();
      if (mode === "command") run.send("g");
      await sleep(500);
      signalOne(parts[part], "SIGKILL");
    },
  }))
);

const GROUP_SIGNALS: readonly Row[] = (["SIGTERM", "SIGHUP", "SIGINT"] as const).map((signal) => ({
  name: `leaves no command behind when ${signal} is sent to all of its processes and our side ends`,
  mode: "command",
  argv: LONG,
  async check(run) {
    run.send("g");
    await sleep(500);
    signalGroup(run.guardPid, signal);
    await sleep(200);
    await run.close();
  },
}));

const RACES: readonly Row[] = Array.from({ length: 4 }, (_, at) => ({
  name: `leaves no program behind when its input ends at once (${at + 1})`,
  mode: at % 2 === 0 ? "trace" : "command",
  argv: LONG,
  check: (run) => run.close(),
}));

const STATUSES: readonly Row[] = [
  ...[0, 1, 2, 77, 125, 128, 254, 255].map((status): [string, number] => [`exit ${status}`, status]),
  ...Object.entries({ HUP: 129, INT: 130, KILL: 137, SEGV: 139, PIPE: 141, TERM: 143 })
    .map(([signal, status]): [string, number] => [`kill -${signal} $$`, status]),
].map(([script, status]) => ({
  name: `tells the status ${status} of a command that does ${script}`,
  mode: "command",
  argv: ["sh", "-c", script],
  async check(run) {
    run.send("g");
    assert.equal(await run.reported(), status);
    assert.equal(run.stderr, "");
  },
}));

const FACTS = String.raw`
IFS= read -r line && echo "input: $line"
IFS= read -r stat </proc/$$/stat; set -- $stat
echo "pid $$ group $5 session $6"
echo "cwd $(pwd)"
ls -A
while read -r name mask; do case $name in SigIgn:) printf "ignored %d\n" "$((0x$mask & 2))" ;; esac; done </proc/$$/status
echo out; echo err >&2
`;

const COMMANDS: readonly Row[] = [
  {
    name:
      "holds a command until a line g arrives, and begins it with the same process id in a session of its own",
    mode: "command",
    argv: ["sh", "-c", FACTS],
    async check(run) {
      run.beat();
      await sleep(1500);
      assert.ok(await run.isAlive(run.childPid));
      assert.equal(run.stderr, "");
      run.send("g");
      assert.equal(await run.reported(), 0);
      const pid = run.childPid;
      const expected = [
        `pid ${pid} group ${pid} session ${pid}`,
        `cwd ${run.folder}`,
        "ignored 0",
        "out",
        "err",
        "",
      ];
      assert.deepEqual(run.stderr.split("\n"), expected);
    },
  },
  {
    name: "hands words over as they are",
    mode: "command",
    argv: [
      "printf",
      "<%s>",
      "it's",
      "$(id)",
      '"',
      "a b",
      "",
      "*",
      "x\ny\n",
      "`id`",
      "\\",
      "é😀",
      "; id",
      "-n",
    ],
    async check(run) {
      run.send("g");
      assert.equal(await run.reported(), 0);
      assert.equal(run.stderr, "<it's><$(id)><\"><a b><><*><x\ny\n><`id`><\\><é😀><; id><-n>");
    },
  },
  {
    name: "hands words to a traced program as they are, with its own process id behind them",
    mode: "trace",
    argv: ["sh", "-c", 'printf "<%s>" "$@" >&2; sleep 2', "it's", "$(id) '", "\n"],
    async check(run) {
      assert.equal(await run.reported(), 0);
      assert.equal(run.stderr, `<$(id) '><\n><${run.guardPid}>`);
    },
  },
  {
    name: "tells the status 127 of a program that is not there",
    mode: "command",
    argv: ["no such program"],
    async check(run) {
      run.send("g");
      assert.equal(await run.reported(), 127);
      assert.match(run.stderr, /no such program/);
    },
  },
];

/** Runs one row, and looks afterwards that no process and no folder is left. */
async function perform(shell: readonly string[], row: Row): Promise<void> {
  const mark = newMark();
  const raced = RACES.includes(row);
  try {
    await using run = await GuardRun.start([...shell, ...guardArgv(row.mode, row.argv).slice(1)], {
      ...mark,
      until: raced ? "nothing" : "child",
    });
    await row.check(run);
    const gone = async () => (await run.alive()).length === 0 && !await run.hasFolder();
    await until("the end of every process, and of the folder", gone, { limitMs: GONE_LIMIT_MS });
  } finally {
    await killAll(mark.mark);
  }
}

/** Rows that run at once: most of their time they wait, but each is a dozen processes. */
const AT_ONCE_MAX = 36;

Deno.test("GUARD", async (t) => {
  // The waits are real, so that many of them happen at once.
  const room = new Room(AT_ONCE_MAX);
  const rows = [...ENDINGS, ...GROUP_SIGNALS, ...RACES, ...COMMANDS, ...STATUSES, ...KILLS];
  const steps = SHELLS.flatMap((shell) =>
    rows.map((row) =>
      t.step({
        name: `GUARD ${row.name}, under ${shell[0]}`,
        fn: () => room.use(() => perform(shell, row)),
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
      })
    )
  );
  assert.ok((await Promise.all(steps)).every((passed) => passed));
});

Deno.test("guardArgv() gives the words of the user as parameters behind a constant text", () => {
  const [shell, option, , name, ...rest] = guardArgv("command", ["echo", "$(id)"]);
  assert.deepEqual([shell, option, name, ...rest], [
    "sh",
    "-c",
    "trace-clone-guard",
    "command",
    "echo",
    "$(id)",
  ]);
  assert.equal(guardArgv("trace", ["a"])[2], guardArgv("command", ["b"])[2]);
});

Deno.test("guardArgv() puts sudo before the shell, which asks for nothing", () => {
  const plain = guardArgv("trace", ["a"]);
  assert.deepEqual(guardArgv("trace", ["a"], { sudo: true }), ["sudo", "-n", "--", ...plain]);
});
