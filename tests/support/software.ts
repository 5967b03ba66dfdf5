/**
 * Real programs in a guest that hold pidfds, right or wrong, and what has to be said of each.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { GuestHost, run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import {
  bootGuest,
  buildGoProgram,
  buildKernelImage,
  buildRootImage,
  findKernel,
  prepareMachine,
} from "../../lab/mod.ts";
import type { Guest } from "../../lab/mod.ts";
import { copyTo } from "../../scripts/cli/copy.ts";
import { bringProgram, firstLine, Held } from "./pidfd_holders.ts";

/** What is installed beside what every guest has; it makes an image of its own. */
const EXTRA = { name: "software", packages: ["python3"] };
/** The programs, here. */
const SOURCES = new URL("../software/", import.meta.url);
/** The programs, in the guest. */
const FOLDER = "/tmp/software";

const C = [`${FOLDER}/software`];
const GO = [`${FOLDER}/go-software`];
const PYTHON = ["python3", `${FOLDER}/software.py`];

/** What a program says that it holds. */
export interface Told {
  readonly pid: number;
  readonly pidfds: number;
  readonly dead: number;
}

/** A program, and what has to be said of it. */
export interface Software {
  /** What it is, for people. */
  readonly name: string;
  /** How it is started; PARENT is the process whose children are to be opened. */
  readonly words: readonly string[];
  /** How many pidfds it has in the end. */
  readonly pidfds: number;
  /** How many of them lead to processes that are gone. */
  readonly dead: number;
  /** The rule that it breaks, the family, and what the advice must name; nothing for what is no leak. */
  readonly finding?: {
    readonly rule: string;
    readonly family: string;
    readonly advice: RegExp;
    /** A frame of the user stack. */
    readonly frame?: RegExp;
  };
  /** How certain it is that it closes a number twice. */
  readonly certainty?: "certain" | "suspected";
  /** It needs SO_PEERPIDFD, which Linux has since 6.5. */
  readonly needsPeerPidfd?: true;
}

/** Stands for the process whose children are to be opened. */
const PARENT = "PARENT";
/** How many children that one has. */
const CHILDREN = 7;

/** The programs; each number is met once. */
export const SOFTWARE: readonly Software[] = [
  {
    name: "Go: os.FindProcess without Release",
    words: [...GO, "find", PARENT, "3"],
    ...{ pidfds: 3 * CHILDREN, dead: 0 },
    finding: {
      ...{ rule: "K5", family: "go-find-process", advice: /\bRelease\(\)/ },
      frame: /^os\.[Ff]indProcess\+\d+ \(\/.*go-software\)$/m,
    },
  },
  {
    name: "Go: SysProcAttr.PidFD never closed",
    words: [...GO, "spawn", "11"],
    ...{ pidfds: 11, dead: 11 },
    finding: {
      ...{ rule: "K1", family: "spawned-child", advice: /\bSysProcAttr\.PidFD\b/ },
      frame: /^os\.StartProcess\+\d+ \(\/.*go-software\)$/m,
    },
  },
  { name: "Go: os/exec", words: [...GO, "exec", "13"], pidfds: 1, dead: 0 },
  {
    name: "Python: os.pidfd_open never closed",
    words: [...PYTHON, "open", "5"],
    ...{ pidfds: 5, dead: 5 },
    finding: { rule: "K1", family: "opened-process", advice: /^Close it after use\b/ },
  },
  { name: "Python: subprocess", words: [...PYTHON, "subprocess", "4"], pidfds: 0, dead: 0 },
  { name: "Python: asyncio", words: [...PYTHON, "asyncio", "4"], pidfds: 1, dead: 0 },
  {
    name: "C: SO_PEERPIDFD kept after the connection",
    words: [...C, "peers", "6"],
    ...{ pidfds: 6, dead: 6 },
    finding: { rule: "K1", family: "peer-credential", advice: /\bwith the connection\b/ },
    needsPeerPidfd: true,
  },
  {
    name: "C: received, duplicated, one of the two left",
    words: [...C, "messages", "8"],
    ...{ pidfds: 8, dead: 8 },
    finding: { rule: "K1", family: "received-copy", advice: /\bdo not duplicate what was received\b/ },
  },
  {
    name: "C: duplicated, and the original left",
    words: [...C, "originals", "9"],
    ...{ pidfds: 9, dead: 9 },
    finding: { rule: "K1", family: "taken-copy", advice: /^Close the original\b/ },
  },
  { name: "C: closed by another thread", words: [...C, "other-thread", "17"], pidfds: 0, dead: 0 },
  {
    name: "C: a bus that knows its peers while they are connected",
    words: [...C, "bus", "12"],
    ...{ pidfds: 12, dead: 0 },
    needsPeerPidfd: true,
  },
  { name: "C: a broker that gives others their own", words: [...C, "broker", "14"], pidfds: 14, dead: 0 },
  { name: "C: a supervisor", words: [...C, "supervisor", "10"], pidfds: 10, dead: 0 },
];

/** Programs that close a number twice; they hold nothing in the end. */
export const CLOSERS: readonly Software[] = [
  {
    name: "C: closed again by another thread when the number is free",
    words: [...C, "empty-again", "3"],
    certainty: "certain",
    ...{ pidfds: 0, dead: 0 },
  },
  {
    name: "C: closed again by the same thread when the number is another file's",
    words: [...C, "reused-again", "3"],
    certainty: "suspected",
    ...{ pidfds: 0, dead: 0 },
  },
];

/** A program that runs. */
export interface Running {
  readonly software: Software;
  readonly told: Told;
}

/**
 * Compiles the programs in C, and puts them into a folder of a guest.
 *
 * @param host the guest
 * @param folder a folder there
 * @returns the path of the one program there that they are
 */
export async function bringSoftware(host: Host, folder: string): Promise<string> {
  const files = await Array.fromAsync(Deno.readDir(new URL("c/", SOURCES)), ({ name }) => name);
  const sources = files.filter((it) => it.endsWith(".c")).map((it) =>
    fileURLToPath(new URL(`c/${it}`, SOURCES))
  );
  return await bringProgram(host, { name: "software", sources, folder });
}

/** A guest with the programs in it; closing it ends all. */
export class SoftwareGuest implements AsyncDisposable {
  /** Where it is. */
  readonly guest: Guest;
  /** A connection of the test's own. */
  readonly host: GuestHost;
  readonly #running = new AsyncDisposableStack();

  private constructor(guest: Guest, host: GuestHost) {
    this.guest = guest;
    this.host = host;
  }

  /** Boots a guest and puts the programs into it, building what is missing. */
  static async start(kernel: string): Promise<SoftwareGuest> {
    const options = { onProgress: (line: string) => console.log(line) };
    const row = findKernel(kernel);
    await prepareMachine(options);
    const sourceFolder = new URL("go/", SOURCES);
    const go = await buildGoProgram({ ...options, name: "go-software", sourceFolder });
    const rootImage = await buildRootImage(row.rootSuite, { ...options, extra: EXTRA });
    const files = { ...await buildKernelImage(row, options), rootImage };
    const guest = await bootGuest(`lab:${kernel}`, { ...options, files, timeLimitSeconds: 600 });
    await using disposables = new AsyncDisposableStack();
    disposables.defer(() => guest.stop());
    const host = await GuestHost.connect(guest);
    assert.equal((await run(host, ["mkdir", FOLDER])).code, 0);
    await copyTo(host, { path: go, folder: FOLDER });
    await copyTo(host, { path: fileURLToPath(new URL("python/software.py", SOURCES)), folder: FOLDER });
    await bringSoftware(host, FOLDER);
    disposables.move();
    return new SoftwareGuest(guest, host);
  }

  /** Starts programs one after the other; each has done what it does when the next one begins. */
  async play(all: readonly Software[]): Promise<readonly Running[]> {
    const parent = await this.#start([...C, "children", `${CHILDREN}`]);
    const running: Running[] = [];
    for (const software of all) {
      const words = software.words.map((it) => it === PARENT ? `${parent.pid}` : it);
      const told = await this.#start(words);
      const { pidfds, dead } = software;
      assert.deepEqual(told, { pid: told.pid, pidfds, dead }, software.name);
      running.push({ software, told });
    }
    return running;
  }

  /** Ends the programs, and the guest. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.disposeAsync();
    await this.host[Symbol.asyncDispose]();
  }

  async #start(words: readonly string[]): Promise<Told> {
    const process = this.host.spawn(words);
    const line = await firstLine(process);
    return this.#running.use(new Held<Told>(process, JSON.parse(line))).what;
  }
}
