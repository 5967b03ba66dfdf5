/**
 * A run of `leaks` that is ended in some way: what it said, and what is left of it here and on its target.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Host } from "../../hosts/mod.ts";
import type { Answer } from "../../schema/mod.ts";
import { readAnswers } from "./answers.ts";
import { lookAround, pick } from "./look.ts";
import type { Look, Process } from "./look.ts";
import type { Said } from "./said.ts";
import { Tool } from "./tool.ts";

/** When nothing may be left, in milliseconds after the end has begun. */
const GONE_MS = 15_000;

/** What must be seen of a run while it lasts; what a look does not find then, it cannot miss afterwards. */
const WANTED = [
  /^here: .*ssh .* -N /,
  /^here: .*trace_clone\.ts/,
  /^guest: \d+ bpftrace /,
  /^guest: .*trace-clone-guard/,
  /^prog_id:/,
  /^\/tmp\/trace-clone/,
];

/** What `leaks --json` said. */
export interface LeaksSaid {
  readonly code: number;
  readonly groups: readonly Answer<"leak">[];
  readonly end: Answer<"leaks">;
  readonly stderr: string;
}

/** How it is started. */
export interface LeaksRunOptions {
  /** The words behind `leaks`. */
  readonly words: readonly string[];
  /** Where the ssh is that knows the machines. */
  readonly path: string;
}

/** A run whose probes are attached; closing it ends what is left of it. */
export class LeaksRun implements AsyncDisposable {
  /** The tool. */
  readonly tool: Tool;
  readonly #before: ReadonlySet<string>;
  /** The sessions on this machine of all that comes of it. */
  #sessions: ReadonlySet<number> = new Set();
  /** The folder of the socket of its connection. */
  #control = "";
  #master = 0;

  private constructor(tool: Tool, before: ReadonlySet<string>) {
    this.tool = tool;
    this.#before = before;
  }

  /**
   * Starts the tool, and waits until its probes are attached.
   *
   * @param host the target, by a connection of the test's own
   * @param options the words of the user
   * @returns the run, all of whose parts were seen
   */
  static async start(host: Host, { words, path }: LeaksRunOptions): Promise<LeaksRun> {
    const { traces } = await lookAround(host);
    const run = new LeaksRun(new Tool(["leaks", ...words], { path }), traces);
    try {
      await run.tool.untilSaid("tracing Linux");
      const look = await lookAround(host);
      run.#meet(look);
      const parts = run.#partsOf(look);
      for (const it of WANTED) assert.ok(parts.some((part) => it.test(part)), `${it}: ${parts.join("\n")}`);
      return run;
    } catch (error) {
      await run[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Waits until it says that the leak of a process is certain; with `--json` it says nothing before its end. */
  async untilCertain(pid: number): Promise<void> {
    await this.tool.untilSaid(`: K1 broken: pid ${pid} `);
  }

  /** Kills the ssh client that has the connection. */
  cut(): void {
    Deno.kill(this.#master, "SIGKILL");
  }

  /** Waits for its end, and reads its answers. */
  async answers(): Promise<LeaksSaid> {
    return readLeaks(await this.tool.said());
  }

  /**
   * Waits until nothing is left of it, or the time is over.
   *
   * @param host the target, or nothing when there is none any more
   * @returns what is left, here and there
   */
  async left(host: Host | undefined): Promise<readonly string[]> {
    for (const deadline = performance.now() + GONE_MS;;) {
      const parts = this.#partsOf(await lookAround(host));
      const folder = await Deno.stat(this.#control).then(() => [this.#control], () => []);
      const left = [...parts, ...folder];
      if (left.length === 0 || performance.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  /** Ends the tool, if it has not ended by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.tool.end();
    await this.tool.said();
  }

  /** Remembers who belongs to it. */
  #meet({ here }: Look): void {
    const own = [this.tool.session];
    for (const pid of own) own.push(...here.filter((it) => it.ppid === pid).map((it) => it.pid));
    const all = here.filter((it) => own.includes(it.pid));
    const master = pick(all, isMaster, { what: "ssh client" });
    this.#master = master.pid;
    this.#sessions = new Set(all.map((it) => it.sid));
    this.#control = / -S (\/tmp\/trace-clone-\w+)\/s /.exec(master.args)?.[1] ?? assert.fail(master.args);
  }

  #partsOf({ here, guest, traces }: Look): readonly string[] {
    const said = (machine: string) => (it: Process) => `${machine}: ${it.pid} ${it.args}`;
    const own = here.filter((it) => this.#sessions.has(it.sid) || it.args.includes(this.#control));
    const there = guest.filter((it) => /^bpftrace |trace-clone-guard/.test(it.args));
    return [...own.map(said("here")), ...there.map(said("guest")), ...traces.difference(this.#before)];
  }
}

function isMaster({ args }: Process): boolean {
  return /^\S*ssh .*-N /.test(args) && !args.includes("exec ");
}

/** Reads the answers of `leaks --json`, which must be whole. */
export function readLeaks({ code, stdout, stderr }: Said): LeaksSaid {
  const answers = readAnswers(stdout);
  const end = answers.at(-1);
  assert.ok(end?.type === "leaks", stdout);
  const groups = answers.slice(0, -1).map((it) => it.type === "leak" ? it : assert.fail(stdout));
  assert.equal(groups.length, end.shown, stdout);
  return { code, groups, end, stderr };
}
