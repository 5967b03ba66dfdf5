import assert from "node:assert/strict";
import { CliError, EXIT } from "./exit_code.ts";
import { NewFile } from "./new_file.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function refusal(path: string): Promise<CliError> {
  try {
    await using _file = await NewFile.create(path);
  } catch (error) {
    assert.ok(error instanceof CliError);
    return error;
  }
  assert.fail("it was made");
}

Deno.test("NewFile holds the text that is written, whatever its name is", () =>
  inFolder(async (folder) => {
    for (const name of ["a.json", "-n", "a b'\"$(id)", "\n"]) {
      await using file = await NewFile.create(`${folder}/${name}`);
      await file.write("one\ntwo\n");
      assert.equal(await Deno.readTextFile(`${folder}/${name}`), "one\ntwo\n");
    }
  }));

Deno.test("NewFile is removed when nothing is written", () =>
  inFolder(async (folder) => {
    {
      await using file = await NewFile.create(`${folder}/a`);
      assert.equal((await Deno.stat(file.path)).size, 0);
    }
    await assert.rejects(Deno.stat(`${folder}/a`), Deno.errors.NotFound);
  }));

Deno.test("NewFile.create() replaces nothing, not even a broken link or a folder", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/there`, "mine");
    await Deno.symlink(`${folder}/nowhere`, `${folder}/link`);
    for (const path of [`${folder}/there`, `${folder}/link`, folder, "/dev/null"]) {
      const { code, message } = await refusal(path);
      assert.equal(code, EXIT.usage, path);
      assert.match(message, /^Cannot write to ".*": it is there, and no file is replaced$/);
    }
    assert.equal(await Deno.readTextFile(`${folder}/there`), "mine");
  }));

Deno.test("NewFile.create() says why a file cannot be made", () =>
  inFolder(async (folder) => {
    const { code, message } = await refusal(`${folder}/no/such`);
    assert.equal(code, EXIT.cannotRun);
    assert.match(message, /^Cannot write to ".*\/no\/such": cannot create .*(?:nonexistent|No such)/);
  }));
