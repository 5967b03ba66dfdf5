/**
 * The file of a recording, while it is written.
 *
 * @module
 */

import type { RecordingSink } from "../../capture/mod.ts";
import { LocalHost } from "../../hosts/mod.ts";
import type { HostProcess } from "../../hosts/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { userPath } from "./user_path.ts";

/**
 * Writes its input to the file that is its first parameter and says `open` when it is open. It makes the file, for nobody
 * else to read, and leaves none that is empty. Ctrl-C is for the run, whose last words are still to be written.
 */
const WRITE = `exec 3>"$1" && echo open || exit
cat >&3
code=$?
[ -f "$1" ] && [ ! -s "$1" ] && rm -f -- "$1"
exit "$code"`;

const BEGIN = "trap '' INT HUP TERM; umask 077; set -C";

/** Constant shell text for the first part. What is there by these names is somebody's, and is left alone. */
const CREATE = `${BEGIN}
for file; do
  if [ -f "$file" ] || [ -d "$file" ] || [ -L "$file" ]; then echo taken; exit 1; fi
done
${WRITE}`;

/** Constant shell text for a further part: the file becomes the older one, which is its second parameter. */
const ROTATE = `${BEGIN}
mv -f -- "$1" "$2" || exit
${WRITE}`;

/** What a name ends in whose file is packed. */
const PACKED = ".zst";

/**
 * Returns the name of the older part of a recording.
 *
 * @param path the file
 * @returns the file that was full before
 */
export function olderPart(path: string): string {
  return `${path}.1`;
}

/** An open file for a recording; closing it removes it when nothing was written. */
export class RecordingFile implements RecordingSink, AsyncDisposable {
  /** Where it is. */
  readonly path: string;
  /** Most bytes of it and its older part together. */
  readonly bytesMax: number | undefined;
  #process: HostProcess;
  #words: Promise<string>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #isOpen = false;

  private constructor(path: string, bytesMax: number | undefined, process: HostProcess) {
    this.path = path;
    this.bytesMax = bytesMax;
    this.#process = process;
    this.#words = new Response(process.stderr).text();
    this.#writer = process.stdin.getWriter();
  }

  /**
   * Makes the file.
   *
   * @param file as the user named it
   * @param options `bytesMax`: how much it and its older part may take together
   * @throws {CliError} when there is a file of that name, or it cannot be made
   */
  static async create(
    file: string,
    options: { readonly bytesMax: number | undefined },
  ): Promise<RecordingFile> {
    const path = userPath(file);
    const names = options.bytesMax === undefined ? [path] : [path, olderPart(path)];
    const process = new LocalHost().spawn(["sh", "-c", CREATE, "sh", ...names]);
    const created = new RecordingFile(path, options.bytesMax, process);
    const word = await created.#firstWord();
    created.#isOpen = word === "open";
    if (created.#isOpen) return created;
    await created.#writer.close().catch(() => undefined);
    if (word !== "taken") throw await created.#failure();
    throw new CliError(
      `Cannot record to ${JSON.stringify(path)}: ${
        names.length > 1 ? `it or ${JSON.stringify(olderPart(path))} is` : "it is"
      } there, and a recording replaces nothing`,
      { code: EXIT.usage, hint: "Choose another name, or remove what is there" },
    );
  }

  /** Whether its name asks for packed frames. */
  get isPacked(): boolean {
    return this.path.endsWith(PACKED);
  }

  /** Hands bytes over. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(bytes);
    } catch {
      throw await this.#failure();
    }
  }

  /** Makes the file the older part, and begins another one. */
  async rotate(): Promise<void> {
    await this.close();
    this.#process = new LocalHost().spawn(["sh", "-c", ROTATE, "sh", this.path, olderPart(this.path)]);
    this.#words = new Response(this.#process.stderr).text();
    this.#writer = this.#process.stdin.getWriter();
    if (await this.#firstWord() !== "open") throw await this.#failure();
  }

  /** Waits until everything is written. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => undefined);
    const { code } = await this.#process.status;
    if (code !== 0) throw await this.#failure();
  }

  /** Closes the file, if that was not done. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => undefined);
    await Promise.all([this.#process.status, this.#words]);
  }

  async #firstWord(): Promise<string> {
    const reader = this.#process.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return value === undefined ? "" : new TextDecoder().decode(value).trim();
  }

  /** What to say when the writer has ended before us. */
  async #failure(): Promise<CliError> {
    await this.#writer.close().catch(() => undefined);
    const { code } = await this.#process.status;
    const said = (await this.#words).trim().split("\n").at(-1)?.replace(/^(?:sh|cat|mv): (?:\d+: )?/, "") ??
      "";
    const detail = said === "" ? `its writer ended with status ${code}` : said;
    if (!this.#isOpen) {
      return new CliError(`Cannot record to ${JSON.stringify(this.path)}: ${detail}`, {
        code: EXIT.cannotRun,
        hint: "Name a file in a folder that exists, that you may write to and that has room",
      });
    }
    const bytes = await sizeOf(this.path) + await sizeOf(olderPart(this.path));
    return new CliError(
      `Cannot go on recording to ${JSON.stringify(this.path)}: ${detail}; ${bytes} bytes are kept`,
      {
        code: EXIT.budget,
        hint: "What is kept can be replayed; make room, or let --max-size keep only the latest",
      },
    );
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch {
    return 0;
  }
}
