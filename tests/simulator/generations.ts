/**
 * What differs between kernels in how they count, and in what the program of the tool tells of it there.
 *
 * Only what changes a record or a count stands here. Each value is from the source of a kernel of that shape, or was
 * measured there; its row names which. `generations_test.ts` holds the rows against the plans for recorded machines.
 *
 * @module
 */

import type { Generation } from "../../kernel/mod.ts";
import type { RefcountLaw } from "../../model/mod.ts";

/** Numbers of system calls on x86-64 that make pidfds besides clone and pidfd_open. */
const CALL = { read: 0, getsockopt: 55 } as const;

/** A kernel as it counts. */
export interface KernelGeneration extends Row {
  /** Its shape. */
  readonly name: Generation;
}

interface Row {
  /** What holds one reference of a `struct pid`. */
  readonly law: RefcountLaw;
  /**
   * Whether clone takes the reference of its pidfd before the file is made: pidfs_alloc_file() does, and so did
   * pidfd_create() of the first release candidates; copy_process() took it when it had the file.
   */
  readonly cloneTakesFirst: boolean;
  /**
   * Whether pidfd_open, and what else makes pidfds, takes it before the file is made: pidfd_create() did,
   * `__pidfd_prepare()` took it when it had the file, pidfs_alloc_file() takes it first.
   */
  readonly openTakesFirst: boolean;
  /** Whether there is pidfd_open(2). */
  readonly hasOpen: boolean;
  /** The call that makes a pidfd besides, by its number: read(2) of fanotify, or SO_PEERPIDFD; `undefined` for none. */
  readonly otherCall: number | undefined;
  /** Whether close(2) releases the last reference before it returns, or leaves that to the way back to user space. */
  readonly releasesInClose: boolean;
  /** Whether release_task() holds a reference until its end; both where kernels of this shape differ. */
  readonly reapHolds: readonly boolean[];
  /** Where the program sees that a `struct pid` is freed by others than hash and pidfds; `undefined` for nowhere. */
  readonly freeSeen: "put_pid" | "pidfs_free_pid" | undefined;
  /** Whether the program reads the types of the kernel: without them exit, reap and the hash's put are not told. */
  readonly isTyped: boolean;
}

/** What anonymous inodes have in common. */
const ANONYMOUS = {
  law: "per-file",
  cloneTakesFirst: false,
  releasesInClose: false,
  reapHolds: [true],
  freeSeen: "put_pid",
  isTyped: true,
  hasOpen: true,
} as const;

/** What pidfs has in common. */
const PIDFS = {
  law: "per-inode",
  cloneTakesFirst: true,
  openTakesFirst: true,
  releasesInClose: true,
  isTyped: true,
  hasOpen: true,
  otherCall: CALL.getsockopt,
} as const;

const ROWS: Readonly<Record<Generation, Row>> = {
  // 5.2-rc and backports of it, read: pidfd_create(get_pid()), no pidfd_open, and no BTF that the program could read.
  G0: {
    ...ANONYMOUS,
    cloneTakesFirst: true,
    openTakesFirst: true,
    hasOpen: false,
    otherCall: undefined,
    freeSeen: undefined,
    isTyped: false,
  },
  // 5.10 to 5.14 as their releases had it: nothing but clone and pidfd_open makes pidfds before fanotify does, in 5.15.
  G1: { ...ANONYMOUS, openTakesFirst: true, otherCall: undefined },
  // 5.10.223, read and measured: pidfd_create() is called by fanotify's read(2) too; release_task() has get_pid().
  G1b: { ...ANONYMOUS, openTakesFirst: true, otherCall: CALL.read },
  // 6.1.176, read and measured: __pidfd_prepare(); SO_PEERPIDFD came in 6.5.
  G2: { ...ANONYMOUS, openTakesFirst: false, otherCall: CALL.getsockopt },
  // 6.12.117, read and measured: __fput_sync() in close(2); release_task() has get_pid(), its other versions were not read.
  G3: { ...PIDFS, reapHolds: [true], freeSeen: "put_pid" },
  // 6.16, only its image was seen: no pidfs_free_pid(); whether release_task() holds one was not read.
  G4: { ...PIDFS, reapHolds: [true, false], freeSeen: "put_pid" },
  // 6.17 to 7.0, read, 6.18 measured: release_task() holds none; pidfs_free_pid() runs when a struct pid is freed.
  G5: { ...PIDFS, reapHolds: [false], freeSeen: "pidfs_free_pid" },
  // 7.1 to 7.3, read, 7.2 and 7.3 measured: release_task() holds one again from 7.2 on.
  G6: { ...PIDFS, reapHolds: [false, true], freeSeen: "pidfs_free_pid" },
};

/** Every shape, the oldest first. */
export const GENERATIONS: readonly KernelGeneration[] = (Object.keys(ROWS) as Generation[]).map(generationOf);

/** Both laws. */
export const LAWS: readonly RefcountLaw[] = ["per-inode", "per-file"];

/**
 * One of them by its name.
 *
 * @param name the shape
 * @returns its row
 */
export function generationOf(name: Generation): KernelGeneration {
  return { name, ...ROWS[name] };
}

/**
 * Those under a law of which the program can judge a count.
 *
 * @param law what holds one reference
 * @returns their rows, the oldest first
 */
export function judgedUnder(law: RefcountLaw): readonly KernelGeneration[] {
  return GENERATIONS.filter((it) => it.isTyped && it.law === law);
}
