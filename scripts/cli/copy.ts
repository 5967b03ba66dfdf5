/**
 * Files of this machine for a command on the target.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { HostError, LocalHost } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";

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

function refused(path: string, by: { readonly host: string; readonly words: string }): HostError {
  const words = by.words.trim().split("\n").at(0) ?? "";
  return new HostError(`Cannot copy ${JSON.stringify(path)}: ${words === "" ? "tar failed" : words}`, {
    host: by.host,
    kind: "failed",
  });
}
