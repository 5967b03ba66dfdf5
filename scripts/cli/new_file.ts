/**
 * A file that an answer is written to: a new one, whole or not at all.
 *
 * @module
 */

import { LocalHost } from "../../hosts/mod.ts";
import type { HostProcess } from "../../hosts/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { userPath } from "./user_path.ts";

/**
 * Constant shell text that writes its input to the file that is its first parameter. It makes the file first and says
 * `open`, so that a bad name is told before any work is done; nobody's file is replaced, and none stays that is empty.
 */
const WRITE = `trap '' INT HUP TERM; set -C
if [ -e "$1" ] || [ -L "$1" ]; then echo taken; exit 1; fi
exec 3>"$1" && echo open || exit
cat >&3
code=$?
[ ! -s "$1" ] && rm -f -- "$1"
exit "$code"`;

/** A new file that is still empty; closing it without a text removes it. */
export class NewFile implements AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  readonly #process: HostProcess;
  readonly #words: Promise<string>;
  #isClosed = false;

  private constructor(path: string, process: HostProcess) {
    this.path = path;
    this.#process = process;
    this.#words = new Response(process.stderr).text();
  }

  /**
   * Makes the file.
   *
   * @param file as the user named it
   * @returns the file
   * @throws {CliError} with code 2 when something of that name is there, with 3 when it cannot be made
   */
  static async create(file: string): Promise<NewFile> {
    const path = userPath(file);
    const created = new NewFile(path, new LocalHost().spawn(["sh", "-c", WRITE, "sh", path]));
    const reader = created.#process.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    const word = value === undefined ? "" : new TextDecoder().decode(value).trim();
    if (word === "open") return created;
    const problem = await created.#problem();
    if (word !== "taken") throw problem;
    throw new CliError(`Cannot write to ${JSON.stringify(path)}: it is there, and no file is replaced`, {
      code: EXIT.usage,
      hint: "Choose another name, or remove what is there",
    });
  }

  /**
   * Writes the text and closes the file.
   *
   * @param text all that is to be in it
   * @throws {CliError} with code 3 when there is no room
   */
  async write(text: string): Promise<void> {
    this.#isClosed = true;
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text)).catch(() => undefined);
    await writer.close().catch(() => undefined);
    const { code } = await this.#process.status;
    if (code !== 0) throw await this.#problem();
  }

  /** Removes the file when nothing was written. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) await this.#process.stdin.close().catch(() => undefined);
    await Promise.all([this.#process.status, this.#words]);
  }

  async #problem(): Promise<CliError> {
    if (!this.#isClosed) await this.#process.stdin.close().catch(() => undefined);
    const { code } = await this.#process.status;
    const said = (await this.#words).trim().split("\n").at(-1)?.replace(/^(?:sh|cat): (?:\d+: )?/, "") ?? "";
    const detail = said === "" ? `its writer ended with status ${code}` : said;
    return new CliError(`Cannot write to ${JSON.stringify(this.path)}: ${detail}`, {
      code: EXIT.cannotRun,
      hint: "Name a file in a folder that exists, that you may write to and that has room",
    });
  }
}
