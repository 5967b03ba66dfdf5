// Recordings of runs without a machine, replayed by the tool as a person starts it, with the permission to read alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { frame, readMessage } from "../../capture/mod.ts";
import { decode } from "../../events/mod.ts";
import { WIRE_TABLE } from "../../schema/mod.ts";
import type { WireTag } from "../../schema/mod.ts";
import { liveRun } from "../support/live_run.ts";
import { rawLine, recordedEntries, recordedHeader } from "../support/recording.ts";
import { recordingText, simulatedChunks } from "../support/recording.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
let folder = "";

before(async () => {
  folder = await Deno.makeTempDir({ prefix: "trace-clone-replay" });
});
after(() => Deno.remove(folder, { recursive: true }));

/** What a finished call said. */
interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the tool with the permission to read, and nothing else. */
async function tool(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--allow-read", `${ROOT}scripts/trace_clone.ts`, ...args],
    cwd: ROOT,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The `end` event of a replay, and the events before it. */
function ending(
  said: Said,
): { readonly end: Readonly<Record<string, unknown>>; readonly types: readonly string[] } {
  const events = said.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  return { end: events.at(-1), types: events.map((it) => it.type) };
}

const PLACES = [{ TZ: "Asia/Tokyo", COLUMNS: "40" }, { TZ: "America/Caracas", LC_ALL: "tr_TR.UTF-8" }];

for (const name of ["whole.rec", "whole.rec.zst"]) {
  for (const json of [true, false]) {
    test(`replay of ${name} says what the run said, byte for byte, wherever and twice (${json ? "JSON" : "table"})`, async () => {
      const file = `${folder}/${json}-${name}`;
      const live = await liveRun({
        chunks: simulatedChunks({ seed: 1, calls: 60 }),
        file,
        options: { json },
      });
      assert.equal(live.code, 0);
      assert.equal((await Deno.stat(file)).mode, 0o100600);
      for (const env of PLACES) {
        const said = await tool(["replay", file, ...json ? ["--json"] : []], env);
        assert.equal(said.stdout, live.stdout);
        assert.equal(said.code, live.code);
        assert.ok(said.stderr.endsWith(live.notes), said.stderr);
      }
      const same = await tool(["--target", `replay:${file}`, ...json ? ["--json"] : []]);
      assert.equal(same.stdout, live.stdout);
    });
  }
}

const RUNS = [
  { name: "losses", dropPercent: 3, options: {}, code: 4 },
  { name: "only failed calls", dropPercent: 0, options: { failed: true }, code: 0 },
  { name: "a limit of events", dropPercent: 0, options: { eventsMax: 17 }, code: 0 },
  { name: "one process", dropPercent: 0, options: { pids: [101] }, code: 0 },
  { name: "one thread", dropPercent: 0, options: { tids: [102] }, code: 0 },
  { name: "calls that succeeded", dropPercent: 0, options: { ok: true }, code: 0 },
  { name: "names that match", dropPercent: 0, options: { comm: /^.*$/su }, code: 0 },
  { name: "a bpftrace that was killed", dropPercent: 0, options: {}, ended: "killed", code: 4 },
  { name: "a program that ended by itself", dropPercent: 0, options: {}, ended: "by-itself", code: 5 },
] as const;

for (const { name, dropPercent, code, ...rest } of RUNS) {
  test(`replay has the output and the exit code of a run with ${name}`, async () => {
    const file = `${folder}/${name}.rec`;
    const live = await liveRun({
      chunks: simulatedChunks({ seed: 5, calls: 80, dropPercent }),
      file,
      ...rest,
    });
    assert.equal(live.code, code);
    const said = await tool(["replay", file, "--json"]);
    assert.equal(said.stdout, live.stdout);
    assert.equal(said.code, code);
  });
}

test("replay with filters of its own counts anew", async () => {
  const file = `${folder}/filters.rec`;
  const live = await liveRun({ chunks: simulatedChunks({ seed: 2, calls: 80 }), file });
  const failed = await tool(["replay", file, "--json", "-x"]);
  const expected = live.stdout.trimEnd().split("\n").filter((it) =>
    /"type":"(\w+\.failed|start|summary|end)"/.test(it)
  );
  assert.deepEqual(failed.stdout.trimEnd().split("\n"), expected);
  const nobody = await tool(["replay", file, "--json", "-p", "4000000", "-q"]);
  assert.match(nobody.stdout, /"type":"summary".*"created":0,/);
  assert.equal(nobody.stderr, "");
  const table = await tool(["replay", file, "--no-header", "-n", "no*such"]);
  assert.equal(table.stdout, "");
  const good = await tool(["replay", file, "--json", "--ok"]);
  const others = live.stdout.trimEnd().split("\n").filter((it) => !/"type":"\w+\.failed"/.test(it));
  assert.deepEqual(good.stdout.trimEnd().split("\n"), others);
});

test("replay refuses filters by what the recording does not tell", async () => {
  const file = `${folder}/untold.rec`;
  await Deno.writeTextFile(file, recordingText(recordedHeader(), recordedEntries([])));
  for (const words of [["-u", "0"], ["-c", "/"], ["--container", "0123"]]) {
    const { code, stdout, stderr } = await tool(["replay", file, "--json", ...words]);
    assert.deepEqual([code, stdout], [3, ""]);
    assert.match(
      stderr,
      new RegExp(`Cannot filter by ${words[0]}: the recording ".*untold.rec" does not tell`),
    );
    assert.match(stderr, /hint: /);
  }
});

test("replay of a recording that was cut anywhere says how far it goes, and is undetermined", async () => {
  const text = recordingText(recordedHeader(), recordedEntries(simulatedChunks({ seed: 4, calls: 20 })));
  const header = text.indexOf("\n") + 1;
  const lastLine = text.trimEnd().lastIndexOf("\n") + 1;
  const bytes = new TextEncoder();
  const packed = [text.slice(0, header), text.slice(header, lastLine), text.slice(lastLine)]
    .map((it) => frame(bytes.encode(it)));
  const cuts: readonly (readonly [place: string, content: Uint8Array, words: RegExp])[] = [
    ["after the header", bytes.encode(text.slice(0, header)), /the end of the run is not in it/],
    ["in a line", bytes.encode(text.slice(0, header + 100)), /its last line is cut off/],
    ["before the end", bytes.encode(text.slice(0, lastLine)), /the end of the run is not in it/],
    ["in the end", bytes.encode(text.slice(0, -1)), /its last line is cut off/],
    ["after a frame", packedBytes(packed.slice(0, 2)), /the end of the run is not in it/],
    ["in a frame", packedBytes(packed).subarray(0, -3), /its last frame is cut off/],
    [
      "by rubbish",
      bytes.encode(`${text.slice(0, lastLine)}rubbish\n${text.slice(lastLine)}`),
      /line \d+ is damaged/,
    ],
  ];
  for (const [place, content, words] of cuts) {
    const file = `${folder}/cut ${place}`;
    await Deno.writeFile(file, content);
    const said = await tool(["replay", file, "--json"]);
    const { end, types } = ending(said);
    assert.equal(said.code, 4, place);
    assert.deepEqual([end.type, end.complete, end.exit_code], ["end", false, 4], place);
    assert.match(String(end.reason), /^the recording ends here: /, place);
    assert.match(String(end.reason), words, place);
    assert.match(said.stderr, words, place);
    assert.ok(!types.includes("lost"), place);
  }
});

function packedBytes(frames: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(frames.flatMap((it) => [...it]));
}

const HEADER = JSON.stringify(recordedHeader());

const REFUSED: readonly (readonly [name: string, content: string, code: number, words: RegExp])[] = [
  ["empty", "", 2, /it is empty/],
  ["a table", "TIME EVENT\n", 2, /not that of a recording/],
  ["half a header", HEADER.slice(0, 200), 2, /it ends within its header/],
  ["another version", `${HEADER.replace("recording/1", "recording/2")}\n`, 2, /recording\/2/],
  [
    "another schema",
    `${HEADER.replace('"schema":"trace-clone/1"', '"schema":"trace-clone/2"')}\n`,
    2,
    /clone\/2/,
  ],
  [
    "a broken header",
    `${HEADER.replace('"part":1', '"part":"\\u001b[2J"')}\n`,
    2,
    /"part" must be a whole number/,
  ],
];

for (const [name, content, code, words] of REFUSED) {
  test(`replay refuses ${name} with a hint and code ${code}`, async () => {
    const file = `${folder}/refused ${name}`;
    await Deno.writeTextFile(file, content);
    const said = await tool(["replay", file]);
    assert.equal(said.code, code);
    assert.match(said.stderr, words);
    assert.match(said.stderr, /^ {2}hint: /m);
    assert.equal(said.stdout, "");
  });
}

test("replay of a file that is not there, or of a folder, is code 3", async () => {
  for (const file of [`${folder}/no such file`, folder]) {
    const said = await tool(["replay", file]);
    assert.equal(said.code, 3);
    assert.match(said.stderr, /Cannot replay[^]*hint: /);
  }
});

const WORDS: readonly (readonly [args: readonly string[], words: RegExp])[] = [
  [["replay"], /FILE/],
  [["--target", "replay:x", "--", "ls"], /cannot run a command/],
  [["--target", "replay:x", "-d", "5"], /limit by -d or -M/],
  [["--target", "replay:x", "--target", "local"], /together with other targets/],
  [["record", "y", "--target", "replay:x"], /cannot be recorded/],
  [["record", "y", "--target", "local", "--target", "ssh:b"], /several targets in one file/],
  [["record", "y", "--redact", "comm", "-n", "x"], /--redact comm takes out/],
  [["record", "y", "--redact", "pid"], /"addresses"/],
  [["record", "y", "--max-size", "5"], /at least 512K/],
];

for (const [args, words] of WORDS) {
  test(`trace-clone ${args.join(" ")} is a matter of usage`, async () => {
    const said = await tool(args);
    assert.equal(said.code, 2, said.stderr);
    assert.match(said.stderr, words);
  });
}

test("a recording with --max-size keeps the latest, and its replay judges nothing of what is gone", async () => {
  const file = `${folder}/long.rec`;
  const bytesMax = 512 * 1024;
  const chunks = simulatedChunks({ seed: 9, calls: 12_000 });
  const live = await liveRun({ chunks, file, bytesMax });
  assert.equal(live.code, 0);
  const sizes = [file, `${file}.1`].map((it) => Deno.statSync(it).size);
  assert.ok(sizes.every((it) => it > 0 && it <= bytesMax / 2), `${sizes}`);
  const said = await tool(["replay", file, "--json"]);
  const { end, types } = ending(said);
  assert.equal(said.code, 4);
  assert.equal(end.complete, false);
  assert.match(String(end.reason), /; the first (part of the recording is|\d+ parts are) gone$/);
  assert.match(said.stderr, /gone: what began before \d+ ns is not judged/);
  assert.ok(types.length > 1000, `${types.length} events`);
  assert.deepEqual(types.filter((it) => it === "lost" || it === "finding"), []);
  assert.match(said.stdout, /"type":"summary".*"lost":0,/);
  await Deno.remove(`${file}.1`);
  const alone = await tool(["replay", file, "--json"]);
  assert.equal(alone.code, 4);
  assert.deepEqual(ending(alone).types.filter((it) => it === "lost" || it === "finding"), []);
});

test("a recording of two parts is replayed as one whole", async () => {
  const file = `${folder}/two.rec`;
  // A little more than fits into one part.
  const live = await liveRun({
    chunks: simulatedChunks({ seed: 8, calls: 1900 }),
    file,
    bytesMax: 512 * 1024,
  });
  assert.equal(JSON.parse((await Deno.readTextFile(file)).split("\n")[0] ?? "").part, 2);
  const said = await tool(["replay", file, "--json"]);
  assert.equal(said.stdout, live.stdout);
  assert.equal(said.code, live.code);
  await Deno.copyFile(`${folder}/two.rec.1`, `${folder}/other.rec.1`);
  await Deno.writeTextFile(
    `${folder}/other.rec`,
    recordingText(recordedHeader({ part: 2, run: "other" }), []),
  );
  const other = await tool(["replay", `${folder}/other.rec`, "--json"]);
  assert.match(String(ending(other).end.reason), /the first part of the recording is gone/);
});

/** The kernel addresses in a line of bpftrace. */
function addressesIn(line: string): readonly string[] {
  const message = readMessage(line);
  if (message.kind !== "record") return [];
  const event: Readonly<Record<string, unknown>> = { ...decode(message.text, 1) };
  return WIRE_TABLE[event.kind as WireTag].fields
    .filter((it) => it.kind === "pointer" && event[it.name] !== "0")
    .map((it) => String(event[it.name]));
}

test("--redact takes out of output and recording alike what shall not be seen", async () => {
  const file = `${folder}/redacted.rec`;
  const chunks = simulatedChunks({ seed: 6, calls: 60 });
  const addresses = new Set(chunks.flat().flatMap(addressesIn));
  assert.ok(addresses.size > 5);
  const live = await liveRun({ chunks, file, redact: ["addresses", "comm", "command"] });
  const plain = await liveRun({ chunks, file: `${folder}/plain.rec` });
  const said = await tool(["replay", file, "--json"]);
  assert.equal(said.stdout, live.stdout);
  const kept = await Deno.readTextFile(file);
  for (const it of addresses) assert.equal(kept.includes(` ${it} `), false, it);
  const names = new Set([...plain.stdout.matchAll(/"comm":"([^"]+)"/g)].map((it) => it[1]));
  for (const name of names) assert.equal(live.stdout.includes(`"comm":"${name}"`), false, name);
  const strip = (text: string) => text.replaceAll(/"comm":"[^"]*"/g, "").replaceAll(/"time":"[^"]*"/g, "");
  assert.equal(strip(live.stdout), strip(plain.stdout), "nothing else is different");
});

test("text of the traced machine in a recording moves no terminal", async () => {
  const file = `${folder}/evil.rec`;
  const evil = "\u001b]0;owned\u0007\u009b2J";
  const lines = [rawLine({ kind: "record", text: evil }), evil];
  await liveRun({ chunks: [lines], file, ended: "killed" });
  const header = recordedHeader({
    target: evil,
    description: { ...recordedHeader().description, release: evil },
  });
  await Deno.writeTextFile(`${folder}/evil2.rec`, recordingText(header, [{ kind: "raw", lines }]));
  for (const name of [file, `${folder}/evil2.rec`]) {
    const said = await tool(["replay", name]);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(said.stdout + said.stderr, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  }
});
