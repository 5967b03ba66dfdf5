/**
 * What the calls of {@linkcode FdMachine} have in common: slots that are filled and emptied, tables that are copied and
 * let go of, and the records of it.
 *
 * @module
 */

import type { WireTag } from "../../schema/mod.ts";
import type { RefcountLaw } from "../../model/mod.ts";
import type { WireValues } from "../support/wire.ts";
import type { FdBug } from "./bugs.ts";
import { Addresses } from "./fd_objects.ts";
import type { SimFile, SimProcess, SimSlot, SimTable, SimTask } from "./fd_objects.ts";
import { CPUS, Printer } from "./printer.ts";

/** Nanoseconds from one record to the next. */
const RECORD_NS = 1000n;

/** The inode that all anonymous files share: before pidfs a pidfd has no other. */
const ANONYMOUS_INODE = 1057n;

/** How a kernel of fd tables is made. */
export interface FdOptions {
  /** What holds one reference of a `struct pid`. @default {"per-inode"} */
  readonly law?: RefcountLaw | undefined;
  /** What is wrong. @default {undefined} */
  readonly bug?: FdBug | undefined;
}

/** The state of the kernel, and the small steps that change it. */
export class FdKernel {
  /** Processes whose `struct pid` is not freed. */
  readonly processes: SimProcess[] = [];
  /** What was printed. */
  readonly printer: Printer = new Printer();
  /** What holds one reference of a `struct pid`. */
  readonly law: RefcountLaw;
  /** The moment, CLOCK_BOOTTIME in ns. */
  nowNs = 1_000_000_000n;
  /** Addresses by what is there. */
  readonly addresses = {
    tables: new Addresses("ff00d"),
    files: new Addresses("ff00f"),
    pids: new Addresses("ff00a"),
  };
  /** How often the bug was come by. */
  struck = 0;
  readonly #bug: FdBug | undefined;
  readonly #unused: SimFile[] = [];
  readonly #freeNumbers: number[] = [];
  #nextNumber = 100;

  /** @param options what holds one reference, and what is wrong */
  constructor({ law = "per-inode", bug }: FdOptions = {}) {
    this.law = law;
    this.#bug = bug;
  }

  /** Whether this is the bug that the kernel has, which is come by now. */
  is(bug: FdBug): boolean {
    if (this.#bug !== bug) return false;
    this.struck += 1;
    return true;
  }

  /** A process with one thread. */
  newProcess(table: SimTable): SimProcess {
    const process: SimProcess = {
      pid: this.#takeNumber(),
      startNs: this.nowNs + BigInt(this.#nextNumber),
      pidAddress: this.addresses.pids.take(),
      tasks: [],
      firstTable: table,
      state: "alive",
      hashed: true,
      files: 0,
      tracked: false,
    };
    this.processes.push(process);
    this.#join(process, process.pid, table);
    return process;
  }

  /** One more thread of a process. */
  newThread(process: SimProcess, table: SimTable): void {
    this.#join(process, this.#takeNumber(), table);
  }

  /** A number is free again. */
  giveNumber(number: number): void {
    this.#freeNumbers.push(number);
  }

  /** A table without users. */
  newTable(): SimTable {
    return { address: this.addresses.tables.take(), slots: new Map(), users: 0, known: false };
  }

  /** dup_fd(): a table without users that holds the same. */
  copyTable(
    task: SimTask,
    old: SimTable,
    hole: { readonly from: number; readonly to: number; readonly copied: boolean } | undefined,
  ): SimTable {
    const copy = this.newTable();
    for (const [fd, slot] of old.slots) {
      if (hole !== undefined && !hole.copied && fd >= hole.from && fd <= hole.to) continue;
      copy.slots.set(fd, slot);
      if (slot.file !== null && !this.is("copy-without-reference")) slot.file.references += 1;
    }
    if (!old.known) return copy;
    copy.known = true;
    this.say("copy", task, {
      table: old.address,
      copy: copy.address,
      holeFrom: hole?.from ?? 1,
      holeTo: hole?.to ?? 0,
    });
    return copy;
  }

  /** A task that goes on takes another table, and lets go of its own. */
  moveTo(task: SimTask, table: SimTable): void {
    const old = task.table;
    task.table = table;
    table.users += 1;
    if (task.tid === task.process.pid) task.process.firstTable = table;
    this.putTable(task, old, { now: table.address, exiting: 0 });
  }

  /** put_files_struct(): what the last user leaves is closed. */
  putTable(
    task: SimTask,
    table: SimTable,
    { now, exiting }: { readonly now: string; readonly exiting: 0 | 1 },
  ): void {
    if (table.known) {
      const live = task.process.tasks.length;
      this.say("left", task, { table: table.address, users: table.users, now, live });
    }
    table.users -= 1;
    if (table.users > 0) return;
    for (const [, { file }] of sorted(table)) {
      if (file === null || this.is("ended-table-leaked")) continue;
      if (exiting === 1) this.tellFlush(task, { table, file, exiting });
      this.put(file);
    }
    table.slots.clear();
    this.addresses.tables.give(table.address);
  }

  /** A pidfd's file, with one reference. */
  newFile(target: SimProcess): SimFile {
    target.files += 1;
    target.tracked = true;
    const address = this.addresses.files.take();
    return { address, target, references: 1, told: false, reported: true };
  }

  /** fd_install() at the lowest free number. */
  install(
    task: SimTask,
    file: SimFile,
    how: { readonly closeOnExec: boolean; readonly call: number; readonly born: 0 | 1 },
  ): number {
    const { table } = task;
    const fd = freeNumber(table);
    table.known = true;
    this.say("slot", task, {
      table: table.address,
      fd,
      closeOnExec: Number(how.closeOnExec),
      file: file.address,
      references: file.references,
      born: how.born,
      call: how.call,
      ...this.fileFields(file),
    });
    table.slots.set(fd, { file, closeOnExec: how.closeOnExec });
    return fd;
  }

  /** file_close_fd_locked(): empties a slot, and returns what it held. */
  empty(
    task: SimTask,
    what: { readonly table: SimTable; readonly fd: number; readonly call: number },
  ): SimFile | null {
    const { table, fd, call } = what;
    const file = table.slots.get(fd)?.file ?? null;
    table.slots.delete(fd);
    if (file !== null) {
      const { address, references } = file;
      this.say("empty", task, { table: table.address, fd, file: address, references, call });
    }
    return file;
  }

  /** fput(): the file goes when its thread is on the way back to user space. */
  put(file: SimFile | null | undefined): void {
    if (file === null || file === undefined) return;
    // What a use after free does to the next owner of the memory is not simulated.
    if (file.references <= 0 && this.#bug !== undefined) return;
    file.references -= 1;
    if (file.references === 0) this.#unused.push(file);
  }

  /** The way back to user space, or the end of the thread. */
  leave(task: SimTask): void {
    for (const file of this.#unused.splice(0)) this.#release(task, file);
  }

  /** fget_raw() of a number. */
  tellTaken(
    task: SimTask,
    { fd, file, call }: { readonly fd: number; readonly file: SimFile; readonly call: number },
  ): void {
    const { address, references } = file;
    this.say("send", task, { table: task.table.address, fd, file: address, references, call });
  }

  /** filp_close() in exit or exec. */
  tellFlush(
    task: SimTask,
    what: { readonly table: SimTable; readonly file: SimFile; readonly exiting: 0 | 1 },
  ): void {
    const { table, file: { address, references }, exiting } = what;
    this.say("flush", task, { table: table.address, file: address, references, exiting });
  }

  /** A record of a thread. */
  say(tag: WireTag, task: SimTask, values: WireValues): void {
    this.nowNs += RECORD_NS;
    const { process: { pid, startNs }, tid } = task;
    if ("table" in values) task.seen = true;
    const actor = { pid, tid, startNs, comm: "task" };
    this.printer.print(tag, { ...actor, ...values }, { cpu: task.cpu, ktimeNs: this.nowNs });
  }

  /** The hash drops its reference. */
  unhash(process: SimProcess): void {
    const count = this.countOf(process);
    const { pid, pidAddress } = process;
    process.hashed = false;
    if (process.tracked) {
      this.nowNs += RECORD_NS;
      this.printer.print("put", { pidAddress, count }, { cpu: pid % CPUS, ktimeNs: this.nowNs });
    }
    this.#freeUnused(process);
  }

  /** References of a `struct pid`: one of the hash, and one of each file or of the inode. */
  countOf({ hashed, files }: SimProcess): number {
    return Number(hashed) + (this.law === "per-file" ? files : Number(files > 0));
  }

  /** Number of the inode of a process's pidfds. */
  inodeOf({ startNs }: SimProcess): bigint {
    return this.law === "per-file" ? ANONYMOUS_INODE : startNs;
  }

  /** What a record tells of the process behind a pidfd. */
  fileFields({ target }: SimFile): WireValues {
    const isThere = target.state !== "reaped";
    return {
      pidAddress: target.pidAddress,
      count: this.countOf(target),
      inode: this.inodeOf(target),
      fileFlags: 2,
      nr: isThere ? target.pid : 0,
      targetStartNs: isThere ? target.startNs : 0,
      targetComm: isThere ? "target" : "",
    };
  }

  #release(task: SimTask, file: SimFile): void {
    const { target, address } = file;
    const inode = { pidAddress: target.pidAddress, inode: this.inodeOf(target) };
    const before = this.countOf(target);
    this.say("release", task, { file: address, count: before, ...inode });
    target.files -= 1;
    const counts = { before, after: this.countOf(target) };
    if (this.law === "per-file") this.say("drop", task, { file: address, ...inode, ...counts });
    else if (target.files === 0) this.say("evict", task, { ...inode, ...counts });
    if (file.reported) this.addresses.files.give(address);
    this.#freeUnused(target);
  }

  #freeUnused(process: SimProcess): void {
    if (this.countOf(process) > 0) return;
    this.processes.splice(this.processes.indexOf(process), 1);
    this.addresses.pids.give(process.pidAddress);
  }

  #join(process: SimProcess, tid: number, table: SimTable): void {
    process.tasks.push({ process, tid, cpu: tid % CPUS, table, busy: false, seen: false });
    table.users += 1;
  }

  #takeNumber(): number {
    return this.#freeNumbers.pop() ?? this.#nextNumber++;
  }
}

/** Whether a slot holds a pidfd. */
export function isPidfd(slot: SimSlot | undefined): slot is SimSlot & { readonly file: SimFile } {
  return slot !== undefined && slot.file !== null;
}

/** The pointer that is in a slot. */
export function addressIn(slot: SimSlot | undefined): string {
  if (slot === undefined) return "0";
  return slot.file?.address ?? "ff00e00100";
}

/** The slots of a table by number, the lowest first. */
export function sorted({ slots }: SimTable): readonly (readonly [number, SimSlot])[] {
  return [...slots].sort(([a], [b]) => a - b);
}

function freeNumber({ slots }: SimTable): number {
  let fd = 3;
  while (slots.has(fd)) fd += 1;
  return fd;
}
