/**
 * Debian packages as one archive, fetched by mmdebstrap.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { userId } from "./prepare.ts";
import { runProgram } from "./program.ts";

/** Options of {@linkcode fetchDebianTar}. */
export interface DebianTarOptions {
  /** Debian suite, such as `trixie`. */
  readonly suite: string;
  /** `extract` only unpacks the packages, `apt` installs them into a small Debian system. */
  readonly variant: "extract" | "apt";
  /** Names of the packages; what they depend on comes with them. */
  readonly packages: readonly string[];
  /** Paths that are not unpacked, as patterns of dpkg. */
  readonly excludedPaths: readonly string[];
  /** Where the archive goes. */
  readonly path: string;
  /** What the archive is for, as it follows "fetch" in an error and begins a line of progress. */
  readonly label: string;
  /** Folder for temporary files; users other than root get theirs below /tmp. */
  readonly folder: string;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Gets a line when the next step begins. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

/** Runs a program whose mounts nobody else sees. */
const ISOLATED_MOUNTS = ["unshare", "--mount", "--propagation", "private", "--"];

/** The messages of mmdebstrap that a person who waits wants to see. */
const STEP =
  /^I: (running apt-get update|downloading packages|extracting archives|installing [a-z]+ packages|creating tarball)/;

/**
 * The words of the mmdebstrap command; they are part of a recipe's fingerprint.
 *
 * No mirror is named: mmdebstrap takes the one of this machine's apt configuration, or Debian's own. The package
 * lists may be past their date, which a snapshot always is and sid often; their signatures are checked all the same.
 *
 * @param options what to fetch
 * @returns program and arguments, without the archive's path
 *
 * @example
 * ```ts
 * import { debianTarCommand } from "./debian_tar.ts";
 * import assert from "node:assert/strict";
 *
 * const command = debianTarCommand({ suite: "trixie", variant: "apt", packages: ["kmod"], excludedPaths: [] });
 * assert.equal(command.at(-1), "trixie");
 * ```
 */
export function debianTarCommand(
  options: Pick<DebianTarOptions, "suite" | "variant" | "packages" | "excludedPaths">,
): readonly string[] {
  return [
    "mmdebstrap",
    `--variant=${options.variant}`,
    `--include=${options.packages.join(",")}`,
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...options.excludedPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
    "--format=tar",
    options.suite,
  ];
}

/**
 * Fetches Debian packages and makes one archive of what is in them.
 *
 * As root it uses a plain chroot in a mount namespace of its own, so that what mmdebstrap mounts is seen by nobody
 * else and goes with it, however it ends. Other users need newuidmap and a line in /etc/subuid, for mmdebstrap uses a
 * user namespace then; the other users of that namespace may not enter our folders, so it works below /tmp.
 *
 * @param options what to fetch, and where to put it
 * @throws {HostError} of kind `missing` without mmdebstrap, of kind `failed` when it fails; the hint has its last words
 *
 * @example
 * ```ts ignore
 * import { fetchDebianTar } from "./debian_tar.ts";
 *
 * await fetchDebianTar({
 *   suite: "trixie",
 *   variant: "extract",
 *   packages: ["busybox-static"],
 *   excludedPaths: [],
 *   path: "/tmp/busybox/busybox.tar",
 *   folder: "/tmp/busybox",
 *   label: "busybox",
 * });
 * ```
 */
export async function fetchDebianTar(options: DebianTarOptions): Promise<void> {
  const { label, signal, onProgress } = options;
  const isRoot = await userId(signal) === 0;
  const isolation = isRoot && await canIsolateMounts(signal) ? ISOLATED_MOUNTS : [];
  await runProgram([...isolation, ...debianTarCommand(options), options.path], {
    purpose: `fetch ${label} from Debian`,
    signal,
    env: isRoot ? { TMPDIR: options.folder } : {},
    onLine(line) {
      const step = STEP.exec(line)?.[1];
      if (step !== undefined) onProgress?.(`${label}: ${step}`);
    },
  });
}

/** Whether we may make a mount namespace. A root that may not, in a container, can mount nothing either. */
async function canIsolateMounts(signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await runProgram([...ISOLATED_MOUNTS, "true"], { purpose: "make a mount namespace", signal });
    return true;
  } catch (error) {
    if (error instanceof HostError && error.kind === "failed") return false;
    throw error;
  }
}
