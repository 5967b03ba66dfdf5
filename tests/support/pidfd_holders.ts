/**
 * Programs in a guest that hold pidfds, and say which.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { lineChunks } from "../../capture/mod.ts";
import { LocalHost, run } from "../../hosts/mod.ts";
import type { Host, HostProcess } from "../../hosts/mod.ts";
import { copyTo } from "../../scripts/cli/copy.ts";

/** Pidfds of itself that pidfd_holder.c opens. */
const MANY = 400;

/** What pidfd_holder.c says that it holds. */
export interface Holder {
  /** Its process. */
  readonly pid: number;
  /** Its parent, whose pidfd {@linkcode Holder.own} is. */
  readonly parent: number;
  /** A process that has been reaped. */
  readonly gone: number;
  /** The pidfd of that. */
  readonly late: number;
  /** The copy by dup of the first of {@linkcode Holder.many}. */
  readonly copy: number;
  /** The process that shares its fd table. */
  readonly sharer: number;
  /** The thread that has a table of its own; there the second of {@linkcode Holder.many} is closed. */
  readonly tid: number;
  /** The pidfd that only that table has. */
  readonly own: number;
  /** Pidfds of itself. */
  readonly many: readonly number[];
}

/** A program that holds something until it is closed. */
export class Held<T> implements AsyncDisposable {
  /** What it holds. */
  readonly what: T;
  readonly #process: HostProcess;

  /** Takes a program that has said what it holds. */
  constructor(process: HostProcess, what: T) {
    this.#process = process;
    this.what = what;
  }

  /** Ends the program. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stdin.close().catch(() => undefined);
    this.#process.kill();
    await this.#process.status;
  }
}

/**
 * Compiles pidfd_holder.c and puts it into a folder of a guest.
 *
 * @param host the guest
 * @param folder a folder there
 * @returns the path of the program there
 */
export async function bringHolder(host: Host, folder: string): Promise<string> {
  const source = fileURLToPath(new URL("./pidfd_holder.c", import.meta.url));
  return await bringProgram(host, { name: "pidfd_holder", sources: [source], folder });
}

/**
 * Compiles a program in C, linked statically, and puts it into a folder of a host.
 *
 * @param host where it goes
 * @param options its name, its files here, and a folder there
 * @returns the path of the program there
 */
export async function bringProgram(
  host: Host,
  options: { readonly name: string; readonly sources: readonly string[]; readonly folder: string },
): Promise<string> {
  const { name, sources, folder } = options;
  const here = await Deno.makeTempDir({ prefix: "test-program-" });
  try {
    await using local = new LocalHost();
    const words = ["-static", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread"];
    const { code, stderr } = await run(local, ["gcc", ...words, "-o", `${here}/${name}`, ...sources]);
    assert.equal(code, 0, stderr);
    await copyTo(host, { path: `${here}/${name}`, folder });
  } finally {
    await Deno.remove(here, { recursive: true });
  }
  return `${folder}/${name}`;
}

/** Starts that program. */
export async function holdMany(host: Host, program: string): Promise<Held<Holder>> {
  const process = host.spawn([program]);
  const numbers = (await firstLine(process)).split(" ").map(Number);
  const [pid = 0, parent = 0, gone = 0, late = 0, copy = 0, sharer = 0, tid = 0, own = 0, ...many] = numbers;
  const fds = [late, copy, own, ...many];
  assert.ok(many.length === MANY && fds.every((it) => it > 2), `pidfds ${fds}`);
  return new Held(process, { pid, parent, gone, late, copy, sharer, tid, own, many });
}

/** What a bystander of the stimulus says that it holds: three pidfds of one child. */
export interface Bystander {
  readonly tid: number;
  readonly pid: number;
  readonly fds: readonly number[];
}

/** Starts a bystander, which holds its pidfds for so long. */
export async function holdBystander(
  host: Host,
  options: { readonly stimulus: string; readonly holdMs: number },
): Promise<Held<Bystander>> {
  const process = host.spawn([options.stimulus, "bystander", "--hold", `${options.holdMs}`]);
  const said = JSON.parse(await firstLine(process));
  assert.equal(said.ready, true);
  return new Held(process, said);
}

/** The first line that a program prints; what follows is read and dropped. */
export async function firstLine(process: HostProcess): Promise<string> {
  const words = new Response(process.stderr).text();
  const lines = lineChunks(process.stdout);
  const first = await lines.next();
  if (first.done === true) assert.fail(`It has ended, saying ${await words}`);
  void (async () => {
    for (let next = await lines.next(); next.done !== true;) next = await lines.next();
  })().catch(() => undefined);
  return first.value[0] ?? "";
}
