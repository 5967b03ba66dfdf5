/**
 * A small kernel with pidfs or without, made of its refcounts alone.
 *
 * Every call is a generator that stops where another CPU can come between; what the probes print on the way is what
 * the program of `tracers/` would print, and what really happened is kept as the truth. Addresses of freed objects
 * are used again first.
 *
 * @module
 */

import type { RefcountLaw } from "../../model/mod.ts";
import type { WireTag } from "../../schema/mod.ts";
import type { WireValues } from "../support/wire.ts";
import { CPUS, Printer } from "./printer.ts";
import type { Random } from "./random.ts";

/** Something that really happened. */
export interface Action {
  /** What; a `made` file belongs to a clone that fails. */
  readonly kind: "create" | "release" | "made" | "unmade" | "hash-put" | "free";
  /** The moment that the probe told. */
  readonly ktimeNs: bigint;
  /** The `struct pid`, by a name that is never used again. */
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
}

/** An open pidfd. */
interface File {
  readonly name: string;
  readonly address: string;
  readonly pid: Pid;
  /** `undefined` without pidfs. */
  readonly inode: { files: number } | undefined;
}

/** A thread that makes calls; it stays on its CPU. */
export interface Worker {
  readonly tid: number;
  readonly cpu: number;
  readonly files: File[];
}

/** A call, or what an interrupt does; it stops where others can run. */
export type Steps = Generator<undefined, void, undefined>;

/** Number of getsockopt(2) on x86-64. */
const GETSOCKOPT = 55;

const TICK_NS = 1_000_000_000n;

/** Addresses of one kind, the latest free one first. */
class Slab {
  readonly #free: string[] = [];
  #next = 1;
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  take(): string {
    return this.#free.pop() ?? `${this.#prefix}${(this.#next++).toString(16)}00`;
  }

  give(address: string): void {
    this.#free.push(address);
  }
}

/** The kernel. */
export class SimulatedKernel {
  /** What happened. */
  readonly truth: Action[] = [];
  /** What was printed about it. */
  readonly printer: Printer = new Printer();
  /** Processes that can be opened. */
  readonly alive: Pid[] = [];
  /** What runs on its own after a time: grace periods. */
  readonly later: { readonly atNs: bigint; readonly steps: Steps }[] = [];
  nowNs = 1_000_000_000n;
  /** What holds one reference. */
  readonly law: RefcountLaw;
  readonly #random: Random;
  readonly #tracked = new Set<string>();
  readonly #pids = new Slab("ff00a");
  readonly #files = new Slab("ff00f");
  #names = 0;
  #tickNs = 0n;

  /**
   * @param random where chance comes from
   * @param law what holds one reference
   */
  constructor(random: Random, law: RefcountLaw) {
    this.law = law;
    this.#random = random;
  }

  /** Lets time go by; no two moments are the same. */
  pass(ns: number): void {
    this.nowNs += BigInt(ns) + 1n;
    while (this.nowNs - this.#tickNs >= TICK_NS) {
      this.#tickNs = this.nowNs - this.#tickNs >= 2n * TICK_NS ? this.nowNs : this.#tickNs + TICK_NS;
      this.printer.tick(this.#tickNs);
    }
  }

  /** clone(CLONE_PIDFD): the child cannot run before all of it is done. */
  *clone(worker: Worker): Steps {
    const pid = this.#alloc();
    const file = this.#openFile(pid);
    worker.files.push(file);
    this.alive.push(pid);
    const ktimeNs = this.#print(worker, "clone", pid, {
      child: pid.nr,
      childStartNs: pid.startNs,
      count: pid.count,
      cloneFlags: "1000",
      clone3: 0,
      fd: worker.files.length + 2,
      slotFile: file.address,
      file: file.address,
      inode: pid.nr + 7000,
      fileFlags: 2,
    });
    this.#happened("create", ktimeNs, { file, count: pid.count });
    yield;
  }

  /** clone(CLONE_PIDFD) that fails when its file was made. */
  *cloneThatFails(worker: Worker): Steps {
    const pid = this.#alloc();
    const file = this.#openFile(pid);
    const ktimeNs = this.#print(worker, "failed", pid, {
      result: -14,
      cloneFlags: "1000",
      clone3: 0,
      integer: 0,
      entered: 1,
      count: pid.count,
      file: file.address,
    });
    this.#happened("made", ktimeNs, { file });
    this.#gracePeriod(pid);
    yield;
    yield* this.#fput(worker, file, "unmade");
  }

  /** pidfd_open(2). */
  *open(worker: Worker, pid: Pid): Steps {
    if (pid.state === "reaped") return;
    pid.count += 1;
    yield;
    // As in the kernel, only what is still attached to a task can be opened.
    const file = pid.state === "alive" ? this.#openFile(pid) : undefined;
    yield;
    this.#put(pid, worker.cpu, worker.tid);
    if (file === undefined) return;
    worker.files.push(file);
    const { count } = pid;
    yield;
    const ktimeNs = this.#print(worker, "open", pid, {
      target: pid.nr,
      openFlags: 0,
      result: worker.files.length + 2,
      file: file.address,
      slotFile: file.address,
      count,
      inode: pid.nr + 7000,
      fileFlags: 2,
      nr: pid.nr,
      targetStartNs: pid.startNs,
      targetComm: "target",
    });
    this.#happened("create", ktimeNs, { file, count });
  }

  /** Some other call makes a pidfd; without pidfs its reference is taken when the record was made. */
  *make(worker: Worker, pid: Pid): Steps {
    if (pid.state !== "alive") return;
    const isPidfs = this.law === "per-inode";
    const file = this.#openFile(pid);
    worker.files.push(file);
    // It is seen before it can be closed, so all of this is one step but for the reference.
    if (!isPidfs) pid.count -= 1;
    const { count } = pid;
    const ktimeNs = this.#print(worker, "made", pid, {
      file: file.address,
      count,
      inode: pid.nr + 7000,
      fileFlags: 2,
      call: GETSOCKOPT,
      userSpace: 1,
      nr: pid.nr,
      targetStartNs: pid.startNs,
      targetComm: "target",
    });
    this.#happened("create", ktimeNs, { file, ...(isPidfs ? { count } : {}) });
    yield;
    if (!isPidfs) pid.count += 1;
  }

  /** close(2) of the last reference. */
  *close(worker: Worker, at: number): Steps {
    const [file] = worker.files.splice(at, 1);
    if (file !== undefined) yield* this.#fput(worker, file, "release");
  }

  /** The target's last thread exits, and its parent waits for it. */
  *exit(worker: Worker, pid: Pid): Steps {
    if (pid.state !== "alive") return;
    pid.state = "zombie";
    const actor = { pid: pid.nr, tid: pid.nr, startNs: pid.startNs, comm: "target" };
    if (this.#tracked.has(pid.address)) {
      const { count } = pid;
      yield;
      this.#print(worker, "exit", pid, { count, live: 0, exitCode: 0, ...actor });
    }
    this.alive.splice(this.alive.indexOf(pid), 1);
    yield;
    if (this.#tracked.has(pid.address)) {
      const { count } = pid;
      yield;
      this.#print(worker, "reap", pid, { count });
    }
    pid.count += 1;
    yield;
    pid.state = "reaped";
    this.#gracePeriod(pid);
    yield;
    this.#put(pid, worker.cpu, worker.tid);
  }

  /** Somebody holds a process for a while. */
  *look(worker: Worker, pid: Pid): Steps {
    pid.count += 1;
    for (let left = this.#random.between(1, 6); left > 0; left -= 1) yield;
    this.#put(pid, worker.cpu, worker.tid);
  }

  *#fput(worker: Worker, file: File, kind: "release" | "unmade"): Steps {
    const { pid, inode } = file;
    const inodeNumber = pid.nr + 7000;
    const about = { file: file.address, inode: inodeNumber };
    const { count } = pid;
    yield;
    const ktimeNs = this.#print(worker, "release", pid, { ...about, count });
    this.#happened(kind, ktimeNs, { file });
    if (inode === undefined) {
      yield* this.#drop(worker, pid, { before: count, tag: "drop", about });
      this.#files.give(file.address);
      return;
    }
    yield;
    inode.files -= 1;
    this.#files.give(file.address);
    if (inode.files > 0) return;
    if (pid.inode === inode) pid.inode = undefined;
    yield* this.#drop(worker, pid, { before: pid.count, tag: "evict", about: { inode: inodeNumber } });
  }

  /** A reference that a pidfd held goes; the probes see the count before and after. */
  *#drop(
    worker: Worker,
    pid: Pid,
    what: { readonly before: number; readonly tag: "evict" | "drop"; readonly about: WireValues },
  ): Steps {
    const { before, tag, about } = what;
    if (before === 1) this.#tracked.delete(pid.address);
    yield;
    this.#put(pid, worker.cpu, worker.tid);
    if (before > 1) yield;
    const after = this.#readFreed(pid);
    if (before > 1) yield;
    const ktimeNs = this.#print(worker, tag, pid, { ...about, before, after });
    if (before === 1) this.#happened("free", ktimeNs, { pid });
  }

  /** Memory that was freed says whatever its new owner wrote. */
  #readFreed(pid: Pid): number {
    return pid.count > 0 ? pid.count : this.#random.pick([0, 1, 2, -1, 0x5a5a5a5a]) ?? 0;
  }

  #gracePeriod(pid: Pid): void {
    const atNs = this.nowNs + BigInt(this.#random.between(1_000_000, 20_000_000));
    this.later.push({ atNs, steps: this.#delayedPut(pid) });
  }

  *#delayedPut(pid: Pid): Steps {
    const cpu = this.#random.between(0, CPUS - 1);
    this.pass(this.#random.between(100, 1000));
    const { count } = pid;
    if (this.#tracked.has(pid.address)) {
      const about = { cpu, ktimeNs: this.nowNs, about: pid.name };
      this.printer.print("put", { pidAddress: pid.address, count }, about);
    }
    this.#happened("hash-put", this.nowNs, { pid });
    if (count === 1) {
      this.#tracked.delete(pid.address);
      this.#happened("free", this.nowNs, { pid });
    }
    yield;
    this.#put(pid, cpu, 0);
  }

  /** put_pid(): the last reference frees. */
  #put(pid: Pid, cpu: number, tid: number): void {
    if (pid.count === 1 && this.#tracked.delete(pid.address)) {
      const ktimeNs = this.#print({ cpu, tid, files: [] }, "last", pid, {});
      this.#happened("free", ktimeNs, { pid });
    }
    pid.count -= 1;
    if (pid.count > 0) return;
    if (pid.count < 0) throw new RangeError(`Cannot simulate: the count of "${pid.name}" is ${pid.count}`);
    // What the program failed to forget goes on at this address: two drops at once that neither saw a 1.
    this.#pids.give(pid.address);
  }

  #alloc(): Pid {
    this.#names += 1;
    return {
      name: `pid ${this.#names}`,
      address: this.#pids.take(),
      nr: 1000 + (this.#names % 50),
      startNs: this.nowNs,
      count: 1,
      inode: undefined,
      state: "alive",
    };
  }

  #openFile(pid: Pid): File {
    if (pid.inode === undefined) {
      pid.count += 1;
      if (this.law === "per-inode") pid.inode = { files: 0 };
    }
    if (pid.inode !== undefined) pid.inode.files += 1;
    this.#tracked.add(pid.address);
    this.#names += 1;
    return { name: `file ${this.#names}`, address: this.#files.take(), pid, inode: pid.inode };
  }

  #print(worker: Worker, tag: WireTag, pid: Pid, values: WireValues): bigint {
    this.pass(this.#random.between(100, 1000));
    const actor = { pid: 100, tid: worker.tid, startNs: 5000, comm: "worker" };
    const where = { cpu: worker.cpu, ktimeNs: this.nowNs, about: pid.name };
    this.printer.print(tag, { ...actor, pidAddress: pid.address, ...values }, where);
    return this.nowNs;
  }

  #happened(
    kind: Action["kind"],
    ktimeNs: bigint,
    what: { readonly file?: File; readonly pid?: Pid; readonly count?: number },
  ): void {
    const { file, pid = file?.pid, count } = what;
    this.truth.push({
      kind,
      ktimeNs,
      target: pid?.name ?? "",
      ...(file === undefined ? {} : { file: file.name }),
      ...(count === undefined ? {} : { count }),
    });
  }
}
