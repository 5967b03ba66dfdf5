/**
 * Which folder of cgroup v2 has which id.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { run } from "../hosts/mod.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";

/** Most cgroups that are read. */
const CGROUPS_MAX = 100_000;
const TIMEOUT_MS = 60_000;

/**
 * Constant POSIX shell text, parameter `CGROUPS`. The root of v2 is known by its cgroup.controllers; beside v1 it is
 * mounted as `unified`. No folder there has a line feed in its name: `cgroup_mkdir()` refuses it.
 */
const SCRIPT = `for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
  [ -e "$root/cgroup.controllers" ] || continue
  echo "root $root"
  find "$root" -xdev -type d -exec stat -c '%i %n' {} + 2>/dev/null | head -n "$1"
  echo end
  exit
done
echo none`;

/** Options of {@linkcode readCgroupPaths}. */
export interface ReadCgroupPathsOptions {
  /** Most cgroups that are read; when there are more, nothing is known. @default {100000} */
  readonly cgroupsMax?: number;
}

/**
 * Reads the ids of all cgroups of cgroup v2, which are the inode numbers of their folders.
 *
 * The id is what `bpf_get_current_cgroup_id()`, bpftrace's `cgroup` and `struct pidfd_info` tell, on 64-bit machines.
 *
 * @param host the machine
 * @param options see {@linkcode ReadCgroupPathsOptions}
 * @returns paths by id, `/` for the root, as in /proc/PID/cgroup; unknown with the reason where there is no v2
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { LocalHost } from "../hosts/mod.ts";
 * import { readCgroupPaths } from "./cgroup_paths.ts";
 * import assert from "node:assert/strict";
 *
 * await using host = new LocalHost();
 * const paths = await readCgroupPaths(host);
 * assert.ok(paths.kind === "unknown" || [...paths.value.values()].includes("/"));
 * ```
 */
export async function readCgroupPaths(
  host: Host,
  options: ReadCgroupPathsOptions = {},
): Promise<Known<ReadonlyMap<bigint, string>>> {
  const { cgroupsMax = CGROUPS_MAX } = options;
  const argv = ["sh", "-c", SCRIPT, "trace-clone-cgroups", `${cgroupsMax + 1}`];
  const said = await attempt(() => run(host, argv, { timeoutMs: TIMEOUT_MS }));
  return said.kind === "unknown" ? said : parseCgroupPaths(said.value.stdout, { cgroupsMax });
}

/**
 * Reads what the command of {@linkcode readCgroupPaths} printed.
 *
 * @param text its standard output
 * @param options see {@linkcode ReadCgroupPathsOptions}
 * @returns paths by id; unknown with the reason when they are not all there
 *
 * @example
 * ```ts
 * import { parseCgroupPaths } from "./cgroup_paths.ts";
 * import assert from "node:assert/strict";
 *
 * const paths = parseCgroupPaths("root /sys/fs/cgroup\n1 /sys/fs/cgroup\n88 /sys/fs/cgroup/init.scope\nend\n");
 * assert.deepEqual(paths.kind === "known" && [...paths.value], [[1n, "/"], [88n, "/init.scope"]]);
 * ```
 */
export function parseCgroupPaths(
  text: string,
  options: ReadCgroupPathsOptions = {},
): Known<ReadonlyMap<bigint, string>> {
  const lines = text.split("\n");
  const root = /^root (\/sys\/fs\/cgroup(?:\/unified)?)$/.exec(lines[0] ?? "")?.[1];
  if (lines[0] === "none") return notKnown("There is no cgroup v2 in /sys/fs/cgroup");
  if (root === undefined || lines.at(-2) !== "end") {
    return notKnown("The list of cgroups did not come to its end");
  }
  const found = lines.slice(1, -2);
  const { cgroupsMax = CGROUPS_MAX } = options;
  if (found.length > cgroupsMax) return notKnown(`There are more than ${cgroupsMax} cgroups`);
  const paths = new Map<bigint, string>();
  for (const line of found) {
    const [, id, folder = ""] = /^(\d{1,20}) (\/[^]*)$/.exec(line) ?? [];
    if (id === undefined || (folder !== root && !folder.startsWith(`${root}/`))) continue;
    paths.set(BigInt(id), folder.slice(root.length) || "/");
  }
  return known(paths);
}
