/**
 * What the calls of {@linkcode SimulatedKernel} have in common: references that are taken and dropped, files that are
 * made and released, and the records of it.
 *
 * @module
 */

import type { RefcountLaw } from "../../model/mod.ts";
import type { WireTag } from "../../schema/mod.ts";
import type { WireValues } from "../support/wire.ts";
import type { KernelBug, Place } from "./bugs.ts";
import type { KernelGeneration } from "./generations.ts";
import { Slab } from "./objects.ts";
import type { Action, File, Pid, Steps, Worker } from "./objects.ts";
import { CPUS, Printer } from "./printer.ts";
import type { Random } from "./random.ts";

/** The machine has been up for some hours. */
const BEGIN_NS = 10_000_000_000_000n;

const TICK_NS = 1_000_000_000n;

/** The state of the kernel, and the small steps that change it. */
export class CountKernel {
  /** What happened. */
  readonly truth: Action[] = [];
  /** What was printed about it. */
  readonly printer: Printer = new Printer();
  /** Processes that can be opened. */
  readonly alive: Pid[] = [];
  /** What runs on its own after a time: grace periods. */
  readonly later: { readonly atNs: bigint; readonly steps: Steps }[] = [];
  /** The moment, CLOCK_BOOTTIME in ns. */
  nowNs: bigint = BEGIN_NS;
  /** How it counts. */
  readonly generation: KernelGeneration;
  /** How often the bug was come by. */
  struck = 0;
  /** Where chance comes from. */
  readonly random: Random;
  /** Whether release_task() holds a reference. */
  readonly reapHolds: boolean;
  /** Addresses of the `struct pid`s that the program follows. */
  readonly tracked: Set<string> = new Set();
  /** How many of them were freed while the program did not see it. */
  unforgottenMade = 0;
  /** Those that were freed while the program did not see it, by the address that it still follows. */
  readonly #unforgotten = new Map<string, Pid>();
  readonly #bug: KernelBug | undefined;
  readonly #pids = new Slab("ff00a");
  readonly #files = new Slab("ff00f");
  #names = 0;
  #tickNs = BEGIN_NS - TICK_NS;

  /**
   * @param random where chance comes from
   * @param options how it counts, and what is wrong
   */
  constructor(
    random: Random,
    { generation, bug }: { readonly generation: KernelGeneration; readonly bug?: KernelBug | undefined },
  ) {
    this.generation = generation;
    this.random = random;
    this.#bug = bug;
    const [only, ...others] = generation.reapHolds;
    this.reapHolds = (others.length === 0 ? only : random.pick(generation.reapHolds)) ?? true;
  }

  /** What holds one reference. */
  get law(): RefcountLaw {
    return this.generation.law;
  }

  /** Lets time go by; no two moments are the same. */
  pass(ns: number): void {
    this.nowNs += BigInt(ns) + 1n;
    while (this.nowNs - this.#tickNs >= TICK_NS) {
      this.#tickNs = this.nowNs - this.#tickNs >= 2n * TICK_NS ? this.nowNs : this.#tickNs + TICK_NS;
      this.printer.tick(this.#tickNs);
    }
  }

  /** fput() of the last reference: the file is released, and its reference or the inode's with it. */
  *fput(worker: Worker, file: File, kind: "release" | "unmade"): Steps {
    const { pid, inode } = file;
    const place = kind === "unmade" ? "failed-put" : "close-put";
    const inodeNumber = pid.nr + 7000;
    const about = { file: file.address, inode: inodeNumber };
    const { count } = pid;
    yield;
    const ktimeNs = this.print(worker, "release", pid, { ...about, count });
    this.happened(kind, ktimeNs, { file });
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
      readonly place: Place | "open-put";
    },
  ): Steps {
    const { before, tag, about, place } = what;
    if (before === 1) this.tracked.delete(pid.address);
    yield;
    yield* place === "open-put" ? this.put(pid, worker) : this.putAt(place, pid, worker);
    if (before > 1) yield;
    const after = this.#readFreed(pid);
    if (before > 1) yield;
    const ktimeNs = this.print(worker, tag, pid, { ...about, before, after });
    if (before === 1 || (pid.count <= 0 && after === 0)) this.#freed(pid, ktimeNs);
  }

  /** Memory that was freed says whatever its new owner wrote. */
  #readFreed(pid: Pid): number {
    return pid.count > 0 ? pid.count : this.random.pick([0, 1, 2, -1, 0x5a5a5a5a]) ?? 0;
  }

  /** The last link went: the hash drops its reference when a grace period is over. */
  gracePeriod(pid: Pid): void {
    const atNs = this.nowNs + BigInt(this.random.between(1_000_000, 20_000_000));
    this.later.push({ atNs, steps: this.#delayedPut(pid) });
  }

  *#delayedPut(pid: Pid): Steps {
    const cpu = this.random.between(0, CPUS - 1);
    this.pass(this.random.between(100, 1000));
    const { count } = pid;
    const { isTyped } = this.generation;
    if (isTyped && this.tracked.has(pid.address)) {
      const about = { cpu, ktimeNs: this.nowNs, about: pid.name };
      this.printer.print("put", { pidAddress: pid.address, count }, about);
    }
    this.happened("hash-put", this.nowNs, { pid });
    if (isTyped && count === 1 && this.tracked.delete(pid.address)) this.#freed(pid, this.nowNs);
    yield;
    yield* this.putAt("hash-put", pid, { cpu, tid: 0 });
  }

  /** Whether this is the bug that the kernel has, which is come by now. */
  is(bug: KernelBug): boolean {
    if (this.#bug !== bug) return false;
    this.struck += 1;
    return true;
  }

  /** References that are taken or dropped at a place: one, but for a bug. */
  many(place: Place): number {
    if (this.is(`${place}-missing`)) return 0;
    return this.is(`${place}-doubled`) ? 2 : 1;
  }

  /** References are dropped at a place: one, but for a bug. */
  *putAt(place: Place, pid: Pid, by: Pick<Worker, "cpu" | "tid">): Steps {
    for (let left = this.many(place); left > 0; left -= 1) yield* this.put(pid, by);
  }

  /**
   * put_pid(): the last reference frees.
   *
   * A probe at its begin reads the count before it is lowered. Of two that drop the last ones at once neither may see a
   * 1 there; where the freeing itself is probed, it is told by whoever does it.
   */
  *put(pid: Pid, by: Pick<Worker, "cpu" | "tid">): Steps {
    // What a use after free does to the next owner of the memory is not simulated.
    if (pid.count <= 0 && this.#bug !== undefined) return;
    const { freeSeen } = this.generation;
    if (freeSeen === "put_pid") {
      if (pid.count === 1) this.#tellLast(pid, by);
      else yield;
    }
    if (pid.count <= 0 && this.#bug !== undefined) return;
    pid.count -= 1;
    if (pid.count > 0) return;
    if (pid.count < 0) throw new RangeError(`Cannot simulate: the count of "${pid.name}" is ${pid.count}`);
    if (freeSeen === "pidfs_free_pid") this.#tellLast(pid, by);
    // What the program failed to forget goes on at this address: two drops at once that neither saw a 1.
    if (this.tracked.has(pid.address)) {
      this.#unforgotten.set(pid.address, pid);
      this.unforgottenMade += 1;
    }
    this.#pids.give(pid.address);
  }

  #tellLast(pid: Pid, { cpu, tid }: Pick<Worker, "cpu" | "tid">): void {
    if (!this.tracked.delete(pid.address)) return;
    this.#freed(pid, this.print({ cpu, tid, files: [] }, "last", pid, {}));
  }

  /** A record tells that a `struct pid` is freed; another one may say so once more. */
  #freed(read: Pid, ktimeNs: bigint): void {
    // The record is taken to be of the one that was followed at this address.
    const pid = this.#unforgotten.get(read.address) ?? read;
    if (pid.freeTold) return;
    pid.freeTold = true;
    this.happened("free", ktimeNs, { pid });
  }

  /** The program follows a `struct pid` from the making of a file of it on. */
  track({ address }: Pid): void {
    this.tracked.add(address);
    this.#unforgotten.delete(address);
  }

  /** alloc_pid(): the hash holds it. */
  alloc(): Pid {
    this.#names += 1;
    return {
      name: `pid ${this.#names}`,
      address: this.#pids.take(),
      nr: 1000 + (this.#names % 50),
      startNs: this.nowNs,
      count: 1,
      inode: undefined,
      state: "alive",
      freeTold: false,
    };
  }

  /** A file of a process is made in one piece: nobody else knows the process, or what they do meanwhile is not tried. */
  openFile(pid: Pid, place: Place): File {
    if (pid.inode === undefined) {
      const isWrong = place === "clone-get" && this.is("clone-gets-the-wrong-pid");
      const holder = isWrong ? this.random.pick(this.alive) : pid;
      if (holder !== undefined) holder.count += this.many(place);
      if (this.law === "per-inode") pid.inode = { files: 0 };
    }
    return this.#newFile(pid, pid.inode);
  }

  /** A file is made of a process that others know, and may open at once. */
  *openAnother(worker: Worker, pid: Pid, place: Place): Generator<undefined, File, undefined> {
    if (this.law === "per-file") {
      if (this.generation.openTakesFirst) pid.count += this.many(place);
      yield;
      const file = this.#newFile(pid, undefined);
      yield;
      if (!this.generation.openTakesFirst) pid.count += this.many(place);
      return file;
    }
    pid.count += this.many(place);
    yield;
    if (pid.inode !== undefined) {
      const file = this.#newFile(pid, pid.inode);
      yield;
      // The inode that is there has its reference: the new one goes.
      yield* this.put(pid, worker);
      return file;
    }
    yield;
    if (pid.inode === undefined) {
      pid.inode = { files: 0 };
      return this.#newFile(pid, pid.inode);
    }
    // Somebody else was faster: path_from_stashed() takes that inode, and its own one goes with its reference.
    const file = this.#newFile(pid, pid.inode);
    const about = { inode: pid.nr + 7000 };
    yield* this.#drop(worker, pid, { before: pid.count, tag: "evict", about, place: "open-put" });
    return file;
  }

  #newFile(pid: Pid, inode: Pid["inode"]): File {
    if (inode !== undefined) inode.files += 1;
    this.track(pid);
    this.#names += 1;
    return { name: `file ${this.#names}`, address: this.#files.take(), pid, inode };
  }

  /** A probe of a thread prints a record. */
  print(worker: Worker, tag: WireTag, pid: Pid | undefined, values: WireValues): bigint {
    this.pass(this.random.between(100, 1000));
    const actor = { pid: 100, tid: worker.tid, startNs: 5000, comm: "worker" };
    const where = { cpu: worker.cpu, ktimeNs: this.nowNs, ...(pid === undefined ? {} : { about: pid.name }) };
    const all = { ...actor, pidAddress: pid?.address ?? "0", ...values };
    this.printer.print(tag, this.generation.isTyped ? all : untyped(tag, all), where);
    return this.nowNs;
  }

  /** Something really happened. */
  happened(
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

/** A record of a program that cannot read members of structs: they are 0 in it, and which clone it was is not known. */
function untyped(tag: WireTag, values: WireValues): WireValues {
  const unknown = { startNs: 0, comm: "", childStartNs: 0, clone3: 2, inode: 0, fileFlags: 0 };
  return { ...values, ...unknown, ...(tag === "failed" ? { pidAddress: "0", count: 0 } : {}) };
}
