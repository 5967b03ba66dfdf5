/**
 * This machine.
 *
 * @module
 */

import { launch, signalChild } from "./_launch.ts";
import { CommandHost } from "./command_host.ts";
import type { HostProcess } from "./host.ts";

/**
 * This machine, with the rights of the user who started us.
 *
 * Even here files are read by starting `cat`: Deno's own functions would need every permission for /proc and /sys.
 * What is started here stays in our process group, so that Ctrl-C reaches it as it reaches us.
 *
 * @example
 * ```ts
 * import { LocalHost } from "./local.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * assert.match(await host.readText("/proc/version"), /^Linux version /);
 * ```
 */
export class LocalHost extends CommandHost {
  /** Always `local`. */
  readonly name = "local";

  /**
   * Starts a program of this machine.
   *
   * @param argv program and arguments; no shell interprets them
   * @returns the process; when there is no such program its status is 127
   * @throws {HostError} of kind `denied` without permission to run `sh`
   */
  spawn(argv: readonly string[]): HostProcess {
    const child = launch(argv, { host: this.name });
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      status: child.status.then(({ code }) => ({ code })),
      kill: () => signalChild(child, "SIGKILL"),
    };
  }

  /** There is nothing to give back. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
