/**
 * Files of this machine for a command on the target.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { HostError, LocalHost, run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";

/**
 * Copies a file or folder into a folder of a host, with its modes, by `tar` on both sides.
 *
 * @param host where to
 * @param options `path`: file or folder of this machine; `folder`: folder of the host
 * @throws {HostError} when it cannot be read here or written there
 */
export async function copyTo(
  host: Host,
  options: { readonly path: string; readonly folder: string },
): Promise<void> {
  const { path, folder } = options;
  await using local = new LocalHost();
  const pack = local.spawn(["tar", "-C", dirname(path), "-chf", "-", "--", basename(path)]);
  const unpack = host.spawn(["tar", "-C", folder, "-xf", "-"]);
  await pack.stdin.close();
  const words = Promise.all([new Response(pack.stderr).text(), new Response(unpack.stderr).text()]);
  const drained = unpack.stdout.pipeTo(new WritableStream());
  await pack.stdout.pipeTo(unpack.stdin).catch(() => undefined);
  const [from, to] = await Promise.all([pack.status, unpack.status]);
  await drained;
  const [fromWords, toWords] = await words;
  if (from.code !== 0) throw refused(path, { host: "local", words: fromWords });
  if (to.code !== 0) throw refused(path, { host: host.name, words: toWords });
}

/**
 * Refuses what cannot be copied, before anything is started for it.
 *
 * @param paths files and folders of this machine
 * @throws {CliError} of code 3 when one cannot be read
 */
export async function checkCopies(paths: readonly string[]): Promise<void> {
  await using local = new LocalHost();
  for (const path of paths) {
    const { code } = await run(local, ["test", "-r", path]);
    if (code === 0) continue;
    throw new CliError(`Cannot copy ${JSON.stringify(path)}: nothing of that name can be read here`, {
      code: EXIT.cannotRun,
      hint: "Name a file or folder of this machine after --copy",
    });
  }
}

function refused(path: string, by: { readonly host: string; readonly words: string }): HostError {
  const words = by.words.trim().split("\n").at(0) ?? "";
  return new HostError(`Cannot copy ${JSON.stringify(path)}: ${words === "" ? "tar failed" : words}`, {
    host: by.host,
    kind: "failed",
  });
}
