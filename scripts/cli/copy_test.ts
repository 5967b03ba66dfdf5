import assert from "node:assert/strict";
import { LocalHost } from "../../hosts/mod.ts";
import { copyTo } from "./copy.ts";

Deno.test("copyTo() copies files and folders with their modes, whatever they are named", async () => {
  const from = await Deno.makeTempDir();
  const folder = await Deno.makeTempDir();
  const name = "-it's $(id)";
  await Deno.mkdir(`${from}/${name}`);
  await Deno.writeTextFile(`${from}/${name}/run`, "#!/bin/sh\n", { mode: 0o755 });
  await Deno.symlink("run", `${from}/${name}/link`);
  const host = new LocalHost();
  await copyTo(host, { path: `${from}/${name}`, folder });
  await copyTo(host, { path: `${from}/${name}/run`, folder });
  assert.equal((await Deno.lstat(`${folder}/run`)).mode, 0o100755);
  assert.equal(await Deno.readTextFile(`${folder}/${name}/run`), "#!/bin/sh\n");
  assert.ok((await Deno.lstat(`${folder}/${name}/link`)).isFile, "what a link means is copied");
  for (const it of [from, folder]) await Deno.remove(it, { recursive: true });
});

Deno.test("copyTo() throws HostError that names the machine that refused", async () => {
  const host = new LocalHost();
  const missing = { path: "/no/such/file", folder: "/tmp" };
  await assert.rejects(copyTo(host, missing), {
    name: "HostError",
    host: "local",
    message: /"\/no\/such\/file"/,
  });
  const nowhere = { path: "/proc/version", folder: "/no/such/folder" };
  await assert.rejects(copyTo(host, nowhere), {
    name: "HostError",
    message: /Cannot copy "\/proc\/version": /,
  });
});
