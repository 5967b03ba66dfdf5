/**
 * For the tests of this folder: small scripts that stand for bpftrace.
 *
 * @module
 */

/** Text of a script that prints what bpftrace prints until its program is attached. */
export const FAKE_READY = String.raw`
printf '%s\n' '{"type": "attached_probes", "data": {"probes": 3}}'
printf '%s\n' '{"type": "printf", "data": "ready '$$' 5000000000 1700000000.250000\n"}'
`;

/** Text of a script that waits for SIGINT and ends as bpftrace does: with its last lines, and well. */
export const FAKE_WAIT = String.raw`
trap 'kill "$nap"; printf "%s\n" "" "" "{\"type\": \"map\", \"data\": {\"@task\": {\"0\": 2}}}"; exit 0' INT TERM
while :; do sleep 61 & nap=$!; wait "$nap"; done
`;

/** A folder with such scripts; closing it removes it. */
export class FakeBpftrace implements AsyncDisposable {
  readonly #folder: string;
  #count = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes an empty folder. */
  static async create(): Promise<FakeBpftrace> {
    return new FakeBpftrace(await Deno.makeTempDir({ prefix: "fake-bpftrace" }));
  }

  /** Writes a script, and returns its path. */
  async script(text: string): Promise<string> {
    const path = `${this.#folder}/bpftrace${this.#count++}`;
    await Deno.writeTextFile(path, `#!/bin/sh\n${text}`, { mode: 0o755 });
    return path;
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}
