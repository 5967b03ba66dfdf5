/**
 * What the kernel of refcounts is made of: a `struct pid`, an open pidfd, a thread, and what really happened to them.
 *
 * @module
 */

/** Something that really happened. */
export interface Action {
  /** What; a `made` file belongs to a clone that fails, and a `refused` clone has none. */
  readonly kind: "create" | "release" | "made" | "unmade" | "refused" | "hash-put" | "free";
  /** The moment that the probe told. */
  readonly ktimeNs: bigint;
  /** The `struct pid`, by a name that is never used again; empty when there was none. */
  readonly target: string;
  /** The file, by a name that is never used again. */
  readonly file?: string;
  /** The count that the probe read after it, where it reads one. */
  readonly count?: number;
}

/** A `struct pid`. */
export interface Pid {
  readonly name: string;
  readonly address: string;
  readonly nr: number;
  readonly startNs: bigint;
  count: number;
  /** Files of the living inode; `undefined` when there is none, and without pidfs. */
  inode: { files: number } | undefined;
  state: "alive" | "zombie" | "reaped";
  /** Whether a record has told that it is freed. */
  freeTold: boolean;
}

/** An open pidfd. */
export interface File {
  /** A name that is never used again. */
  readonly name: string;
  /** Address of the `struct file`. */
  readonly address: string;
  /** Its target. */
  readonly pid: Pid;
  /** Its inode; `undefined` without pidfs. */
  readonly inode: { files: number } | undefined;
}

/** A thread that makes calls; it stays on its CPU. */
export interface Worker {
  readonly tid: number;
  readonly cpu: number;
  readonly files: File[];
}

/** Where a clone with CLONE_PIDFD can fail, the earliest first: at the number, at the file, after both. */
export type FailureStage = "arguments" | "before-pid" | "number" | "file" | "put_user" | "after-pidfd";

/** A call, or what an interrupt does; it stops where others can run. */
export type Steps = Generator<undefined, void, undefined>;

/** Addresses of one kind, the latest free one first. */
export class Slab {
  readonly #free: string[] = [];
  #next = 1;
  readonly #prefix: string;

  /** @param prefix how each of them begins */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** An address that nobody has. */
  take(): string {
    return this.#free.pop() ?? `${this.#prefix}${(this.#next++).toString(16)}00`;
  }

  /** It is free again. */
  give(address: string): void {
    this.#free.push(address);
  }
}
