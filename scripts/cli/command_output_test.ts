import assert from "node:assert/strict";
import { openCommandOutput } from "./command_output.ts";
import { CliError } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

class FakeTerminal implements Terminal {
  text = "";
  write = () => Promise.resolve(true);
  note = () => {};
  status = () => {};
  raw(bytes: Uint8Array): void {
    this.text += new TextDecoder().decode(bytes);
  }
}

function streamOf(...texts: readonly string[]): ReadableStream<Uint8Array> {
  const chunks = texts.map((it) => new TextEncoder().encode(it));
  return ReadableStream.from(chunks) as ReadableStream<Uint8Array>;
}

Deno.test("openCommandOutput() passes output to the terminal when there is no file", async () => {
  const terminal = new FakeTerminal();
  await using output = await openCommandOutput(terminal, { file: undefined });
  assert.equal(await output.pass(streamOf("one\n", "two\n")).finish(), undefined);
  assert.equal(terminal.text, "one\ntwo\n");
});

Deno.test("openCommandOutput() keeps the lines of several targets whole, each with its name", async () => {
  const terminal = new FakeTerminal();
  await using output = await openCommandOutput(terminal, { file: undefined, sources: 2 });
  const one = output.pass(streamOf("o", "ne\ntw", "o\n"), { name: "ssh:a" });
  const other = output.pass(streamOf("x\ny"), { name: "ssh:b" });
  assert.deepEqual([await one.finish(), await other.finish()], [undefined, undefined]);
  const lines = terminal.text.split("\n");
  assert.deepEqual(lines.toSorted(), ["", "[ssh:a] one", "[ssh:a] two", "[ssh:b] x", "[ssh:b] y"]);
});

Deno.test("openCommandOutput() writes to a file whose name no shell reads, for nobody else to read", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/it's $(id) "x" -n\n`;
  await using output = await openCommandOutput(new FakeTerminal(), { file });
  assert.equal(await output.pass(streamOf("one\n", "x".repeat(1_000_000))).finish(), undefined);
  assert.equal(await Deno.readTextFile(file), `one\n${"x".repeat(1_000_000)}`);
  assert.equal((await Deno.stat(file)).mode, 0o100600);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("openCommandOutput() empties a file that is there, even when nothing is written", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "old");
  await (await openCommandOutput(new FakeTerminal(), { file }))[Symbol.asyncDispose]();
  assert.equal(await Deno.readTextFile(file), "");
  await Deno.remove(file);
});

Deno.test("openCommandOutput() throws before anything runs when the file cannot be opened", async () => {
  for (const file of ["/no/such/folder/file", "/proc/version/x", "/tmp"]) {
    const error = await openCommandOutput(new FakeTerminal(), { file }).then(() => undefined, (it) => it);
    assert.ok(error instanceof CliError, file);
    assert.equal(error.code, 3);
    assert.match(error.message, /^Cannot write the command's output to "\/.+": .+/);
  }
});

Deno.test("CommandOutput.finish() tells of a full disk, and the command's output is read to its end", async () => {
  await using output = await openCommandOutput(new FakeTerminal(), { file: "/dev/full" });
  let read = 0;
  const chunk = new Uint8Array(100_000);
  const passed = output.pass(
    new ReadableStream({
      pull: (controller) => read++ < 20 ? controller.enqueue(chunk) : controller.close(),
    }),
  );
  const error = await passed.finish();
  assert.ok(error instanceof CliError);
  assert.match(error.message, /"\/dev\/full": .*No space left on device$/);
  assert.equal(read, 21);
});

Deno.test("CommandOutput.finish() does not wait for ever for an output that stays open", async () => {
  await using output = await openCommandOutput(new FakeTerminal(), { file: undefined, tailLimitMs: 100 });
  let cancelled = false;
  const passed = output.pass(new ReadableStream({ cancel: () => void (cancelled = true) }));
  assert.equal(await passed.finish(), undefined);
  assert.ok(cancelled);
});
