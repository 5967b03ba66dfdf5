import assert from "node:assert/strict";
import { LocalHost } from "./local.ts";
import { readTextsArgv, splitTexts } from "./_read_texts.ts";
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

Deno.test("splitTexts() gives what came before the program ended too early", async () => {
  await using host = new LocalHost();
  const mark = "mark-1";
  const result = await runBytes(host, readTextsArgv(["/proc/version", "/no/such"], { mark }));
  const [version, missing, ...more] = splitTexts(result, { mark });
  assert.match(new TextDecoder().decode(version?.stdout), /^Linux version .*\n$/);
  assert.equal(version?.stderr, "");
  assert.deepEqual([missing?.code, missing?.stdout.length, more], [1, 0, []]);
  assert.match(missing?.stderr ?? "", /No such file/);
  const cut = { ...result, stdout: result.stdout.subarray(0, result.stdout.length - 3) };
  assert.equal(splitTexts(cut, { mark }).length, 1);
});
