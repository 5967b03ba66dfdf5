import assert from "node:assert/strict";
import { LocalHost } from "./local.ts";
import { readingsArgv, splitReadings } from "./_readings.ts";
import { runBytes } from "./run.ts";
import { HostError } from "./host.ts";

Deno.test("readText() gives each of many files its own content or reason, however they are named", async () => {
  const folder = await Deno.makeTempDir();
  const files: Readonly<Record<string, string>> = {
    'it\'s $(id) "x"\n': "one\n",
    "-n": "no line feed",
    "empty": "",
    "%s\\n": "\n\n\0\x01é😀\n\n",
    "long": "x".repeat(200_000),
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
  await using host = new LocalHost();
  const missing = host.readText(`${folder}/no such`);
  const isFolder = host.readText(folder);
  const read = Object.keys(files).map((name) => host.readText(`${folder}/${name}`));
  await assert.rejects(missing, (error) => {
    assert.ok(error instanceof HostError && error.kind === "missing");
    return error.message.includes("no such");
  });
  await assert.rejects(isFolder, { name: "HostError", kind: "failed", message: /Is a directory$/ });
  assert.deepEqual(await Promise.all(read), Object.values(files));
  const many = await Promise.all(Array.from({ length: 70 }, () => host.readText(`${folder}/-n`)));
  assert.deepEqual(new Set(many), new Set(["no line feed"]));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("all kinds of readings are done by one program, each with its own output, status and messages", async () => {
  await using host = new LocalHost();
  const mark = "mark-1";
  const argv = readingsArgv([
    { kind: "file", path: "/proc/version" },
    { kind: "lines", path: "/proc/meminfo", words: ["MemTotal", "no such word"] },
    { kind: "lines", path: "/proc/meminfo", words: ["no such word"] },
    { kind: "folder", path: "/proc/self/ns" },
    { kind: "script", text: "printf '%s' \"$0\"; echo wrong >&2; exit 7" },
    { kind: "file", path: "/no/such" },
  ], { mark });
  const parts = splitReadings(await runBytes(host, argv), { mark });
  assert.deepEqual(parts.map((it) => it.code), [0, 0, 1, 0, 7, 1]);
  const [version, lines, none, names, script, missing] = parts.map((it) =>
    new TextDecoder().decode(it.stdout)
  );
  assert.match(version ?? "", /^Linux version .*\n$/);
  assert.match(lines ?? "", /^MemTotal: .*\n$/);
  assert.ok(names?.split("\0").includes("/proc/self/ns/pid"));
  assert.deepEqual([none, script, missing], ["", "sh", ""]);
  const messages = parts.map((it) => it.stderr);
  assert.deepEqual(messages.slice(0, 5), ["", "", "", "", "wrong\n"]);
  assert.match(messages[5] ?? "", /No such file/);
});

Deno.test("splitReadings() gives what came before the program ended too early", async () => {
  await using host = new LocalHost();
  const mark = "mark-1";
  const files = ["/proc/version", "/no/such"].map((path) => ({ kind: "file", path } as const));
  const result = await runBytes(host, readingsArgv(files, { mark }));
  assert.equal(splitReadings(result, { mark }).length, 2);
  for (const bytes of [1, 3, mark.length + 3]) {
    const cut = { ...result, stdout: result.stdout.subarray(0, result.stdout.length - bytes) };
    assert.equal(splitReadings(cut, { mark }).length, 1);
  }
});
