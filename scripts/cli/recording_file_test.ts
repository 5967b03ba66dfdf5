import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openRecording } from "../../capture/mod.ts";
import { liveRun } from "../../tests/support/live_run.ts";
import { simulatedChunks } from "../../tests/support/recording.ts";
import { CliError } from "./exit_code.ts";
import { RecordingFile } from "./recording_file.ts";

const RECORD = fileURLToPath(new URL("../../tests/support/record_until_killed.ts", import.meta.url));
const WHOLE = { bytesMax: undefined };

/** Gives a folder, and removes it afterwards. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "trace-clone-recording" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refusal(file: string, options: { readonly bytesMax: number | undefined }): Promise<CliError> {
  const error = await RecordingFile.create(file, options).then(() => undefined, (it) => it);
  assert.ok(error instanceof CliError, file);
  return error;
}

async function run(program: string, args: readonly string[]): Promise<boolean> {
  return (await new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" }).output())
    .success;
}

async function userId(): Promise<string> {
  return new TextDecoder().decode((await new Deno.Command("id", { args: ["-u"] }).output()).stdout).trim();
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("RecordingFile writes to a file whose name no shell reads, for nobody else to read", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/it's $(id) "x" -n\n`;
    await using file = await RecordingFile.create(path, WHOLE);
    await file.write(bytes("one\n"));
    await file.write(bytes("x".repeat(1_000_000)));
    await file.close();
    assert.equal(await Deno.readTextFile(path), `one\n${"x".repeat(1_000_000)}`);
    assert.equal((await Deno.stat(path)).mode, 0o100600);
  });
});

Deno.test("RecordingFile replaces nothing that is there, not even by a link or in a race", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/old`, "old");
    await Deno.symlink(`${folder}/nowhere`, `${folder}/link`);
    for (const path of [`${folder}/old`, `${folder}/link`, folder]) {
      const error = await refusal(path, WHOLE);
      assert.equal(error.code, 2);
      assert.match(error.message, /replaces nothing/);
      assert.match(error.hint ?? "", /another name/);
    }
    await Deno.writeTextFile(`${folder}/long.1`, "older");
    assert.match((await refusal(`${folder}/long`, { bytesMax: 1_000_000 })).message, /long\.1" is there/);
    assert.equal(await Deno.readTextFile(`${folder}/old`), "old");
    assert.equal(await Deno.readTextFile(`${folder}/long.1`), "older");
    const made = await Promise.allSettled([1, 2, 3].map(() => RecordingFile.create(`${folder}/race`, WHOLE)));
    const open = made.flatMap((it) => it.status === "fulfilled" ? [it.value] : []);
    assert.equal(open.length, 1);
    for (const file of open) await file[Symbol.asyncDispose]();
  });
});

Deno.test("RecordingFile.create() says why a file cannot be made", async () => {
  for (const path of ["/no/such/folder/file", "/proc/version/x"]) {
    const error = await refusal(path, WHOLE);
    assert.equal(error.code, 3);
    assert.match(error.message, /^Cannot record to "/);
  }
});

Deno.test("RecordingFile leaves no file behind that nothing was written to", async () => {
  await inFolder(async (folder) => {
    await (await RecordingFile.create(`${folder}/empty`, WHOLE))[Symbol.asyncDispose]();
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("RecordingFile.rotate() makes the file the older part, in the place of the one before", async () => {
  await inFolder(async (folder) => {
    await using file = await RecordingFile.create(`${folder}/f`, { bytesMax: 1_000_000 });
    for (const text of ["one", "two", "three"]) {
      if (text !== "one") await file.rotate();
      await file.write(bytes(text));
    }
    await file.close();
    assert.equal(await Deno.readTextFile(`${folder}/f`), "three");
    assert.equal(await Deno.readTextFile(`${folder}/f.1`), "two");
    assert.equal((await Deno.stat(`${folder}/f`)).mode, 0o100600);
  });
});

for (const name of ["plain", "packed.zst"]) {
  Deno.test(`a recording keeps what came before the tool was killed by SIGKILL (${name})`, async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/${name}`;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "--no-check", "--no-prompt", "--allow-read", "--allow-run=sh", RECORD, path],
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const told: [chunk: number, atMs: number][] = [];
      let text = "";
      for await (const some of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += some;
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) told.push(line.split(" ").map(Number) as [number, number]);
        if ((told.at(-1)?.[1] ?? 0) - (told[0]?.[1] ?? 0) > 2500) break;
      }
      child.kill("SIGKILL");
      await child.status;
      const lastMs = told.at(-1)?.[1] ?? 0;
      // The writer has the rest of its pipe to write; a frame holds back what came within a second.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const sure = told.filter(([, atMs]) => name === "plain" || atMs < lastMs - 1500).at(-1)?.[0] ?? 0;
      await using part = await openRecording((await Deno.open(path)).readable);
      let kept = 0;
      let last = "";
      for await (const step of part.steps()) {
        last = step.kind;
        if (step.kind !== "raw") continue;
        assert.deepEqual(step.lines, [`chunk ${++kept}`]);
      }
      assert.equal(last, "stopped");
      assert.ok(sure > 20 && kept >= sure, `${kept} of ${sure} chunks that must be there`);
    });
  });
}

/** Records to where there is no room, and looks at what is said. */
async function recordWithoutRoom(file: string): Promise<string> {
  const live = await liveRun({ chunks: simulatedChunks({ seed: 1, calls: 2000 }), file });
  assert.equal(live.code, 5);
  const end = JSON.parse(live.stdout.trimEnd().split("\n").at(-1) ?? "");
  assert.match(end.reason, /^the recording could not be written: .*No space left on device/);
  assert.equal(end.exit_code, 5);
  assert.match(live.notes, /No space left on device[^]*hint: /);
  return live.notes;
}

Deno.test("a recording on a device that is always full ends the run early with code 5", async () => {
  assert.match(await recordWithoutRoom("/dev/full"), /; 0 bytes are kept/);
  assert.ok(await run("test", ["-c", "/dev/full"]), "it is still there");
});

Deno.test("a recording on a disk that gets full ends the run early, and what came before can be replayed", async () => {
  await inFolder(async (folder) => {
    const isMounted = await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
    // Without the right to mount, the device above must do.
    if (!isMounted) return assert.notEqual(await userId(), "0");
    try {
      const file = `${folder}/full.rec`;
      const notes = await recordWithoutRoom(file);
      const size = (await Deno.stat(file)).size;
      assert.match(notes, new RegExp(`; ${size} bytes are kept`));
      assert.ok(size > 40_000, `${size} bytes`);
      await using part = await openRecording((await Deno.open(file)).readable);
      let lines = 0;
      for await (const step of part.steps()) if (step.kind === "raw") lines += step.lines.length;
      assert.ok(lines > 100, `${lines} lines`);
    } finally {
      assert.ok(await run("umount", [folder]));
    }
  });
});
