/**
 * A folder on a machine for the time of a run.
 *
 * @module
 */

import { HostError, run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";

/** A folder on a machine, which goes with the run. */
export class ScratchFolder implements AsyncDisposable {
  readonly #host: Host;
  /** Where it is. */
  readonly path: string;

  private constructor(host: Host, path: string) {
    this.#host = host;
    this.path = path;
  }

  /**
   * Makes it.
   *
   * @param host where
   * @throws {HostError} when it cannot be made
   */
  static async make(host: Host): Promise<ScratchFolder> {
    const { code, stdout, stderr } = await run(host, ["mktemp", "-d"]);
    if (code === 0) return new ScratchFolder(host, stdout.trim());
    throw new HostError(`Cannot make a folder on "${host.name}": ${stderr.trim()}`, {
      host: host.name,
      kind: "failed",
      hint: "Look whether /tmp has room there",
    });
  }

  /** Removes it with all that is in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run(this.#host, ["rm", "-rf", "--", this.path]).catch(() => undefined);
  }
}
