/**
 * The root disk of a guest: a small Debian with bpftrace and an ssh server, as a read-only ext4 image.
 *
 * @module
 */

import { buildOnce, type BuildOptions } from "./build_once.ts";
import { debianTarCommand, fetchDebianTar } from "./debian_tar.ts";
import { megabytes, requireFreeSpace } from "./free_space.ts";
import { userId } from "./prepare.ts";
import { runProgram } from "./program.ts";
import { recipeHash } from "./recipe.ts";
import { removeTree } from "./remove_tree.ts";

/** What is installed in a guest. */
const PACKAGES = [
  "bpftrace",
  "dropbear-bin",
  "busybox-static",
  "kmod",
  "iproute2",
  "mount",
  "procps",
  "sudo",
];
const EXCLUDED_PATHS = ["/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*"];
/**
 * What is added to the files of the packages, by path: users without rights of their own, of whom `lab` may use sudo
 * and `plain` may not, and a name for the guest itself, which sudo looks up.
 */
const ADDED: Readonly<Record<string, string>> = {
  "etc/passwd": "lab:x:1000:1000::/home/lab:/bin/sh\nplain:x:1001:1001::/home/plain:/bin/sh\n",
  "etc/group": "lab:x:1000:\nplain:x:1001:\n",
  "etc/shadow": "lab:*:20000:0:99999:7:::\nplain:*:20000:0:99999:7:::\n",
  "etc/hosts": "127.0.0.1 localhost lab\n",
  "etc/sudoers.d/lab": "lab ALL=(root) NOPASSWD: ALL\n",
};
/** Kernels from 5.10 on have to mount the image, so it has no feature that is younger. */
const FILE_SYSTEM = ["mke2fs", "-q", "-t", "ext4", "-O", "^metadata_csum,^orphan_file"];
/** Room that the image has beyond its content, for the file system's own tables. */
const SPARE_BYTES = 256 * 1024 * 1024;
/** Free space that a build needs while it runs. */
const NEEDED_BYTES = 1_500_000_000;

/** More packages than a guest usually has, in an image of their own. */
export interface RootImageExtra {
  /** Added to the image's name in the cache, so that the usual image stays as it is: a plain word, such as `bench`. */
  readonly name: string;
  /** Debian packages of the same suite. */
  readonly packages: readonly string[];
}

/** Options of {@linkcode buildRootImage}. */
export interface RootImageOptions extends BuildOptions {
  /** What is installed beside the usual packages. @default nothing */
  readonly extra?: RootImageExtra | undefined;
}

/**
 * Builds the root disk of a suite unless the cache has it.
 *
 * Every file in it belongs to root, whoever builds it.
 *
 * @param suite Debian suite, such as `trixie`
 * @param options progress, cancelling, where the cache is, and what is installed beside the usual
 * @returns path of the image
 * @throws {HostError} when a program, the network or disk space is missing; nothing of the build is left then
 *
 * @example
 * ```ts ignore
 * import { buildRootImage } from "./root_image.ts";
 *
 * const image = await buildRootImage("trixie", { onProgress: console.error });
 * ```
 */
export async function buildRootImage(suite: string, options: RootImageOptions = {}): Promise<string> {
  const init = await Deno.readTextFile(new URL("./guest_init.sh", import.meta.url));
  const { extra } = options;
  const packages = [...PACKAGES, ...extra?.packages ?? []];
  const source = { kind: "system", suite, packages, excludedPaths: EXCLUDED_PATHS } as const;
  const recipe = [
    ...debianTarCommand(source),
    ...FILE_SYSTEM,
    String(SPARE_BYTES),
    init,
    JSON.stringify(ADDED),
  ];
  const image = extra === undefined ? suite : `${suite}-${extra.name}`;
  const label = `root file system ${image}`;
  const { signal, onProgress } = options;

  const build = async (folder: string) => {
    const started = Date.now();
    await requireFreeSpace(folder, { purpose: `build ${label}`, bytes: NEEDED_BYTES, signal });
    const tar = `${folder}/root.tar`;
    await fetchDebianTar({ source, path: tar, folder, label, signal, onProgress });
    onProgress?.(`${label}: making the disk`);
    const bytes = await makeImage({ folder, tar, init, signal });
    onProgress?.(`${label}: built in ${Math.round((Date.now() - started) / 1000)} s, ${megabytes(bytes)}`);
  };
  const hash = await recipeHash(recipe);
  return `${await buildOnce({ ...options, name: `root-${image}`, hash, build })}/root.img`;
}

/** Unpacks the archive, adds our init, and makes the image of it; returns the size of its content in bytes. */
async function makeImage(options: {
  readonly folder: string;
  readonly tar: string;
  readonly init: string;
  readonly signal: AbortSignal | undefined;
}): Promise<number> {
  const { folder, tar, signal } = options;
  const root = `${folder}/root`;
  await Deno.mkdir(root);
  // Device files need root, and the guest has its own devtmpfs.
  const unpack = [
    "tar",
    "--extract",
    "--no-same-owner",
    "--same-permissions",
    "--exclude=./dev/*",
    `--file=${tar}`,
  ];
  await runProgram([...unpack, `--directory=${root}`], { purpose: "unpack the root file system", signal });
  await Deno.remove(tar);
  await Deno.writeTextFile(`${root}/usr/sbin/lab-init`, options.init);
  await Deno.chmod(`${root}/usr/sbin/lab-init`, 0o755);
  for (const [path, text] of Object.entries(ADDED)) {
    const present = await Deno.readTextFile(`${root}/${path}`).catch(() => "");
    await Deno.writeTextFile(`${root}/${path}`, present + text);
  }
  // sudo reads no file that others may write to.
  await Deno.chmod(`${root}/etc/sudoers.d/lab`, 0o440);
  const content = await contentSize(root);
  const kilobytes = Math.ceil((content + SPARE_BYTES) / 1024);
  // In its own user namespace a plain user's files look as if they were root's, and so they get into the image.
  const asRoot = await userId(signal) === 0 ? [] : ["unshare", "--map-root-user", "--"];
  await runProgram([...asRoot, ...FILE_SYSTEM, "-d", root, `${folder}/root.img`, `${kilobytes}k`], {
    purpose: "make the root disk",
    signal,
  });
  await removeTree(root);
  return content;
}

/** Size of a folder's content in bytes, in whole blocks of 4096 bytes. */
async function contentSize(folder: string): Promise<number> {
  let bytes = 0;
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) bytes += 4096 + await contentSize(path);
    else bytes += Math.ceil((await Deno.lstat(path)).size / 4096) * 4096;
  }
  return bytes;
}
