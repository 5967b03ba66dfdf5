/**
 * A program on a pseudo-terminal, as a person has it before them: keys are pressed, the window changes its size.
 *
 * @module
 */

import assert from "node:assert/strict";

/** Milliseconds that anything is waited for. */
const PATIENCE_MS = 180_000;

/** How a run ended. */
export interface TerminalEnd {
  /** Exit code of the program. */
  readonly code: number;
  /** The settings of the terminal line before the program, and behind it. */
  readonly settings: readonly [string, string];
  /** Everything that came to the terminal from the program. */
  readonly shown: string;
}

/** Columns and rows. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Constant text, parameters: rows, columns, the program and its words. */
const LINE = String.raw`
stty rows "$0" cols "$1"; shift
printf 'begin %s %s\n' "$(tty)" "$(stty -g)"
"$@"
printf 'end %s %s\n' "$?" "$(stty -g)"
`;

/** A program that runs on a pseudo-terminal. */
export class PseudoTerminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #seen = "";

  /** Starts a program, given by its words. */
  constructor(words: readonly string[], { columns, rows }: TerminalSize) {
    const all = ["sh", "-c", LINE, `${rows}`, `${columns}`, ...words];
    const line = all.map((it) => `'${it.replaceAll("'", "'\\''")}'`).join(" ");
    this.#child = new Deno.Command("script", {
      args: ["-qefc", line, "/dev/null"],
      cwd: new URL("../../", import.meta.url),
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#keys = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** Everything that came so far. */
  get seen(): string {
    return this.#seen;
  }

  /** Presses keys. */
  async press(keys: string): Promise<void> {
    await this.#keys.write(new TextEncoder().encode(keys));
  }

  /** Gives the window another size. */
  async resize({ columns, rows }: TerminalSize): Promise<void> {
    const [, tty] = /begin (\S+) /.exec(this.#seen) ?? [];
    assert.ok(tty !== undefined, "The terminal has no name yet");
    const args = ["-F", tty, "rows", `${rows}`, "cols", `${columns}`];
    const { code } = await new Deno.Command("stty", { args }).output();
    assert.equal(code, 0);
  }

  /** Waits until what comes from now on, or from a place on, fits; returns where that ends. */
  async until(expression: RegExp, options: { readonly from?: number } = {}): Promise<number> {
    const { from = this.#seen.length } = options;
    const begun = Date.now();
    while (Date.now() - begun < PATIENCE_MS) {
      const found = expression.exec(this.#seen.slice(from));
      if (found !== null) return from + found.index + found[0].length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`Waited in vain for ${expression}, got ${JSON.stringify(this.#seen.slice(-3000))}`);
  }

  /** Sends a signal to the innermost of the processes on the terminal whose words fit. */
  async signal(signal: string, words: RegExp): Promise<void> {
    const [, tty = ""] = /begin \/dev\/(\S+) /.exec(this.#seen) ?? [];
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "pid=,args=", "-t", tty] }).output();
    const rows = new TextDecoder().decode(stdout).trim().split("\n").filter((it) => words.test(it));
    const pid = Math.max(...rows.map((it) => Number.parseInt(it)));
    assert.ok(pid > 1, `No process on ${tty} fits ${words}`);
    const { code } = await new Deno.Command("kill", { args: ["-s", signal, `${pid}`] }).output();
    assert.equal(code, 0);
  }

  /** Waits for the end of the program. */
  async end(): Promise<TerminalEnd> {
    await this.#reading;
    const found = /begin (\S+) (\S+)\r\n([^]*)end (\d+) (\S+)\r\n$/.exec(this.#seen);
    assert.ok(found !== null, `No end in ${JSON.stringify(this.#seen.slice(-500))}`);
    const [, , before = "", shown = "", code, after = ""] = found;
    return { code: Number(code), settings: [before, after], shown };
  }

  /** Ends what still runs: its terminal goes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keys.close().catch(() => undefined);
    try {
      this.#child.kill("SIGTERM");
    } catch { /* it has ended */ }
    await Promise.all([this.#child.status, this.#reading]);
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stdout) this.#seen += decoder.decode(chunk, { stream: true });
  }
}

/** Returns the lines of each frame that a text for a terminal draws from the top, without what only marks them. */
export function framesOf(text: string): readonly (readonly string[])[] {
  const [, ...behind] = text.split("\x1b[H");
  return behind.flatMap((it) => {
    const [frame = "", ...rest] = it.split("\x1b[J");
    // What has no end was not drawn to its end.
    if (rest.length === 0) return [];
    return [MARKS.reduce((plain, mark) => plain.replaceAll(mark, ""), frame).split(/\r+\n/)];
  });
}

/** Begins a line anew; begins and ends reverse video. */
const MARKS = ["\x1b[2K", "\x1b[7m", "\x1b[0m"];
