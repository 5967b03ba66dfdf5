/**
 * From a target to a host.
 *
 * @module
 */

import { LocalHost, SshHost, startGuestHost, startImageHost } from "../../hosts/mod.ts";
import type { Host, HostError, Target } from "../../hosts/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { userPath } from "./user_path.ts";

/** An open host; `lost` resolves when it goes away. */
export interface OpenHost {
  /** The host. */
  readonly host: Host;
  /** Resolves with the reason when the host is lost; never for this machine. */
  readonly lost: Promise<HostError>;
}

/**
 * Opens the host that a target names.
 *
 * @param target where to trace
 * @param options how long a guest of ours may live, and who hears of the progress
 * @returns the host
 * @throws {CliError} when this kind of target cannot be traced
 */
export async function openHost(
  target: Target,
  options: {
    readonly timeLimitSeconds: number;
    readonly signal: AbortSignal;
    readonly onProgress: (text: string) => void;
    /** Whether a guest that somebody keeps running may be used. @default {true} */
    readonly shared?: boolean;
  },
): Promise<OpenHost> {
  switch (target.kind) {
    case "local":
      return { host: new LocalHost(), lost: new Promise(() => {}) };
    case "lab": {
      const host = await startGuestHost({ kernel: target.kernel, ...options });
      return { host, lost: host.lost };
    }
    case "ssh": {
      const { name, destination } = target;
      options.onProgress(`${name}: connecting`);
      const host = await SshHost.connect({ name, destination, signal: options.signal });
      return { host, lost: host.lost };
    }
    case "image": {
      const { name, path, modules } = target;
      const files = { path: userPath(path), modules: modules === undefined ? undefined : userPath(modules) };
      const host = await startImageHost({ name, ...files, ...options });
      return { host, lost: host.lost };
    }
    case "replay":
      throw new CliError(`Cannot trace "${target.name}": a recording is no machine`, {
        code: EXIT.cannotRun,
        hint: `Show it with "deno run trace-clone replay FILE"`,
      });
    default:
      return target satisfies never;
  }
}
