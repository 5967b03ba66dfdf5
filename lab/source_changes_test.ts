import assert from "node:assert/strict";
import { setChanges } from "./source_changes.ts";

async function withSource(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/tree/kernel`, { recursive: true });
    await Deno.writeTextFile(`${folder}/tree/kernel/a.c`, "get(p);\nput(p);\n");
    await Deno.writeTextFile(`${folder}/tree/b.h`, "int n;\n");
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const LOST_GET = { file: "kernel/a.c", original: "get(p);\n", replacement: "" };
const LOST_PUT = { file: "kernel/a.c", original: "put(p);\n", replacement: "" };
const OTHER_FIELD = { file: "b.h", original: "int n", replacement: "long n" };

function readA(folder: string): Promise<string> {
  return Deno.readTextFile(`${folder}/tree/kernel/a.c`);
}

Deno.test("setChanges() makes these changes and undoes those of before", () =>
  withSource(async (folder) => {
    await setChanges(folder, [LOST_GET]);
    assert.equal(await readA(folder), "put(p);\n");
    await setChanges(folder, [LOST_PUT, OTHER_FIELD]);
    assert.equal(await readA(folder), "get(p);\n");
    assert.equal(await Deno.readTextFile(`${folder}/tree/b.h`), "long n;\n");
    await setChanges(folder, []);
    assert.equal(await readA(folder), "get(p);\nput(p);\n");
    assert.equal(await Deno.readTextFile(`${folder}/tree/b.h`), "int n;\n");
  }));

Deno.test("setChanges() does not touch a file that stays as it is", () =>
  withSource(async (folder) => {
    await setChanges(folder, [LOST_GET, OTHER_FIELD]);
    const past = new Date("2020-01-01");
    await Deno.utime(`${folder}/tree/b.h`, past, past);
    await setChanges(folder, [LOST_PUT, OTHER_FIELD]);
    assert.equal((await Deno.stat(`${folder}/tree/b.h`)).mtime?.getTime(), past.getTime());
  }));

Deno.test("setChanges() changes nothing when one change does not fit", () =>
  withSource(async (folder) => {
    const misfit = { file: "b.h", original: "float n", replacement: "" };
    await assert.rejects(setChanges(folder, [LOST_GET, misfit]), /Cannot change "b\.h"/);
    assert.equal(await readA(folder), "get(p);\nput(p);\n");
  }));

Deno.test("setChanges() knows what a file was at first when a build was broken off", () =>
  withSource(async (folder) => {
    await setChanges(folder, [LOST_GET]);
    await Deno.writeTextFile(`${folder}/tree/kernel/a.c`, "half a fi");
    await Deno.writeTextFile(`${folder}/draft`, "half a cop");
    await setChanges(folder, [LOST_PUT]);
    assert.equal(await readA(folder), "get(p);\n");
  }));
