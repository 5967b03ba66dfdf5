/**
 * How a program of this machine is started.
 *
 * @module
 */

import { quote } from "./_text.ts";
import { checkArgv, ENVIRONMENT } from "./argv_frame.ts";
import { HostError } from "./host.ts";

/**
 * Constant shell text that becomes the program given as arguments.
 *
 * Deno looks up the names of its list of permitted programs once, when it starts, by a PATH that may lack /usr/sbin.
 * Behind this text only `sh` needs a permission, and a program that is not there is status 127, as on any other host.
 */
const LAUNCH_SCRIPT = `${ENVIRONMENT}; exec "$@"`;

/** Options of {@linkcode launch}. */
export interface LaunchOptions {
  /** The host's name in errors. */
  readonly host: string;
  /** Constant shell text to use. @default {LAUNCH_SCRIPT} */
  readonly script?: string;
  /** Whether Ctrl-C on our terminal must not reach the program. @default {false} */
  readonly detached?: boolean;
}

/**
 * Starts a program of this machine with three pipes.
 *
 * @param argv program and arguments; no shell interprets them
 * @param options whose program it is
 * @returns the process
 * @throws {TypeError} when {@linkcode checkArgv} refuses the words
 * @throws {HostError} of kind `denied` without permission to run `sh`, of kind `failed` when it cannot be started
 *
 * @example
 * ```ts
 * import { launch } from "./_launch.ts";
 * import assert from "node:assert/strict";
 *
 * const child = launch(["printf", "%s", "$HOME"], { host: "local" });
 * await child.stdin.close();
 * assert.equal(new TextDecoder().decode((await child.output()).stdout), "$HOME");
 * ```
 */
export function launch(argv: readonly string[], options: LaunchOptions): Deno.ChildProcess {
  const { host, script = LAUNCH_SCRIPT, detached = false } = options;
  checkArgv(argv);
  try {
    return new Deno.Command("sh", {
      args: ["-c", script, "sh", ...argv],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached,
    }).spawn();
  } catch (error) {
    const message = `Cannot start ${quote(argv[0] ?? "")}: ${error instanceof Error ? error.message : error}`;
    if (!(error instanceof Deno.errors.NotCapable)) {
      throw new HostError(message, { host, kind: "failed", cause: error });
    }
    const hint = 'Give Deno the permission "--allow-run=sh"';
    throw new HostError(message, { host, kind: "denied", hint, cause: error });
  }
}

/**
 * Sends a signal to a process that may have ended already.
 *
 * @param child the process
 * @param signal what to send
 *
 * @example
 * ```ts
 * import { launch, signalChild } from "./_launch.ts";
 *
 * const child = launch(["cat"], { host: "local" });
 * signalChild(child, "SIGKILL");
 * await child.output();
 * signalChild(child, "SIGKILL");
 * ```
 */
export function signalChild(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}
