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
import type { KernelBug, Place } from "./bugs.ts";
import { Slab } from "./objects.ts";
import type { Action, FailureStage, File, Pid, Steps, Worker } from "./objects.ts";
import { CPUS, Printer } from "./printer.ts";
import type { Random } from "./random.ts";

/** What a clone returns that fails at a stage: EINVAL, EAGAIN, EMFILE, ENOMEM, EFAULT, EAGAIN. */
const RESULTS: Readonly<Record<FailureStage, number>> = {
  arguments: -22,
  "before-pid": -11,
  number: -24,
  file: -12,
  put_user: -14,
  "after-pidfd": -11,
};

/** ENOMEM as a pointer. */
const ERROR_POINTER = "fffffffffffffff4";

/** Number of getsockopt(2) on x86-64. */
const GETSOCKOPT = 55;

/** The machine has been up for some hours. */
const BEGIN_NS = 10_000_000_000_000n;

const TICK_NS = 1_000_000_000n;

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
  nowNs = BEGIN_NS;
  /** What holds one reference. */
  readonly law: RefcountLaw;
  /** How often the bug was come by. */
  struck = 0;
  readonly #random: Random;
  readonly #bug: KernelBug | undefined;
  readonly #tracked = new Set<string>();
  readonly #pids = new Slab("ff00a");
  readonly #files = new Slab("ff00f");
  #names = 0;
  #kernelThreads = 0;
  #tickNs = BEGIN_NS - TICK_NS;

  /**
   * @param random where chance comes from
   * @param options what holds one reference, and what is wrong
   */
  constructor(
    random: Random,
    { law, bug }: { readonly law: RefcountLaw; readonly bug?: KernelBug | undefined },
  ) {
    this.law = law;
    this.#random = random;
    this.#bug = bug;
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
    const file = this.#openFile(pid, "clone-get");
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

  /** clone(CLONE_PIDFD) that fails at a stage of its own. */
  *cloneThatFails(worker: Worker, stage: FailureStage): Steps {
    const isEarly = stage === "arguments" || stage === "before-pid";
    const pid = isEarly ? undefined : this.#alloc();
    const isMade = stage === "put_user" || stage === "after-pidfd";
    const file = pid !== undefined && isMade ? this.#openFile(pid, "failed-get") : undefined;
    if (pid !== undefined && stage === "file") {
      this.#tracked.add(pid.address);
      if (this.#is("constructor-get-kept")) pid.count += 1;
    }
    const ktimeNs = this.#print(worker, "failed", pid, {
      result: RESULTS[stage],
      cloneFlags: "1000",
      clone3: 0,
      integer: stage === "after-pidfd" ? 7 : 0,
      entered: Number(stage !== "arguments"),
      count: pid?.count ?? 0,
      file: file?.address ?? (stage === "file" ? ERROR_POINTER : "0"),
    });
    this.#happened(file === undefined ? "refused" : "made", ktimeNs, { file, pid });
    if (pid === undefined) return;
    if (!this.#is("failed-pid-kept")) this.#gracePeriod(pid);
    yield;
    if (file !== undefined && !this.#is("failed-file-kept")) yield* this.#fput(worker, file, "unmade");
  }

  /** pidfd_open(2). */
  *open(worker: Worker, pid: Pid): Steps {
    if (pid.state === "reaped") return;
    pid.count += this.#many("lookup-get");
    yield;
    // As in the kernel, only what is still attached to a task can be opened.
    const file = pid.state === "alive" ? this.#openFile(pid, "open-get") : undefined;
    yield;
    this.#putAt("lookup-put", pid, worker);
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
    const before = pid.count;
    const file = this.#openFile(pid, "made-get");
    const taken = pid.count - before;
    worker.files.push(file);
    // It is seen before it can be closed, so all of this is one step but for the reference.
    if (!isPidfs) pid.count -= taken;
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
    if (!isPidfs) pid.count += taken;
  }

  /** close(2) of the last reference; `later` when a kernel thread releases the file after the call has returned. */
  *close(worker: Worker, { at, later }: { readonly at: number; readonly later: boolean }): Steps {
    const [file] = worker.files.splice(at, 1);
    if (file === undefined || this.#is("closed-file-kept")) return;
    if (!later) return yield* this.#fput(worker, file, "release");
    const atNs = this.nowNs + BigInt(this.#random.between(10_000, 2_000_000));
    this.#kernelThreads += 1;
    const thread = { tid: 7000 + this.#kernelThreads, cpu: this.#random.between(0, CPUS - 1), files: [] };
    this.later.push({ atNs, steps: this.#fput(thread, file, "release") });
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
    pid.count += this.#many("reap-get");
    yield;
    pid.state = "reaped";
    this.#gracePeriod(pid);
    yield;
    this.#putAt("reap-put", pid, worker);
  }

  /** Somebody holds a process for a while. */
  *look(worker: Worker, pid: Pid): Steps {
    pid.count += 1;
    for (let left = this.#random.between(1, 6); left > 0; left -= 1) yield;
    this.#put(pid, worker.cpu, worker.tid);
  }

  *#fput(worker: Worker, file: File, kind: "release" | "unmade"): Steps {
    const { pid, inode } = file;
    const place = kind === "unmade" ? "failed-put" : "close-put";
    const inodeNumber = pid.nr + 7000;
    const about = { file: file.address, inode: inodeNumber };
    const { count } = pid;
    yield;
    const ktimeNs = this.#print(worker, "release", pid, { ...about, count });
    this.#happened(kind, ktimeNs, { file });
    if (inode === undefined) {
      yield* this.#drop(worker, pid, { before: count, tag: "drop", about, place });
      this.#files.give(file.address);
      return;
    }
    yield;
    inode.files -= 1;
    this.#files.give(file.address);
    if (inode.files > 0) return;
    if (pid.inode === inode) pid.inode = undefined;
    const inodeOnly = { inode: inodeNumber };
    yield* this.#drop(worker, pid, { before: pid.count, tag: "evict", about: inodeOnly, place });
  }

  /** A reference that a pidfd held goes; the probes see the count before and after. */
  *#drop(
    worker: Worker,
    pid: Pid,
    what: {
      readonly before: number;
      readonly tag: "evict" | "drop";
      readonly about: WireValues;
      readonly place: Place;
    },
  ): Steps {
    const { before, tag, about, place } = what;
    if (before === 1) this.#tracked.delete(pid.address);
    yield;
    this.#putAt(place, pid, worker);
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
    this.#putAt("hash-put", pid, { cpu, tid: 0 });
  }

  /** Whether this is the bug that the kernel has, which is come by now. */
  #is(bug: KernelBug): boolean {
    if (this.#bug !== bug) return false;
    this.struck += 1;
    return true;
  }

  /** References that are taken or dropped at a place: one, but for a bug. */
  #many(place: Place): number {
    if (this.#is(`${place}-missing`)) return 0;
    return this.#is(`${place}-doubled`) ? 2 : 1;
  }

  #putAt(place: Place, pid: Pid, by: Pick<Worker, "cpu" | "tid">): void {
    for (let left = this.#many(place); left > 0; left -= 1) this.#put(pid, by.cpu, by.tid);
  }

  /** put_pid(): the last reference frees. */
  #put(pid: Pid, cpu: number, tid: number): void {
    // What a use after free does to the next owner of the memory is not simulated.
    if (pid.count <= 0 && this.#bug !== undefined) return;
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

  #openFile(pid: Pid, place: Place): File {
    if (pid.inode === undefined) {
      const isWrong = place === "clone-get" && this.#is("clone-gets-the-wrong-pid");
      const holder = isWrong ? this.#random.pick(this.alive) : pid;
      if (holder !== undefined) holder.count += this.#many(place);
      if (this.law === "per-inode") pid.inode = { files: 0 };
    }
    if (pid.inode !== undefined) pid.inode.files += 1;
    this.#tracked.add(pid.address);
    this.#names += 1;
    return { name: `file ${this.#names}`, address: this.#files.take(), pid, inode: pid.inode };
  }

  #print(worker: Worker, tag: WireTag, pid: Pid | undefined, values: WireValues): bigint {
    this.pass(this.#random.between(100, 1000));
    const actor = { pid: 100, tid: worker.tid, startNs: 5000, comm: "worker" };
    const where = { cpu: worker.cpu, ktimeNs: this.nowNs, ...(pid === undefined ? {} : { about: pid.name }) };
    this.printer.print(tag, { ...actor, pidAddress: pid?.address ?? "0", ...values }, where);
    return this.nowNs;
  }

  #happened(
    kind: Action["kind"],
    ktimeNs: bigint,
    what: {
      readonly file?: File | undefined;
      readonly pid?: Pid | undefined;
      readonly count?: number;
    },
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
