/**
 * Debian packages as one archive, fetched by mmdebstrap.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { userId } from "./prepare.ts";
import { runProgram } from "./program.ts";

/** What is fetched, and how. */
export type DebianSource =
  /** A small Debian system with packages installed in it; what they depend on comes with them. */
  | {
    readonly kind: "system";
    /** Debian suite, such as `trixie`. */
    readonly suite: string;
    /** Names of the packages. */
    readonly packages: readonly string[];
    /** Paths that are not unpacked, as patterns of dpkg. */
    readonly excludedPaths: readonly string[];
  }
  /** One package, unpacked and not installed, without what it depends on. */
  | {
    readonly kind: "package";
    /** Debian suite, such as `trixie-backports`. */
    readonly suite: string;
    /** Extended regular expression for the whole name of the package; the newest that matches is taken. */
    readonly pattern: string;
    /** What an error calls it, such as `linux-image-5.10…cloud-amd64`. */
    readonly called: string;
  };

/** Options of {@linkcode fetchDebianTar}. */
export interface DebianTarOptions {
  /** What to fetch. */
  readonly source: DebianSource;
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

/** The messages of mmdebstrap and of our hook that a person who waits wants to see. */
const STEP =
  /^(?:I: (running apt-get update|downloading packages|extracting archives|installing [a-z]+ packages|creating tarball)|lab-fetch: (downloading .+))/;

/**
 * The hook that fetches a package, as mmdebstrap gets it. It comes by the environment, for the user that mmdebstrap
 * works as may not be able to read our files.
 */
const HOOK = '--customize-hook=sh -c "$LAB_HOOK" hook "$1"';

/**
 * The words of the mmdebstrap command; they are part of a recipe's fingerprint.
 *
 * No mirror is named: mmdebstrap takes the one of this machine's apt configuration, or Debian's own. The package
 * lists may be past their date, which a snapshot always is and sid often; their signatures are checked all the same.
 *
 * @param source what to fetch
 * @returns program and arguments, without the archive's path
 *
 * @example
 * ```ts
 * import { debianTarCommand } from "./debian_tar.ts";
 * import assert from "node:assert/strict";
 *
 * const command = debianTarCommand({ kind: "system", suite: "trixie", packages: ["kmod"], excludedPaths: [] });
 * assert.equal(command.at(-1), "trixie");
 * ```
 */
export function debianTarCommand(source: DebianSource): readonly string[] {
  const how = source.kind === "system"
    ? ["--variant=apt", `--include=${source.packages.join(",")}`]
    : ["--variant=custom", HOOK];
  const excludedPaths = source.kind === "system" ? source.excludedPaths : [];
  return [
    "mmdebstrap",
    ...how,
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...excludedPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
    "--format=tar",
    source.suite,
  ];
}

/**
 * Everything that decides what {@linkcode fetchDebianTar} brings, for a recipe's fingerprint.
 *
 * @param source what to fetch
 * @returns the command, and for a single package the hook's text and data
 *
 * @example
 * ```ts
 * import { debianTarRecipe } from "./debian_tar.ts";
 * import assert from "node:assert/strict";
 *
 * const source = { kind: "package", suite: "sid", pattern: "busybox-static", called: "busybox-static" } as const;
 * assert.equal((await debianTarRecipe(source)).at(-1), "busybox-static");
 * ```
 */
export async function debianTarRecipe(source: DebianSource): Promise<readonly string[]> {
  const command = debianTarCommand(source);
  return source.kind === "system" ? command : [...command, await hookText(), source.pattern];
}

/**
 * Fetches Debian packages and makes one archive of what is in them.
 *
 * As root it uses a plain chroot in a mount namespace of its own, so that what mmdebstrap mounts is seen by nobody
 * else and goes with it, however it ends. Other users need newuidmap and a line in /etc/subuid, for mmdebstrap uses a
 * user namespace then; the other users of that namespace may not enter our folders, so it works below /tmp.
 *
 * @param options what to fetch, and where to put it
 * @throws {HostError} of kind `missing` without mmdebstrap, or when the suite or the package is not on the mirror; of
 *   kind `failed` when it fails otherwise; the hint has its last words
 *
 * @example
 * ```ts ignore
 * import { fetchDebianTar } from "./debian_tar.ts";
 *
 * await fetchDebianTar({
 *   source: { kind: "package", suite: "trixie", pattern: "busybox-static", called: "busybox-static" },
 *   path: "/tmp/busybox/busybox.tar",
 *   folder: "/tmp/busybox",
 *   label: "busybox",
 * });
 * ```
 */
export async function fetchDebianTar(options: DebianTarOptions): Promise<void> {
  const { source, label, signal, onProgress } = options;
  const isRoot = await userId(signal) === 0;
  const isolation = isRoot && await canIsolateMounts(signal) ? ISOLATED_MOUNTS : [];
  const lines: string[] = [];
  try {
    await runProgram([...isolation, ...debianTarCommand(source), options.path], {
      purpose: `fetch ${label} from Debian`,
      signal,
      env: {
        ...(isRoot && { TMPDIR: options.folder }),
        ...(source.kind === "package" && { LAB_HOOK: await hookText(), LAB_PACKAGE: source.pattern }),
      },
      onLine(line) {
        lines.push(line);
        const [, step, ours] = STEP.exec(line) ?? [];
        if (step !== undefined || ours !== undefined) onProgress?.(`${label}: ${step ?? ours}`);
      },
    });
  } catch (error) {
    const absence = error instanceof HostError ? describeAbsence(source, lines) : undefined;
    if (absence === undefined) throw error;
    const hint =
      "Debian moves or drops old releases and superseded kernels; the other kernels of the lab still work";
    throw new HostError(`Cannot fetch ${label}: ${absence}`, {
      host: "lab",
      kind: "missing",
      hint,
      cause: error,
    });
  }
}

/**
 * Finds out from the messages of mmdebstrap whether the mirror does not have what was asked for.
 *
 * @param source what was asked for
 * @param lines what mmdebstrap and the hook have written to their standard error
 * @returns what is absent, as it follows a colon, or `undefined` when something else went wrong
 *
 * @example
 * ```ts
 * import { describeAbsence } from "./debian_tar.ts";
 * import assert from "node:assert/strict";
 *
 * const source = { kind: "package", suite: "sid", pattern: "linux-image-2[.]4", called: "linux-image-2.4" } as const;
 * const lines = ["lab-fetch: none on http://deb.debian.org/debian "];
 * const expected = `Debian's suite "sid" has no linux-image-2.4 any more (mirror http://deb.debian.org/debian)`;
 * assert.equal(describeAbsence(source, lines), expected);
 * assert.equal(describeAbsence(source, ["E: no space left"]), undefined);
 * ```
 */
export function describeAbsence(source: DebianSource, lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const suite = `Debian's suite "${source.suite}"`;
    const [, mirrors] = /^lab-fetch: none on (.*)$/.exec(line) ?? [];
    if (mirrors !== undefined && source.kind === "package") {
      return `${suite} has no ${source.called} any more (mirror ${mirrors.trim().replaceAll(" ", ", ")})`;
    }
    const [, mirror, part] =
      /The repository '(\S+) (\S+) \S+' (?:does not have a Release file|no longer has a Release file)/.exec(
        line,
      ) ?? [];
    if (mirror !== undefined && part === source.suite) {
      return `${suite} is not there any more (mirror ${mirror})`;
    }
  }
  return undefined;
}

/** The hook's text. */
async function hookText(): Promise<string> {
  return await Deno.readTextFile(new URL("./fetch_package.sh", import.meta.url));
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
