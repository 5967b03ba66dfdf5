/**
 * The tool as a person starts it: `npx deno run trace-clone`, from the top of the project.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { jsonSchema } from "../../schema/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";

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
    this.#stdout = this.#collect(this.#child.stdout);
    this.#stderr = new Response(this.#child.stderr).text();
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

  /** Waits for its end. */
  async result(): Promise<ToolResult> {
    const [status, stdout, stderr] = await Promise.all([this.#child.status, this.#stdout, this.#stderr]);
    const events = stdout.split("\n").filter((line) => line !== "").map((line) => {
      const event = JSON.parse(line);
      assert.ok(validate(event), `${line}: ${JSON.stringify(validate.errors)}`);
      return event as TraceEvent;
    });
    return { code: status.code, events, stderr };
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<string> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.#seen += decoder.decode(chunk, { stream: true });
    return this.#seen;
  }
}
