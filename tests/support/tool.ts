/**
 * The tool as a person starts it: `npx deno run trace-clone`, from the top of the project.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { jsonSchema } from "../../schema/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import type { Said } from "./said.ts";

/** What a finished run of the tool gave. */
export interface ToolResult {
  /** Its exit code. */
  readonly code: number;
  /** The events on its standard output; every line was checked against the JSON Schema. */
  readonly events: readonly TraceEvent[];
  /** Its standard error. */
  readonly stderr: string;
}

const validate = new Ajv2020({ strict: false }).compile(jsonSchema());
const ROOT = new URL("../../", import.meta.url);

/** The version of Deno that the README names. */
export const DENO = "deno@2.9.6";

/** A run of the tool in the background. */
export class Tool {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Promise<string>;
  readonly #stderr: Promise<string>;
  #seen = "";
  #words = "";
  #isOver = false;

  /** Starts the tool with these words; `path` is a folder of programs that come before those of this machine. */
  constructor(words: readonly string[], options: { readonly path?: string } = {}) {
    const { path } = options;
    const shell = ["sh", "-c", 'PATH=$0:$PATH exec "$@"'];
    const before = path === undefined ? [] : [...shell, path];
    this.#child = new Deno.Command("setsid", {
      args: ["--wait", ...before, "npx", "--yes", DENO, "run", "trace-clone", ...words],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child.status.then(() => this.#isOver = true);
    this.#stdout = this.#collect(this.#child.stdout, (text) => this.#seen += text);
    this.#stderr = this.#collect(this.#child.stderr, (text) => this.#words += text);
  }

  /** The session of every process on this machine that comes of it. */
  get session(): number {
    return this.#child.pid;
  }

  /** Waits until the standard output holds a text, in an event of the host if one is named; two minutes at most. */
  async until(text: string, options: { readonly host?: string } = {}): Promise<void> {
    const host = options.host === undefined ? "" : `"host":"${options.host}"`;
    for (let waited = 0; waited < 120_000; waited += 100) {
      if (this.#seen.split("\n").some((line) => line.includes(text) && line.includes(host))) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`Waited in vain for ${JSON.stringify(text)}, got ${this.#seen.slice(-400)}`);
  }

  /** Waits until the standard error holds a text; two minutes at most. */
  async untilSaid(text: string): Promise<void> {
    for (let waited = 0; waited < 120_000; waited += 100) {
      if (this.#words.includes(text)) return;
      if (this.#isOver) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`Waited in vain for ${JSON.stringify(text)}, got ${this.#words.slice(-400)}`);
  }

  /** Sends a signal to the innermost process of the chain, which is the tool itself. */
  async signal(signal: string): Promise<void> {
    const { stdout } = await new Deno.Command("ps", { args: ["-eo", "pid=,ppid=,args="] }).output();
    const rows = new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
      const [, pid, ppid, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return { pid: Number(pid), ppid: Number(ppid), args: args ?? "" };
    });
    const chain = [this.#child.pid];
    for (const pid of chain) chain.push(...rows.filter((it) => it.ppid === pid).map((it) => it.pid));
    const tool = rows.find((it) =>
      chain.includes(it.pid) && /^\S*deno run .*scripts\/trace_clone\.ts/.test(it.args)
    );
    assert.ok(tool !== undefined, "the tool's own process was not found");
    await new Deno.Command("kill", { args: ["-s", signal, `${tool.pid}`] }).output();
  }

  /** Kills its session, if it has not ended by itself: what comes of it on this machine ends with that. */
  end(): void {
    if (!this.#isOver) Deno.kill(-this.#child.pid, "SIGKILL");
  }

  /** Waits for its end. */
  async result(): Promise<ToolResult> {
    const { code, stdout, stderr } = await this.said();
    const events = stdout.split("\n").filter((line) => line !== "").map((line) => {
      const event = JSON.parse(line);
      assert.ok(validate(event), `${line}: ${JSON.stringify(validate.errors)}`);
      return event as TraceEvent;
    });
    return { code, events, stderr };
  }

  /** Waits for its end; what it printed is taken as it is. */
  async said(): Promise<Said> {
    const [{ code }, stdout, stderr] = await Promise.all([this.#child.status, this.#stdout, this.#stderr]);
    return { code, stdout, stderr };
  }

  /** Reads a stream to its end, and returns all that the last call of `add` did. */
  async #collect(stream: ReadableStream<Uint8Array>, add: (text: string) => string): Promise<string> {
    const decoder = new TextDecoder();
    let all = "";
    for await (const chunk of stream) all = add(decoder.decode(chunk, { stream: true }));
    return all;
  }
}
