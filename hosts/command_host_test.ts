import assert from "node:assert/strict";
import { CommandHost } from "./command_host.ts";
import type { HostProcess } from "./host.ts";
import { LocalHost } from "./local.ts";

const host = new LocalHost();
/** A name that a program or a terminal could take for something else. */
const ODD_NAME = "-n $(id)\n'it\"s'\x1b[2J é";

/** Runs a test in a folder that is removed afterwards. */
async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** This machine with all programs of a busybox. */
class BusyboxHost extends LocalHost {
  override spawn(argv: readonly string[]): HostProcess {
    return super.spawn(["busybox", ...argv]);
  }
}

for (const [label, host] of [["GNU programs", new LocalHost()], ["busybox", new BusyboxHost()]] as const) {
  Deno.test(`readText() reads a file of any name with ${label}`, () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/${ODD_NAME}`, "one\ntwo");
      assert.equal(await host.readText(`${folder}/${ODD_NAME}`), "one\ntwo");
    }));

  Deno.test(`readText() says that a file is missing with ${label}`, () =>
    inFolder(async (folder) => {
      for (const name of ["absent", "absent/below", "file/below", "Permission denied"]) {
        await Deno.writeTextFile(`${folder}/file`, "");
        await assert.rejects(host.readText(`${folder}/${name}`), { name: "HostError", kind: "missing" });
      }
    }));

  Deno.test(`readText() fails when it is a folder with ${label}`, () =>
    inFolder(async (folder) => {
      await assert.rejects(host.readText(folder), { name: "HostError", kind: "failed", message: /director/ });
    }));

  Deno.test(`readLinesWith() gives the lines with one of the words with ${label}`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/${ODD_NAME}`;
      await Deno.writeTextFile(path, "a.c\nabc\n-e x\nlast \xff");
      assert.deepEqual(await host.readLinesWith(path, ["a.c", "-e", "last"]), ["a.c", "-e x", "last \xff"]);
      assert.deepEqual(await host.readLinesWith(path, ["no such word"]), []);
      assert.deepEqual(await host.readLinesWith(path, []), []);
      await assert.rejects(host.readLinesWith(`${folder}/absent`, ["a"]), { kind: "missing" });
    }));

  Deno.test(`list() gives all names sorted with ${label}`, () =>
    inFolder(async (folder) => {
      assert.deepEqual(await host.list(folder), []);
      const names = ["b", "a", ".hidden", "..odd", ODD_NAME];
      for (const name of names) await Deno.writeTextFile(`${folder}/${name}`, "");
      await Deno.mkdir(`${folder}/folder/below`, { recursive: true });
      await Deno.symlink(folder, `${folder}/link`);
      const expected = [...names, "folder", "link"].sort();
      assert.deepEqual(await host.list(folder), expected);
      assert.deepEqual(await host.list(`${folder}/`), expected);
      assert.deepEqual(await host.list(`${folder}/link`), expected);
      await assert.rejects(host.list(`${folder}/absent`), { kind: "missing" });
    }));
}

Deno.test("readText() says that a file is refused", async () => {
  // Root is refused nothing that every machine has, so the program's words are given.
  await assert.rejects(new RefusingHost().readText("/x"), {
    kind: "denied",
    message: 'Cannot read "/x" on "refusing": cat: x: Permission denied',
  });
});

Deno.test("list() keeps what it has when an entry goes while it is read", async () => {
  const host = new SayingHost("/f/a\0/f/b\0", "find: '/f/c': No such file or directory\n");
  assert.deepEqual(await host.list("/f"), ["a", "b"]);
  const refused = new SayingHost("/f/a\0/f/b\0", "find: '/f/c': Input/output error\n");
  await assert.rejects(refused.list("/f"), { kind: "failed" });
});

Deno.test("readText() replaces what moves a terminal's cursor in its message", async () => {
  const error = await host.readText("/\x1b[2J\u202e/x").then(() => undefined, (error: Error) => error);
  assert.match(error?.message ?? "", /^[ -~]+$/);
});

Deno.test("reading throws when the path is not absolute", async () => {
  for (const path of ["", "-n", "x", "./x"]) {
    await assert.rejects(host.readText(path), TypeError);
    await assert.rejects(host.readBytes(path), TypeError);
    await assert.rejects(host.readLinesWith(path, ["x"]), TypeError);
    await assert.rejects(host.list(path), TypeError);
  }
});

Deno.test("readLinesWith() throws when a word would match something else", async () => {
  await assert.rejects(host.readLinesWith("/proc/version", [""]), TypeError);
  await assert.rejects(host.readLinesWith("/proc/version", ["a\nb"]), TypeError);
});

Deno.test("describe() says who this machine is", async () => {
  const { name, release, machine, bootId, cpus, uid } = await host.describe();
  assert.equal(name, "local");
  assert.equal(release, (await host.readText("/proc/sys/kernel/osrelease")).trim());
  assert.equal(machine, Deno.build.arch);
  assert.equal(bootId, (await host.readText("/proc/sys/kernel/random/boot_id")).trim());
  assert.ok(cpus >= 1);
  assert.ok(uid >= 0);
});

Deno.test("reading starts at most four programs at once", async () => {
  const host = new CountingHost();
  // One program reads 32 files.
  await Promise.all(Array.from({ length: 23 * 32 }, () => host.readBytes("/proc/uptime")));
  assert.deepEqual([host.started, host.runningMax], [23, 4]);
});

Deno.test("reading starts one program for what is asked for at once, describe() one for all times", async () => {
  const host = new CountingHost();
  const texts = Array.from({ length: 20 }, () => host.readText("/proc/uptime"));
  const others = [
    host.readBytes("/proc/version"),
    host.readLinesWith("/proc/version", ["Linux"]),
    host.list("/"),
  ];
  await Promise.all([...texts, ...others]);
  assert.equal(host.started, 1);
  await Promise.all([host.describe(), host.describe()]);
  await host.describe();
  assert.equal(host.started, 2);
});

/** A host on which every program says the same. */
class SayingHost extends CommandHost {
  readonly name: string = "saying";
  readonly #output: string;
  readonly #messages: string;

  constructor(output: string, messages: string) {
    super();
    this.#output = output;
    this.#messages = messages;
  }

  spawn(_argv: readonly string[]): HostProcess {
    return {
      stdin: new WritableStream(),
      stdout: new Blob([this.#output]).stream(),
      stderr: new Blob([this.#messages]).stream(),
      status: Promise.resolve({ code: 1 }),
      kill: () => {},
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A host on which nothing may be read. */
class RefusingHost extends SayingHost {
  override readonly name = "refusing";

  constructor() {
    super("", "cat: x: Permission denied\n");
  }
}

/** This machine, with a count of what runs. */
class CountingHost extends LocalHost {
  started = 0;
  runningMax = 0;
  #running = 0;

  override spawn(argv: readonly string[]): HostProcess {
    this.started++;
    this.runningMax = Math.max(this.runningMax, ++this.#running);
    const process = super.spawn(argv);
    return { ...process, status: process.status.finally(() => this.#running--) };
  }
}
