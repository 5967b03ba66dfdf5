// What a user can get wrong, one row each: the tool as a user starts it, its exit code, and what it says.
//
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Room } from "../support/room.ts";
import { call, inBash, onTerminal, piped } from "../support/said.ts";
import type { Said } from "../support/said.ts";
import { deafPort, LockedSshd, SilentServer, sshKnowing } from "../support/ssh_servers.ts";

/** What the rows need of this machine. */
interface Place {
  /** A temporary folder; nothing but the tests themselves may make a file `x` in it. */
  readonly folder: string;
  /** Nobody listens here. */
  readonly deaf: number;
  /** Somebody accepts here, and says nothing. */
  readonly silent: number;
  /** An ssh server that lets nobody in. */
  readonly locked: number;
  /** A folder with an `ssh` that knows its key. */
  readonly knowing: string;
  /** A folder with an `ssh` that does not. */
  readonly unknowing: string;
}

/** One bad input. */
interface Row {
  /** The words of the user. */
  readonly args: readonly string[];
  /** The exit code that the documents promise. */
  readonly code: number;
  /** What was tried, and what was found. */
  readonly says: readonly RegExp[];
  /** Bash, in which the tool is called `"$@"`; otherwise it is started as it is. */
  readonly bash?: string;
  /** Nobody is there to be told, or nothing is wrong: no hint, no words. */
  readonly isSilent?: boolean;
  /** What was recorded before is not lost: the whole standard output; otherwise it is empty. */
  readonly prints?: RegExp;
}

/** Wrong words: no target is looked at. */
const USAGE_ROWS: readonly Row[] = [
  { args: ["nonsense"], code: 2, says: [/`nonsense`/] },
  { args: ["plna"], code: 2, says: [/Did you mean `plan`/] },
  { args: ["trace", "--jsno"], code: 2, says: [/--jsno/, /hint: See deno run trace-clone trace --help$/m] },
  { args: ["--nosuch=1"], code: 2, says: [/--nosuch/] },
  { args: [""], code: 2, says: [/Unexpected/] },
  { args: ["-p"], code: 2, says: [/`-p` requires `PID`/] },
  { args: ["--json=1"], code: 2, says: [/--json/] },
  { args: ["-d", "1s", "-d", "2s"], code: 2, says: [/`-d` cannot be used multiple times/] },
  { args: ["-p", "1.5"], code: 2, says: [/"1\.5"/] },
  { args: ["-p", "-1"], code: 2, says: [/"-1"/] },
  { args: ["-p", "0x10"], code: 2, says: [/"0x10"/] },
  { args: ["-p", "4194305"], code: 2, says: [/4,194,304/] },
  { args: ["-M", "0"], code: 2, says: [/-M/] },
  { args: ["-d", "25h"], code: 2, says: [/at most\s24h/] },
  { args: ["-n", ""], code: 2, says: [/A pattern is required/] },
  { args: ["-t", "0"], code: 2, says: [/-t/, /"0"/] },
  { args: ["-u", "root"], code: 2, says: [/-u/, /"root"/] },
  { args: ["-u", "4294967295"], code: 2, says: [/4,294,967,294/] },
  { args: ["-c", "a.slice"], code: 2, says: [/begins with \//, /"a\.slice"/] },
  { args: ["-c", "/a/../b"], code: 2, says: [/"\/a\/\.\.\/b"/] },
  { args: ["--container", "abc"], code: 2, says: [/at least 4/, /"abc"/] },
  { args: ["--container", "$(id)"], code: 2, says: [/"\$\(id\)"/] },
  { args: ["-x", "--ok"], code: 2, says: [/only calls that failed and only calls that succeeded/] },
  { args: ["replay", "a.rec", "-x", "--ok"], code: 2, says: [/only calls that succeeded/] },
  { args: ["--follow"], code: 2, says: [/--follow needs a process/, /-p/] },
  { args: ["replay", "a.rec", "--follow"], code: 2, says: [/--follow/] },
  { args: ["leaks", "-t", "7"], code: 2, says: [/leaks has no -t/, /-p/] },
  { args: ["leaks", "--now", "--", "true"], code: 2, says: [/"leaks --now"/, /leaks without --now/] },
  { args: ["leaks", "--target", "replay:x", "--", "true"], code: 2, says: [/"leaks" of a recording/] },
  { args: ["leaks", "--"], code: 2, says: [/Nothing stands after --/] },
  { args: ["leaks", "--copy", "x"], code: 2, says: [/--copy and --cmd-output need a command/] },
  { args: ["leaks", "--by", "comm", "-p", "7"], code: 2, says: [/--by comm/, /--by origin/] },
  { args: ["leaks", "--by", "container", "-n", "x*"], code: 2, says: [/--by container/, /-p, -n/] },
  { args: ["leaks", "--by", "colour"], code: 2, says: [/--by/, /origin/] },
  { args: ["--target", "LOCAL"], code: 2, says: [/"LOCAL"/, /lab:KERNEL/] },
  { args: ["--target", "lab:6.99"], code: 2, says: [/"6\.99"/, /6\.12/] },
  { args: ["--target", "lab:6.1+jessie"], code: 2, says: [/"jessie"/, /bookworm/] },
  { args: ["--target", "lab:$(id)"], code: 2, says: [/lab:\$\(id\)/] },
  { args: ["--target", "replay:"], code: 2, says: [/replay:FILE/] },
  { args: ["lab", "run", "../6.12"], code: 2, says: [/"\.\.\/6\.12"/] },
  { args: ["lab", "rm", "../../etc"], code: 2, says: [/Cannot remove "\.\.\/\.\.\/etc"/] },
  { args: ["lab"], code: 2, says: [/list, build, run, demo, rm/] },
  { args: ["man", "nonsense"], code: 2, says: [/"nonsense"/, /plan/] },
  { args: ["completions", "csh"], code: 2, says: [/"csh"/, /"bash"/] },
  { args: ["--"], code: 2, says: [/Nothing stands after --/] },
  { args: ["--", ""], code: 2, says: [/Cannot run the command ""/] },
  { args: ["--", "-x"], code: 2, says: [/Cannot run the command "-x"/] },
  { args: ["plan", "--", "true"], code: 2, says: [/Only trace and record take -- CMD/] },
  { args: ["--copy", "x"], code: 2, says: [/need a command/] },
  { args: ["--copy", "", "--", "true"], code: 2, says: [/A name is required/] },
  { args: ["--cmd-output", "", "--", "true"], code: 2, says: [/A name is required/] },
  { args: ["confirm", "--only", "R5,R99"], code: 2, says: [/rule "R99": ids of R1, R2/] },
  { args: ["confirm", "--only", ""], code: 2, says: [/rule "": ids of R1/] },
  { args: ["confirm", "--rounds", "0"], code: 2, says: [/--rounds/] },
  { args: ["confirm", "--lives", "20001"], code: 2, says: [/20,000/] },
  { args: ["confirm", "-o", "yaml"], code: 2, says: [/"yaml"/, /"tap"/] },
  { args: ["confirm", "--json", "-o", "tap"], code: 2, says: [/Cannot write both "json" and "tap"/] },
  { args: ["confirm", "--list", "--json"], code: 2, says: [/Cannot write --list as "json"/] },
  { args: ["confirm", "--dangerous", "confirm-all"], code: 2, says: [/"confirm-all"/] },
  { args: ["confirm", "--", "true"], code: 2, says: [/Only trace and record take -- CMD/] },
  { args: ["confirm", "--modules", "."], code: 2, says: [/required, found none/] },
  {
    args: ["confirm"],
    code: 2,
    says: [/^ {2}confirm-enfile +dangerous/m, /stimuli on "local" without a yes/],
  },
  {
    args: ["confirm", "-q", "--target", "ssh:no-such-host.invalid"],
    code: 2,
    says: [/would play on ssh:no/],
  },
  { args: ["--bpftrace", ""], code: 2, says: [/without a dash/] },
  { args: ["--bpftrace", "--unsafe"], code: 2, says: [/without a dash|requires/] },
];

/** Words that no terminal should obey, and bytes that are no text. */
const STRANGE_ROWS: readonly Row[] = [
  { args: ["a\u001b[31mb"], code: 2, says: [/a\\x1b\[31mb/] },
  { args: ["--target", "ssh:a\u001b]0;title\u0007"], code: 2, says: [/Cannot use the target/] },
  { args: ["quo'te\"s\nand lines"], code: 2, says: [/quo'te"s/] },
  { args: ["man", "\u009b2J\u202e"], code: 2, says: [/Cannot find a manual page/] },
];

/** Words of more than one kind of output; each line of bash has the tool in its middle. */
const OUTPUT_ROWS: readonly Row[] = [
  { args: [], bash: `"$@" -n $'\\xff'`, code: 2, says: [/UTF-8 is required/] },
  { args: [], bash: `"$@" -- $'a\\xfe'`, code: 2, says: [/UTF-8 is required/] },
  {
    args: ["--help"],
    bash: `set -o pipefail; "$@" | head -n 1 >/dev/null`,
    code: 0,
    says: [],
    isSilent: true,
  },
  { args: ["--help"], bash: `set -o pipefail; "$@" | :`, code: 0, says: [], isSilent: true },
  { args: ["lab", "list"], bash: `set -o pipefail; "$@" | :`, code: 0, says: [], isSilent: true },
  { args: ["--version"], bash: `"$@" >&-`, code: 0, says: [], isSilent: true },
  {
    args: ["--help"],
    bash: `"$@" >/dev/full`,
    code: 3,
    says: [/Cannot write to standard output: No space left/],
  },
  {
    args: ["man"],
    bash: `"$@" >/dev/full`,
    code: 3,
    says: [/Cannot write to standard output: No space left/],
  },
  { args: ["--nosuch"], bash: `"$@" 2>/dev/full`, code: 2, says: [], isSilent: true },
  { args: ["--nosuch"], bash: `"$@" 2>&-`, code: 2, says: [], isSilent: true },
  { args: ["--bpftrace", "/no/such"], bash: `"$@" 2>/dev/full`, code: 3, says: [], isSilent: true },
];

/** Good words for what this machine does not have, or does not let us have. */
function localRows({ folder }: Place): readonly Row[] {
  const missing = ["--bpftrace", "/no/such/bpftrace"];
  return [
    { args: missing, code: 3, says: [/Cannot trace "local"/, /it is not on the host/] },
    { args: ["--json", ...missing], code: 3, says: [/Cannot trace "local"/] },
    {
      args: ["confirm", "--yes", ...missing],
      code: 3,
      says: [/Cannot trace "local"/, /it is not on the host/],
    },
    { args: ["confirm", "--target", `replay:${folder}/data`], code: 3, says: [/a recording is no machine/] },
    { args: ["confirm", ...image("./no-such")], code: 3, says: [/Cannot boot the kernel/] },
    { args: ["--bpftrace", `${folder}/data`], code: 3, says: [/may not be executed/] },
    { args: ["--bpftrace", `${folder}/other`], code: 3, says: [/"bpftrace vX\.Y\.Z" is required/] },
    { args: ["--bpftrace", `${folder}/old`], code: 3, says: [/is too old.*v0\.16\.0/] },
    { args: ["--bpftrace", `${folder}/failing`], code: 3, says: [/exit status 0 is required, got 9/] },
    { args: ["--copy", `${folder}/no such`, "--", "true"], code: 3, says: [/Cannot copy "[^"]*\/no such"/] },
    {
      args: ["--cmd-output", `${folder}/no/such`, "--", "true"],
      code: 3,
      says: [/Cannot write .*\/no\/such"/],
    },
    { args: ["--cmd-output", folder, "--", "true"], code: 3, says: [/directory/i] },
    {
      args: ["--cmd-output", "/dev/full", ...missing, "--", "true"],
      code: 3,
      says: [/Cannot trace "local"/],
    },
    { args: image("./no-such"), code: 3, says: [/Cannot boot the kernel ".*\/no-such": no such file/] },
    { args: image(folder), code: 3, says: [/a file is required, found a folder/] },
    { args: image("/dev/null"), code: 3, says: [/a file is required, found a device/] },
    {
      args: image(`${folder}/data`),
      code: 3,
      says: [/a bzImage for x86-64 is required, found a file of \d+ bytes/],
    },
    { args: image("/bin/true"), code: 3, says: [/a bzImage for x86-64 is required, found an ELF file/] },
    { args: ["--modules", folder], code: 2, says: [/one target lab:PATH is required, found none/] },
    { args: ["plan", "--target", "lab:6.12", "--modules", "."], code: 2, says: [/required, found none/] },
    {
      args: [...image("./a"), ...image("./b"), "--modules", "."],
      code: 2,
      says: [/one target lab:PATH is required, found 2 of them/],
    },
    { args: [...image("./a"), "--modules", ""], code: 2, says: [/nothing was given/] },
  ];
}

/** Words for a kernel of the user's. */
function image(path: string): readonly string[] {
  return ["--target", `lab:${path}`];
}

/** Machines that cannot be reached, and names that are none. */
function sshRows(place: Place): readonly Row[] {
  const { folder, deaf, silent, locked, knowing, unknowing } = place;
  const to = (host: string): readonly string[] => ["--target", `ssh:${host}`];
  const touch = `touch$IFS${folder}/x`;
  const withSsh = (path: string) => `PATH='${path}':"$PATH" "$@"`;
  return [
    { args: to(`-oProxyCommand=${touch}`), code: 2, says: [/Cannot connect: a host of/] },
    { args: to(`$(${touch})`), code: 2, says: [/Cannot connect: a host of/] },
    { args: to(`h;${touch}`), code: 2, says: [/Cannot connect: a host of/] },
    { args: to(`\`${touch}\`@127.0.0.1`), code: 2, says: [/a user of/] },
    { args: to(`-l@127.0.0.1`), code: 2, says: [/a user of/] },
    { args: to(`127.0.0.1:22;${touch}`), code: 2, says: [/Cannot (?:use|connect)/] },
    { args: to("127.0.0.1:65536"), code: 2, says: [/a port from 1 to 65535/] },
    { args: to("127.0.0.1:0"), code: 2, says: [/a port from 1 to 65535/] },
    { args: to("[::1"), code: 2, says: [/brackets/] },
    { args: to("a\nb"), code: 2, says: [/Cannot connect/] },
    { args: to("no-such-host.invalid"), code: 3, says: [/no such host is known/] },
    { args: to(`127.0.0.1:${deaf}`), code: 3, says: [/the connection was refused/] },
    { args: to(`127.0.0.1:${silent}`), code: 3, says: [/Cannot connect to/, /answer/] },
    { args: ["plan", ...to(`127.0.0.1:${deaf}`)], code: 3, says: [/the connection was refused/] },
    {
      args: to(`127.0.0.1:${locked}`),
      bash: withSsh(knowing),
      code: 3,
      says: [/Cannot connect to/, /BatchMode/],
    },
    { args: to(`127.0.0.1:${locked}`), bash: withSsh(unknowing), code: 3, says: [/compare the key/] },
  ];
}

/** Recordings that are none, or not whole, and places where none can be made. */
function recordingRows({ folder }: Place): readonly Row[] {
  const replay = (name: string, ...words: readonly string[]) => ["replay", `${folder}/${name}`, ...words];
  const record = (path: string, ...words: readonly string[]) => ["record", path, ...words];
  return [
    { args: replay("missing"), code: 3, says: [/Cannot replay ".*\/missing": there is no such file/] },
    { args: ["replay", folder], code: 3, says: [/Cannot replay ".*": it is a folder/] },
    { args: ["--target", `replay:${folder}/missing`], code: 3, says: [/there is no such file/] },
    { args: replay("data"), code: 2, says: [/its first line is not that of a recording/] },
    { args: replay("empty"), code: 2, says: [/it is empty, so nothing of a run is in it/] },
    { args: replay("newer"), code: 2, says: [/"trace-clone-recording\/1" is required, but it has ".*\/2"/] },
    { args: replay("header"), code: 2, says: [/ends within its header/] },
    {
      args: replay("cut", "--json"),
      code: 4,
      says: [/the recording ends here: /],
      prints: /"type":"pidfd\.create"[^]*\n\{[^\n]*"type":"end"[^\n]*"complete":false,"exit_code":4[^\n]*\n$/,
    },
    { args: ["replay"], code: 2, says: [/Expected a `FILE`/] },
    { args: record(`${folder}/data`), code: 2, says: [/a recording replaces nothing/] },
    { args: record(`${folder}/no/such`), code: 3, says: [/Cannot record to ".*\/no\/such"/] },
    { args: record(folder), code: 2, says: [/a recording replaces nothing/] },
    { args: record(`${folder}/new`, "--max-size", "1"), code: 2, says: [/at least 512K/] },
    { args: record(`${folder}/new`, "--redact", "all"), code: 2, says: [/"all"/, /addresses/] },
    { args: record(`${folder}/new`, "--bpftrace", "/no/such"), code: 3, says: [/Cannot trace "local"/] },
    {
      args: record(`${folder}/new`, "--target", "local", "--target", "lab:6.12"),
      code: 2,
      says: [/several targets/],
    },
  ];
}

/** A recording of a real run, whole and plain, and what becomes of such files. */
async function writeRecordings(folder: string): Promise<void> {
  const golden = new URL("../goldens/6.12-three-pidfds.rec.zst", import.meta.url);
  const { stdout: whole } = await call("zstd", ["-q", "-d", "-c", fileURLToPath(golden)]);
  const files = {
    empty: "",
    newer: whole.replace("trace-clone-recording/1", "trace-clone-recording/2"),
    header: whole.slice(0, 200),
    cut: whole.slice(0, whole.lastIndexOf('{"end"') - 20),
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
}

/** Makes the place, does something there, and removes it. */
async function inPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await using silent = new SilentServer();
    await using locked = await LockedSshd.start(folder);
    const scripts = {
      old: "echo bpftrace v0.16.0",
      other: "echo hello",
      failing: "exit 9",
    };
    await Deno.writeTextFile(`${folder}/data`, "no program\n", { mode: 0o644 });
    await writeRecordings(folder);
    for (const [name, text] of Object.entries(scripts)) {
      await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    await work({
      folder,
      deaf: deafPort(),
      silent: silent.port,
      locked: locked.port,
      knowing: await sshKnowing(folder, { name: "knowing", knownHosts: locked.knownHosts }),
      unknowing: await sshKnowing(folder, { name: "unknowing", knownHosts: "/dev/null" }),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function check(row: Row, said: Said): void {
  const words = `${JSON.stringify(row.args)} ${row.bash ?? ""}\n${said.code}\n${said.stdout}\n${said.stderr}`;
  assert.equal(said.code, row.code, words);
  for (const pattern of row.says) assert.match(said.stderr, pattern, words);
  assert.doesNotMatch(words, /fault of the tool|Uncaught|NotCapable|panicked|^\s+at .*:\d+:\d+\)?$/m);
  if (row.isSilent === true) assert.equal(said.stderr, "", words);
  else if (row.prints === undefined) assert.match(said.stderr, /^ *(?:hint|Usage): ./m, words);
}

/** Characters that a terminal obeys. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Most calls at once. */
const AT_ONCE = 4;

/** Looks at every row, and tells of all that are not as they should be. */
async function forEach(rows: readonly Row[], look: (row: Row) => Promise<void>): Promise<void> {
  const room = new Room(AT_ONCE);
  const results = await Promise.allSettled(rows.map((row) => room.use(() => look(row))));
  const failures = results.flatMap((it) => it.status === "rejected" ? [String(it.reason)] : []);
  assert.ok(rows.length > 0);
  assert.deepEqual(failures, [], failures.join("\n\n"));
}

Deno.test("trace-clone says what is wrong, what was found and what to do next", async () => {
  await inPlace(async (place) => {
    // Those that wait for something begin first.
    const rows = [
      ...localRows(place),
      ...sshRows(place),
      ...recordingRows(place),
      ...OUTPUT_ROWS,
      ...STRANGE_ROWS,
      ...USAGE_ROWS,
    ];
    await forEach(rows, async (row) => {
      const said = await (row.bash === undefined ? piped(row.args) : inBash(row.bash, row.args));
      check(row, said);
      assert.match(said.stdout, row.prints ?? /^$/, row.args.join(" "));
      assert.doesNotMatch(said.stderr, CONTROL, row.args.join(" "));
    });
    await assert.rejects(Deno.stat(`${place.folder}/x`), Deno.errors.NotFound);
  });
});

Deno.test("trace-clone says it on a terminal too, and sends it nothing to obey", async () => {
  const rows: readonly Row[] = [
    ...STRANGE_ROWS,
    { args: ["--jsno"], code: 2, says: [/--jsno/] },
    { args: ["--bpftrace", "/no/such/bpftrace"], code: 3, says: [/Cannot trace "local"/] },
    // Somebody is asked, and says nothing.
    { args: ["confirm"], code: 2, says: [/Play them on local\? \[y\/N\]/, /the answer was no/] },
  ];
  await forEach(rows, async (row) => {
    const said = await onTerminal(row.args);
    check(row, said);
    // Nothing but what replaces a line of progress.
    assert.doesNotMatch(said.stdout.replaceAll("\r\u001b[K", ""), CONTROL, row.args.join(" "));
  });
});
