import assert from "node:assert/strict";
import { VERSION } from "../../scripts/version.ts";
import { call, onTerminal, piped, ROOT, TOOL_WORDS } from "../support/said.ts";
import type { Said } from "../support/said.ts";

interface Row {
  readonly args: readonly string[];
  readonly code: number;
  readonly stdout?: readonly RegExp[];
  readonly stderr?: readonly RegExp[];
}

const COMMANDS = [
  "record",
  "replay",
  "plan",
  "doctor",
  "confirm",
  "lab",
  "trace",
  "man",
  "help",
  "completions",
];

/** No line of a help page is longer than a small terminal is wide. */
const NARROW = /^(?!.*^.{80})[^]*$/m;

const LAB = /deno run trace-clone lab demo\n/;

const ROWS: readonly Row[] = [
  {
    args: ["--help"],
    code: 0,
    stdout: [
      ...COMMANDS.map((it) => new RegExp(`^  ${it} `, "m")),
      /^Examples:\n +deno run /m,
      /^Exit codes: /m,
      NARROW,
    ],
  },
  { args: ["-h"], code: 0, stdout: [/^Examples:/m] },
  { args: ["help", "plan"], code: 0, stdout: [/^Usage: trace-clone plan/m] },
  ...[
    "trace",
    "record",
    "replay",
    "plan",
    "doctor",
    "confirm",
    "man",
    "lab",
    "lab list",
    "lab build",
    "lab run",
    "lab demo",
    "lab rm",
  ]
    .map((words) => ({
      args: [...words.split(" "), "--help"],
      code: 0,
      stdout: [
        new RegExp(`^Usage: trace-clone ${words}\\b`, "m"),
        /^ *Examples:\n +deno run trace-clone /m,
        NARROW,
      ],
    })),
  { args: ["--version"], code: 0, stdout: [new RegExp(`^${VERSION.replaceAll(".", "\\.")}\n$`)] },
  { args: ["completions", "bash"], code: 0, stdout: [/complete/] },
  {
    args: ["lab", "list"],
    code: 0,
    stdout: [/^KERNEL +SUITE +WHY\n7\.2 +sid /, /^6\.12 +trixie /m, /^bookworm +0\.17 /m],
  },

  {
    args: ["confirm", "--list"],
    code: 0,
    stdout: [
      /^Rules\n {2}R1 +CLONE_PIDFD/,
      /^Stimuli\n {2}confirm-slow +harmless +R13, R14: [^]*^ {2}confirm-integer +harmless +R4b: /m,
      NARROW,
    ],
  },
  {
    args: ["confirm", "--list", "--only", "r4A,R17"],
    code: 0,
    stdout: [
      /^Rules\n {2}R4a +[^]*\n {2}R17 +[^]*\n\nStimuli\n {2}confirm-integer [^]*\n {2}confirm-poll [^]*\n {2}confirm-unreadable /,
    ],
  },

  { args: ["--jsn"], code: 2, stderr: [/--jsn[^]*`--json`/] },
  { args: ["plna"], code: 2, stderr: [/plna[^]*`plan`/] },
  { args: ["lab", "lst"], code: 2, stderr: [/one of list, build, run, demo, rm/] },
  { args: ["lab", "run", "6.99"], code: 2, stderr: [/"6\.99": one of .*6\.12/] },
  { args: ["--target", "labb"], code: 2, stderr: [/lab:KERNEL/] },
  { args: ["--target", "lab:6.99"], code: 2, stderr: [/6\.12/] },
  { args: ["-d", "soon"], code: 2, stderr: [/30s, 5m or 500ms/] },
  { args: ["-n"], code: 2, stderr: [/-n/] },
  { args: ["help", "plna"], code: 2, stderr: [/^Error: .*`plna`/] },
  { args: ["plan", "--", "x"], code: 2, stderr: [/Only trace and record take -- CMD/] },
  { args: ["--copy", "x"], code: 2, stderr: [/need a command/] },
  { args: ["--cmd-output", "x"], code: 2, stderr: [/need a command/] },
  { args: ["--"], code: 2, stderr: [/Nothing stands after --/] },

  // The machine that runs these tests has no bpftrace by this name.
  {
    args: ["--bpftrace", "/no/such/bpftrace"],
    code: 3,
    stderr: [
      /Cannot trace "local"/,
      /\/no\/such\/bpftrace/,
      /^ +deno run trace-clone --target lab:6\.12$/m,
      LAB,
    ],
  },
  {
    args: ["--target", "local", "--bpftrace", "/no/such/bpftrace", "-n", "a-b", "--", "./prog", "it's"],
    code: 3,
    stderr: [
      /^ +deno run trace-clone --target lab:6\.12 -n a-b --copy \.\/prog -- \.\/prog 'it'\\''s'$/m,
      LAB,
    ],
  },
  {
    args: ["confirm", "--yes", "--bpftrace", "/no/such/bpftrace", "--only", "R5"],
    code: 3,
    stderr: [/^ +deno run trace-clone confirm --target lab:6\.12 --yes --only R5$/m],
  },
  {
    args: ["plan", "--bpftrace", "/no/such/bpftrace", "--json"],
    code: 3,
    stderr: [/^ +deno run trace-clone plan --target lab:6\.12 --json$/m],
  },
  {
    args: ["--cmd-output", "/no/such/folder/file", "--", "true"],
    code: 3,
    stderr: [/"\/no\/such\/folder\/file"/, /hint: /],
  },
];

function check(row: Row, said: Said): void {
  const words = `${row.args.join(" ")}\n${said.stdout}\n${said.stderr}`;
  assert.equal(said.code, row.code, words);
  for (const pattern of row.stdout ?? []) assert.match(said.stdout, pattern, words);
  for (const pattern of row.stderr ?? []) assert.match(said.stderr, pattern, words);
  assert.doesNotMatch(words, /fault of the tool|Uncaught|NotCapable/);
}

/** Runs something for every row, two at a time. */
async function forRows(look: (row: Row) => Promise<void>): Promise<void> {
  const rest = [...ROWS];
  const work = async () => {
    for (let row = rest.shift(); row !== undefined; row = rest.shift()) await look(row);
  };
  await Promise.all([work(), work()]);
}

Deno.test("trace-clone does what its help says when its output is piped", async () => {
  await forRows(async (row) => {
    const said = await piped(row.args);
    check(row, said);
    if (row.code === 0) assert.equal(said.stderr, "");
    else assert.equal(said.stdout, "", row.args.join(" "));
  });
});

Deno.test("trace-clone does the same on a terminal", async () => {
  await forRows(async (row) => {
    const said = await onTerminal(row.args);
    check(row, said);
    // The only control sequences are those that replace a line of progress.
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(said.stdout.replaceAll("\r\u001b[K", ""), /[\u0000-\u0008\u000b-\u001f\u007f]/);
  });
});

Deno.test("trace-clone gives a completion script that bash reads, and that knows the options", async () => {
  const script = `eval "$("$@" completions bash)" && complete -p trace-clone && "$@" completions bash --max`;
  const { code, stdout, stderr } = await call("bash", ["-c", script, "bash", ...TOOL_WORDS]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.match(stdout, /^complete .*trace-clone$/m);
  assert.match(stdout, /--max-events/);
});

Deno.test("trace-clone tells each cause once when this machine cannot be traced", async () => {
  const { stderr } = await piped(["--bpftrace", "/no/such/bpftrace"]);
  const causes = stderr.split("\n").filter((it) => it.startsWith("  - "));
  assert.ok(causes.length > 0);
  const cause = (line: string) => line.split("; so ")[0];
  assert.equal(new Set(causes.map(cause)).size, causes.length, stderr);
});

Deno.test("trace-clone finds a relative path in the folder where the user stands", async () => {
  const file = "cmd-output-of-a-test";
  const words = [
    "run",
    "-q",
    "trace-clone",
    "--bpftrace",
    "/no/such/bpftrace",
    "--cmd-output",
    file,
    "--",
    "true",
  ];
  // A task that runs this test has set INIT_CWD to its own folder.
  await call("env", ["--unset=INIT_CWD", Deno.execPath(), ...words], { cwd: `${ROOT}docs` });
  await Deno.remove(`${ROOT}docs/${file}`);
});

Deno.test("trace-clone ends at once when it is interrupted before anything is traced", async () => {
  for (const words of [[], ["plan"]]) await interrupted(words);
});

async function interrupted(words: readonly string[]): Promise<void> {
  // A bpftrace that never says its version.
  const folder = await Deno.makeTempDir();
  const slow = `${folder}/bpftrace`;
  await Deno.writeTextFile(slow, "#!/bin/sh\nexec sleep 10\n", { mode: 0o755 });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "trace-clone", ...words, "--bpftrace", slow],
    cwd: ROOT,
    detached: true,
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader.read()).value ?? "", /looking at the kernel/);
  const start = performance.now();
  Deno.kill(-child.pid, "SIGINT");
  assert.equal((await child.status).code, 130);
  assert.ok(performance.now() - start < 5000);
  await reader.cancel();
  await Deno.remove(folder, { recursive: true });
}
