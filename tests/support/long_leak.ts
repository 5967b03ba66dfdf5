/**
 * A guest with a constant load of pidfds and one slow leak, watched by `leaks` for a time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { lineChunks } from "../../capture/mod.ts";
import { GuestHost } from "../../hosts/mod.ts";
import type { Host, HostProcess } from "../../hosts/mod.ts";
import { findKernel, startGuest } from "../../lab/mod.ts";
import type { LoadTold, LongRun, ToldHeap } from "../../scripts/dev/long_claims.ts";
import { readAnswers } from "./answers.ts";
import { bringProgram } from "./pidfd_holders.ts";
import { heldNow } from "./proc_truth.ts";
import { ROOT } from "./said.ts";
import { knownToSsh } from "./ssh_guests.ts";

/** Milliseconds from one round to the next. */
const LOAD_EVERY_MS = 100;
const LEAK_EVERY_MS = 2000;

/** Longest time in milliseconds until the probes are attached, and from the end of the run to that of the tool. */
const ATTACH_MS = 240_000;
const END_MS = 120_000;

/** The tool, with its own permissions, and a collector that can be called. */
const TOOL = [
  ...["run", "-q", "--no-prompt", "--no-check", "-P=trace", "--v8-flags=--expose-gc"],
  fileURLToPath(new URL("./leaks_with_heap.ts", import.meta.url)),
];

/** What is watched. */
export interface LongLeakOptions {
  /** A kernel of the lab. */
  readonly kernel: string;
  /** For how long, in whole seconds. */
  readonly seconds: number;
  /** Gets a line for people now and then. */
  readonly onProgress: (line: string) => void;
}

/**
 * Boots a guest, loads it, has it leak, and watches it.
 *
 * @param options which kernel, and for how long
 * @returns what was told, and what there was
 */
export async function watchLongLeak(options: LongLeakOptions): Promise<LongRun> {
  const { kernel, seconds, onProgress } = options;
  await using guest = await startGuest({
    ...{ kernel: findKernel(kernel), onProgress },
    timeLimitSeconds: seconds + (ATTACH_MS + END_MS) / 1000 + 120,
  });
  await using host = await GuestHost.connect(guest);
  await using machines = await knownToSsh({ "long-leak": guest });
  const program = await bringProgram(host, {
    name: "pidfd_load",
    sources: [fileURLToPath(new URL("./pidfd_load.c", import.meta.url))],
    folder: "/tmp",
  });
  await using load = new Player(host, [program, "load", `${LOAD_EVERY_MS}`]);
  await load.pid;
  const words = ["leaks", "--json", "--target", "ssh:long-leak", "-d", `${seconds}s`];
  await using tool = new WatchedTool(words, machines.path);
  await tool.begun;
  onProgress(`attached; it is watched for ${seconds} s`);
  // From here on, so that the kernel tells of each of them.
  await using leak = new Player(host, [program, "leak", `${LEAK_EVERY_MS}`]);
  const leaker = await leak.pid;
  const { code, stdout, stderr } = await tool.said(seconds * 1000 + END_MS);
  const held = (await heldNow(host)).get(leaker);
  await leak.end();
  await load.end();
  const answers = readAnswers(stdout);
  const end = answers.at(-1);
  assert.ok(end?.type === "leaks", stderr);
  return {
    ...{ kernel, seconds, code, stderr, end },
    groups: answers.filter((it) => it.type === "leak"),
    ...{ leaker, loader: await load.pid },
    left: leak.told,
    rounds: load.told,
    heldLater: held?.pidfds ?? 0,
    heaps: tool.heaps,
  };
}

/** A program of pidfd_load.c in the guest, and what it says. */
class Player implements AsyncDisposable {
  /** What it said, in its order. */
  readonly told: LoadTold[] = [];
  readonly #process: HostProcess;
  readonly #pid = Promise.withResolvers<number>();
  readonly #read: Promise<void>;

  constructor(host: Host, words: readonly string[]) {
    this.#process = host.spawn(words);
    this.#read = this.#hear();
    const complaints = new Response(this.#process.stderr).text();
    this.#read.finally(async () => this.#pid.reject(new Error(`It has ended, saying ${await complaints}`)));
    this.#pid.promise.catch(() => undefined);
  }

  /** Its process. */
  get pid(): Promise<number> {
    return this.#pid.promise;
  }

  /** Has it end, and hears all that it says. */
  async end(): Promise<void> {
    await this.#process.stdin.close().catch(() => undefined);
    await this.#read;
    assert.equal((await this.#process.status).code, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await Promise.all([this.#process.status, this.#read.catch(() => undefined)]);
  }

  async #hear(): Promise<void> {
    for await (const lines of lineChunks(this.#process.stdout)) {
      for (const line of lines) {
        const said: { readonly [what: string]: number } & { readonly ns: string } = JSON.parse(line);
        if (said.pid !== undefined) this.#pid.resolve(said.pid);
        else this.told.push({ count: said.left ?? said.rounds ?? NaN, ns: BigInt(said.ns) });
      }
    }
  }
}

/** The tool as a process of its own. */
class WatchedTool implements AsyncDisposable {
  /** What it told of its heap since it is attached. */
  readonly heaps: ToldHeap[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #begun = Promise.withResolvers<void>();
  readonly #stdout: Promise<string>;
  readonly #stderr: Promise<string>;
  #beganMs: number | undefined;

  constructor(words: readonly string[], path: string) {
    const late = setTimeout(() => this.#begun.reject(new Error("It was not attached in time")), ATTACH_MS);
    this.#child = new Deno.Command("sh", {
      args: ["-c", 'PATH=$0:$PATH exec "$@"', path, Deno.execPath(), ...TOOL, ...words],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdout = new Response(this.#child.stdout).text();
    this.#stderr = this.#hear();
    this.#begun.promise.then(() => clearTimeout(late), () => clearTimeout(late));
    this.#stderr.then((said) => this.#begun.reject(new Error(`It has ended, saying ${said}`)));
  }

  /** Resolves when its probes are attached. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Waits for its end, so many milliseconds at most. */
  async said(limitMs: number): Promise<Pick<LongRun, "code" | "stderr"> & { readonly stdout: string }> {
    const limit = setTimeout(() => this.#kill(), limitMs);
    const [{ code }, stdout, stderr] = await Promise.all([this.#child.status, this.#stdout, this.#stderr]);
    clearTimeout(limit);
    return { code, stdout, stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await Promise.all([this.#child.status, this.#stdout, this.#stderr]);
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has ended */ }
  }

  async #hear(): Promise<string> {
    let said = "";
    for await (const lines of lineChunks(this.#child.stderr)) {
      for (const line of lines) {
        const [, used, resident] = /^heap (\d+) resident (\d+)$/.exec(line) ?? [];
        if (used === undefined) said += `${line}\n`;
        else if (this.#beganMs !== undefined) {
          const seconds = Math.round((performance.now() - this.#beganMs) / 1000);
          this.heaps.push({ seconds, usedBytes: Number(used), residentBytes: Number(resident) });
        }
        if (!line.includes("tracing Linux")) continue;
        this.#beganMs = performance.now();
        this.#begun.resolve();
      }
    }
    return said;
  }
}
