/**
 * One guard of capture/, started by a shell of choice.
 *
 * @module
 */

import { processesOf, until } from "./marked_processes.ts";

/** Process ids of a guard and of what belongs to it. */
export interface GuardParts {
  /** The guard itself. */
  readonly guard: number;
  /** Passes our lines on. */
  readonly reader: number;
  /** Adds a line each second. */
  readonly ticker: number;
  /** Counts. */
  readonly loop: number;
  /** What is run. */
  readonly program: number;
}

/** How a {@linkcode GuardRun} is started. */
export interface GuardRunOptions {
  /** Mark of its processes. */
  readonly mark: string;
  /** The environment with the mark. */
  readonly env: Readonly<Record<string, string>>;
  /** What to wait for. */
  readonly until: "child" | "nothing";
}

/** A guard that runs; closing it ends our side. */
export class GuardRun implements AsyncDisposable {
  /** When it was started, in milliseconds of `performance.now()`. */
  readonly startedMs: number = performance.now();
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #mark: string;
  readonly #done: Promise<unknown>;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #stdout = "";
  #stderr = "";
  #folder = "";

  private constructor(argv: readonly string[], options: GuardRunOptions) {
    const [program = "", ...args] = argv;
    const { mark, env } = options;
    this.#mark = mark;
    this.#child = new Deno.Command(program, {
      args,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      // A process group of its own, so that a signal to the group does not reach the tests.
      detached: true,
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#done = Promise.all([
      drain(this.#child.stdout, (text) => this.#stdout += text),
      drain(this.#child.stderr, (text) => this.#stderr += text),
      this.#child.status,
    ]);
  }

  /** Starts a guard with these words. */
  static async start(argv: readonly string[], options: GuardRunOptions): Promise<GuardRun> {
    const run = new GuardRun(argv, options);
    if (options.until === "child") {
      await until("the program", () => run.#number("child") !== undefined);
      run.#folder = await run.#findFolder();
    }
    return run;
  }

  /** Process id of the guard, as it told. */
  get guardPid(): number {
    return this.#number("guard") ?? this.#child.pid;
  }

  /** Process id of the program, as the guard told. */
  get childPid(): number {
    return this.#number("child") ?? 0;
  }

  /** The folder that a command runs in. */
  get folder(): string {
    return /"folder": "([^"]*)"/.exec(this.#stdout)?.[1] ?? "";
  }

  /** What was written to the standard error by now. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Waits for the end of the guard and of whatever holds its outputs; returns the status that it reported. */
  async reported(): Promise<number | undefined> {
    let over = false;
    this.#done.then(() => over = true);
    await until("the end of the guard's outputs", () => over);
    return this.#number("exit");
  }

  /** Sends a line. */
  send(word: "h" | "g" | "q"): void {
    this.#input.write(new TextEncoder().encode(`${word}\n`)).catch(() => undefined);
  }

  /** Sends a line a second from now on. */
  beat(): void {
    this.send("h");
    this.#heartbeat = setInterval(() => this.send("h"), 1000);
  }

  /** Ends its input. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#input.close().catch(() => undefined);
  }

  /** The process ids of everything that it started, and its own. */
  alive(): Promise<readonly number[]> {
    return processesOf(this.#mark);
  }

  /** Whether one of its processes lives. */
  async isAlive(pid: number): Promise<boolean> {
    return (await this.alive()).includes(pid);
  }

  /** Whether its folder is there. */
  async hasFolder(): Promise<boolean> {
    if (this.#folder === "") return false;
    return (await shell('[ -e "$0" ] && echo yes', this.#folder)) !== "";
  }

  /** Tells its processes apart by the order of their birth. */
  async parts(): Promise<GuardParts> {
    const guard = this.guardPid;
    let helpers: readonly number[] = [];
    // The kernel's list of children is not complete while some of them come and go.
    await until("the guard's three helpers", async () => {
      const children = await shell("cat /proc/$0/task/$0/children", `${guard}`);
      helpers = (children.match(/\d+/g) ?? []).map(Number).filter((it) => it !== this.#number("child"));
      return helpers.length === 3;
    });
    const program = this.childPid;
    const [reader = 0, ticker = 0, loop = 0] = helpers;
    return { guard, reader, ticker, loop, program };
  }

  /** Ends our side. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.#done;
  }

  async #findFolder(): Promise<string> {
    const { reader } = await this.parts();
    let lines = "";
    await until("the folder", async () => {
      lines = (await shell("readlink /proc/$0/fd/1", `${reader}`)).trim();
      return lines.startsWith("/tmp/trace-clone.");
    });
    return lines.replace(/\/lines$/, "");
  }

  #number(type: "guard" | "child" | "exit"): number | undefined {
    const match = new RegExp(`^\\{"type": "${type}", "(?:pid|status)": (\\d+)`, "m").exec(this.#stdout);
    return match === null ? undefined : Number(match[1]);
  }
}

async function drain(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}

async function shell(script: string, word: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script, word], stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}
