import assert from "node:assert/strict";
import { buildOnce } from "./build_once.ts";
import { labCacheFolder, listCache, lockFile, removeCached, removeLeftovers } from "./cache.ts";
import { acquireLock, tryLock } from "./lock.ts";

async function withCache(test: (cacheFolder: string) => Promise<void>): Promise<void> {
  const cacheFolder = await Deno.makeTempDir();
  try {
    await test(cacheFolder);
  } finally {
    await Deno.remove(cacheFolder, { recursive: true });
  }
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
}

const write = (text: string) => (folder: string) => Deno.writeTextFile(`${folder}/text`, text);

Deno.test("buildOnce() builds once for the same recipe", () =>
  withCache(async (cacheFolder) => {
    const first = await buildOnce({ name: "thing", hash: "aa", build: write("one"), cacheFolder });
    const second = await buildOnce({ name: "thing", hash: "aa", build: write("two"), cacheFolder });
    assert.equal(first, second);
    assert.equal(await Deno.readTextFile(`${second}/text`), "one");
  }));

Deno.test("buildOnce() builds anew for another recipe, and removes the older build", () =>
  withCache(async (cacheFolder) => {
    await buildOnce({ name: "thing", hash: "aa", build: write("one"), cacheFolder });
    await buildOnce({ name: "thing-else", hash: "aa", build: write("other"), cacheFolder });
    const second = await buildOnce({ name: "thing", hash: "bb", build: write("two"), cacheFolder });
    assert.equal(await Deno.readTextFile(`${second}/text`), "two");
    assert.deepEqual(await names(cacheFolder), ["locks", "thing-else@aa", "thing@bb"]);
  }));

Deno.test("buildOnce() leaves nothing when the build fails halfway", () =>
  withCache(async (cacheFolder) => {
    const build = async (folder: string) => {
      await write("half")(folder);
      throw new Error("The disk is full");
    };
    await assert.rejects(buildOnce({ name: "thing", hash: "aa", build, cacheFolder }), /The disk is full/);
    assert.deepEqual(await names(cacheFolder), ["locks"]);
  }));

Deno.test("buildOnce() keeps the older build when a newer one fails", () =>
  withCache(async (cacheFolder) => {
    await buildOnce({ name: "thing", hash: "aa", build: write("one"), cacheFolder });
    const build = () => Promise.reject(new Error("No network"));
    await assert.rejects(buildOnce({ name: "thing", hash: "bb", build, cacheFolder }), /No network/);
    assert.deepEqual(await names(cacheFolder), ["locks", "thing@aa"]);
  }));

Deno.test("buildOnce() leaves nothing when it is cancelled, even if the build does not notice", () =>
  withCache(async (cacheFolder) => {
    const controller = new AbortController();
    const build = async (folder: string) => {
      await write("one")(folder);
      controller.abort(new Error("Cancelled"));
    };
    const options = { name: "thing", hash: "aa", build, cacheFolder, signal: controller.signal };
    await assert.rejects(buildOnce(options), /Cancelled/);
    assert.deepEqual(await names(cacheFolder), ["locks"]);
  }));

Deno.test("buildOnce() starts from an empty folder when a killed build left something", () =>
  withCache(async (cacheFolder) => {
    await Deno.mkdir(`${cacheFolder}/thing.building`);
    await Deno.writeTextFile(`${cacheFolder}/thing.building/half`, "");
    const folder = await buildOnce({ name: "thing", hash: "aa", build: write("one"), cacheFolder });
    assert.deepEqual(await names(folder), ["text"]);
  }));

Deno.test("buildOnce() lets one of two build, and the other use it", () =>
  withCache(async (cacheFolder) => {
    let builds = 0;
    const lines: string[] = [];
    const build = async (folder: string) => {
      builds++;
      await new Promise((resolve) => setTimeout(resolve, 300));
      await write("one")(folder);
    };
    const options = {
      name: "thing",
      hash: "aa",
      build,
      cacheFolder,
      onProgress: (line: string) => lines.push(line),
    };
    const [one, other] = await Promise.all([buildOnce(options), buildOnce(options)]);
    assert.equal(one, other);
    assert.equal(builds, 1);
    assert.deepEqual(lines, ["thing: waiting for another process that is building it"]);
  }));

Deno.test("buildOnce() refuses a name that leads elsewhere", async () => {
  await assert.rejects(buildOnce({ name: "../thing", hash: "aa", build: write("") }), TypeError);
});

Deno.test("tryLock() gets the lock of a process that was killed", () =>
  withCache(async (cacheFolder) => {
    const path = `${cacheFolder}/lock`;
    const source = `import { acquireLock } from ${JSON.stringify(new URL("./lock.ts", import.meta.url).href)};
      using lock = await acquireLock(${JSON.stringify(path)});
      console.log("locked");
      await new Promise((resolve) => setTimeout(resolve, 29000));`;
    await Deno.writeTextFile(`${cacheFolder}/owner.ts`, source);
    const owner = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", "--allow-write", `${cacheFolder}/owner.ts`],
      stdout: "piped",
    }).spawn();
    const reader = owner.stdout.getReader();
    await reader.read();
    assert.equal(await tryLock(path), undefined);
    owner.kill("SIGKILL");
    await owner.status;
    await reader.cancel();
    using lock = await tryLock(path);
    assert.ok(lock);
  }));

Deno.test("acquireLock() stops waiting when its signal is aborted", () =>
  withCache(async (cacheFolder) => {
    using _lock = await acquireLock(`${cacheFolder}/lock`);
    await assert.rejects(
      acquireLock(`${cacheFolder}/lock`, { signal: AbortSignal.timeout(50) }),
      /TimeoutError/,
    );
  }));

Deno.test("removeLeftovers() removes broken builds, and none that is under way", () =>
  withCache(async (cacheFolder) => {
    await Deno.mkdir(`${cacheFolder}/broken.building`);
    await Deno.mkdir(`${cacheFolder}/busy.building`);
    using _lock = await acquireLock(lockFile(cacheFolder, "busy"));
    assert.deepEqual(await removeLeftovers(cacheFolder), ["broken.building"]);
    assert.deepEqual(await names(cacheFolder), ["busy.building", "locks"]);
  }));

Deno.test("listCache() tells sizes, removeCached() removes one or all", () =>
  withCache(async (cacheFolder) => {
    const build = write("x".repeat(10_000));
    for (const name of ["one", "two", "three"]) await buildOnce({ name, hash: "aa", build, cacheFolder });
    const list = await listCache(cacheFolder);
    assert.deepEqual(list.map((entry) => entry.name), ["one", "three", "two"]);
    assert.ok(list.every((entry) => entry.sizeBytes >= 10_000 && entry.sizeBytes < 20_000));
    assert.deepEqual((await removeCached("two", cacheFolder)).map((entry) => entry.name), ["two"]);
    assert.equal((await removeCached(undefined, cacheFolder)).length, 2);
    assert.deepEqual(await listCache(cacheFolder), []);
  }));

Deno.test("listCache() does not mind files that go while it looks", () =>
  withCache(async (cacheFolder) => {
    const folder = `${cacheFolder}/mutant-tree-5.10@ab`;
    await Deno.mkdir(folder);
    const files = Array.from({ length: 500 }, (_, index) => `${folder}/${index}`);
    for (const file of files) await Deno.writeTextFile(file, "text");
    const listed = listCache(cacheFolder);
    for (const file of files.toReversed()) await Deno.remove(file);
    assert.deepEqual((await listed).map((entry) => entry.name), ["mutant-tree-5.10"]);
  }));

Deno.test("labCacheFolder() is in the project, where git does not look", () => {
  assert.equal(labCacheFolder(), new URL("../.cache/lab", import.meta.url).pathname);
});
