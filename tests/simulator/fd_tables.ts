/**
 * A small kernel made of its fd tables alone: tables are maps, tasks point to one, and what a call does is written down
 * as fs/file.c does it. It prints what the probes of slots would print, in their order.
 *
 * One call comes after the other; only the record of pidfd_open can come later than what other threads do to its slot.
 *
 * @module
 */

import { addressIn, FdKernel, isPidfd, sorted } from "./fd_kernel.ts";
import type { FdOptions } from "./fd_kernel.ts";
import type { SimFile, SimProcess, SimTable, SimTask } from "./fd_objects.ts";

/** Numbers of system calls on x86-64. */
const CALL = {
  close: 3,
  dup: 32,
  dup2: 33,
  sendmsg: 46,
  recvmsg: 47,
  getsockopt: 55,
  clone: 56,
  fcntl: 72,
  dup3: 292,
  pidfd_open: 434,
  close_range: 436,
  pidfd_getfd: 438,
} as const;

/** Flags of close_range(2), include/uapi/linux/close_range.h. */
export const RANGE = { unshare: 2, cloexec: 4 } as const;

/** The kernel and its calls. */
export class FdMachine {
  /** What the calls change. */
  readonly kernel: FdKernel;
  /** Files in messages that nobody has received. */
  readonly messages: SimFile[] = [];

  /**
   * @param processes how many were there before the probes
   * @param options what holds one reference, and what is wrong
   */
  constructor(processes: number, options: FdOptions = {}) {
    this.kernel = new FdKernel(options);
    for (let at = 0; at < processes; at += 1) this.kernel.newProcess(this.kernel.newTable());
  }

  /** Threads that run. */
  get tasks(): readonly SimTask[] {
    return this.kernel.processes.flatMap((it) => it.tasks);
  }

  /** What was printed since the last time, in the order of time. */
  take(): readonly string[] {
    return this.kernel.printer.take().map((it) => it.text);
  }

  /** Time goes by, and the heartbeat of every CPU is printed. */
  tick(ns: bigint): void {
    this.kernel.nowNs += ns;
    this.kernel.printer.tick(this.kernel.nowNs);
  }

  /** A thread is made, with the table of the one that makes it. */
  thread(task: SimTask): void {
    this.kernel.newThread(task.process, task.table);
  }

  /** fork, or clone with some of CLONE_FILES and CLONE_PIDFD. */
  fork(task: SimTask, { shared, pidfd }: { readonly shared: boolean; readonly pidfd: boolean }): void {
    const table = shared ? task.table : this.kernel.copyTable(task, task.table, undefined);
    const child = this.kernel.newProcess(table);
    if (pidfd) this.#birth(task, child);
    if (shared) table.known = true;
    if (!table.known) return;
    this.kernel.say("heir", task, {
      table: table.address,
      child: child.pid,
      childTid: child.pid,
      childStartNs: child.startNs,
      shared: Number(shared),
    });
  }

  /** A fork that fails after the table was copied or shared. */
  failedFork(task: SimTask, shared: boolean): void {
    const table = shared ? task.table : this.kernel.copyTable(task, task.table, undefined);
    table.users += 1;
    this.kernel.putTable(task, table, { now: task.table.address, exiting: 0 });
    this.kernel.leave(task);
  }

  /** pidfd_open; the function that is returned ends the call. */
  open(task: SimTask, asked: SimProcess): () => void {
    const others = this.kernel.processes.filter((it) => it !== asked && it.state !== "reaped");
    const isWrong = others.length > 0 && this.kernel.is("open-of-the-wrong-pid");
    const target = isWrong ? others[0] ?? asked : asked;
    const closeOnExec = !this.kernel.is("close-on-exec-lost");
    const file = this.kernel.newFile(target);
    file.reported = false;
    const fd = this.kernel.install(task, file, { closeOnExec, call: CALL.pidfd_open, born: 1 });
    task.busy = true;
    return () => {
      task.busy = false;
      file.told = true;
      file.reported = true;
      const told = { file: file.address, slotFile: addressIn(task.table.slots.get(fd)) };
      const call = { target: asked.pid, openFlags: 0, result: fd };
      this.kernel.say("open", task, { ...call, ...told, ...this.kernel.fileFields(file) });
      if (file.references === 0) this.kernel.addresses.files.give(file.address);
    };
  }

  /** getsockopt(SO_PEERPIDFD): a birth that is told where the file is made. */
  peer(task: SimTask, target: SimProcess): void {
    const file = this.kernel.newFile(target);
    file.told = true;
    const how = { call: CALL.getsockopt, userSpace: 1 };
    // __pidfd_prepare() takes the reference when it has the file, which is after the record.
    const count = this.kernel.countOf(target) - Number(this.kernel.law === "per-file");
    this.kernel.say("made", task, { file: file.address, ...how, ...this.kernel.fileFields(file), count });
    this.kernel.install(task, file, { closeOnExec: true, call: CALL.getsockopt, born: 0 });
  }

  /** open(2) of a file that is no pidfd. */
  openOther(task: SimTask, closeOnExec: boolean): void {
    let fd = 3;
    while (task.table.slots.has(fd)) fd += 1;
    task.table.slots.set(fd, { file: null, closeOnExec });
  }

  /** dup(2), or fcntl(F_DUPFD_CLOEXEC). */
  dup(task: SimTask, fd: number, closeOnExec: boolean): void {
    const file = task.table.slots.get(fd)?.file;
    if (file === undefined) return;
    if (file === null) return this.openOther(task, closeOnExec);
    if (isGone(file)) return;
    file.references += 1;
    if (!closeOnExec) this.kernel.tellTaken(task, { fd, file, call: CALL.dup });
    const call = closeOnExec ? CALL.fcntl : CALL.dup;
    this.kernel.install(task, file, { closeOnExec, call, born: 0 });
  }

  /** dup2(2) or dup3(2). */
  replace(task: SimTask, fds: { readonly from: number; readonly to: number }, closeOnExec: boolean): void {
    const { table } = task;
    const comes = table.slots.get(fds.from);
    if (comes === undefined || fds.from === fds.to || isGone(comes.file)) return;
    const goes = table.slots.get(fds.to);
    if (isPidfd(comes) || isPidfd(goes)) {
      table.known = true;
      this.kernel.say("replace", task, {
        table: table.address,
        fd: fds.to,
        closeOnExec: Number(closeOnExec),
        file: addressIn(comes),
        comes: Number(isPidfd(comes)),
        displaced: addressIn(goes),
        goes: Number(isPidfd(goes)),
        references: comes.file?.references ?? 7,
        call: closeOnExec ? CALL.dup3 : CALL.dup2,
      });
    }
    if (comes.file !== null) comes.file.references += 1;
    table.slots.set(fds.to, { file: comes.file, closeOnExec });
    this.kernel.put(goes?.file);
    this.kernel.leave(task);
  }

  /** close(2). */
  close(task: SimTask, fd: number): void {
    const file = this.kernel.empty(task, { table: task.table, fd, call: CALL.close });
    if (file === null || !this.kernel.is("closed-slot-leaked")) this.kernel.put(file);
    this.kernel.leave(task);
  }

  /** fcntl(F_SETFD). */
  mark(task: SimTask, fd: number, closeOnExec: boolean): void {
    const slot = task.table.slots.get(fd);
    if (slot === undefined) return;
    task.table.slots.set(fd, { ...slot, closeOnExec });
    if (!task.table.known) return;
    this.kernel.say("mark", task, { table: task.table.address, fd, closeOnExec: Number(closeOnExec) });
  }

  /**
   * close_range(2).
   *
   * @param task who calls
   * @param range its arguments; `copied` when a copy has even what it was to leave out: numbers in one word of its bits
   */
  closeRange(
    task: SimTask,
    range: {
      readonly first: number;
      readonly last: number;
      readonly flags: number;
      readonly copied: boolean;
    },
  ): void {
    const { first, last, flags, copied } = range;
    const isMark = (flags & RANGE.cloexec) !== 0;
    const isUnshared = (flags & RANGE.unshare) !== 0 && task.table.users > 1;
    const hole = isMark ? undefined : { from: first, to: last, copied };
    const table = isUnshared ? this.kernel.copyTable(task, task.table, hole) : task.table;
    for (const [fd, slot] of sorted(table)) {
      if (fd < first || fd > last) continue;
      if (isMark) table.slots.set(fd, { ...slot, closeOnExec: true });
      else this.kernel.put(this.kernel.empty(task, { table, fd, call: CALL.close_range }));
    }
    if (isUnshared) this.kernel.moveTo(task, table);
    if (table.known) {
      const values = { table: table.address, first, last, rangeFlags: flags.toString(16), result: 0 };
      this.kernel.say("range", task, values);
    }
    this.kernel.leave(task);
  }

  /** unshare(CLONE_FILES). */
  unshare(task: SimTask): void {
    if (task.table.users > 1) {
      this.kernel.moveTo(task, this.kernel.copyTable(task, task.table, undefined));
    }
  }

  /** execve(2): the other threads end, the one that calls takes the place of the first. */
  exec(task: SimTask): void {
    const { process } = task;
    for (const other of process.tasks.filter((it) => it !== task)) this.exit(other);
    if (task.tid !== process.pid) {
      this.kernel.giveNumber(task.tid);
      task.tid = process.pid;
    }
    this.unshare(task);
    const { table } = task;
    process.firstTable = table;
    for (const [fd, { file, closeOnExec }] of sorted(table)) {
      if (!closeOnExec) continue;
      table.slots.delete(fd);
      if (file !== null) this.kernel.tellFlush(task, { table, file, exiting: 0 });
      this.kernel.put(file);
    }
    this.kernel.leave(task);
  }

  /** sendmsg(2) with SCM_RIGHTS. */
  send(task: SimTask, fd: number): void {
    const file = task.table.slots.get(fd)?.file;
    if (file === undefined || file === null || isGone(file)) return;
    file.references += 1;
    this.messages.push(file);
    this.kernel.tellTaken(task, { fd, file, call: CALL.sendmsg });
  }

  /** recvmsg(2) of the message at a place of {@linkcode messages}. */
  receive(task: SimTask, at: number): void {
    const [file] = this.messages.splice(at, 1);
    if (file === undefined || isGone(file)) return;
    file.references += 1;
    this.kernel.install(task, file, { closeOnExec: false, call: CALL.recvmsg, born: 0 });
    this.kernel.put(file);
    this.kernel.leave(task);
  }

  /** The socket goes, with a message in it. */
  discard(task: SimTask, at: number): void {
    this.kernel.put(this.messages.splice(at, 1)[0]);
    this.kernel.leave(task);
  }

  /** pidfd_getfd(2). */
  getFd(task: SimTask, from: { readonly table: SimTable; readonly fd: number }): void {
    const file = from.table.slots.get(from.fd)?.file;
    if (file === undefined || file === null || isGone(file)) return;
    file.references += 1;
    this.kernel.install(task, file, { closeOnExec: true, call: CALL.pidfd_getfd, born: 0 });
  }

  /** One thread ends. */
  exit(task: SimTask): void {
    const { process, table } = task;
    process.tasks.splice(process.tasks.indexOf(task), 1);
    const live = process.tasks.length;
    if (process.tracked) {
      const { pidAddress } = process;
      this.kernel.say("exit", task, { pidAddress, count: this.kernel.countOf(process), live, exitCode: 0 });
    }
    this.kernel.putTable(task, table, { now: "0", exiting: 1 });
    this.kernel.leave(task);
    if (task.tid !== process.pid) this.kernel.giveNumber(task.tid);
    if (live === 0) process.state = "zombie";
  }

  /** A zombie is waited for, and the grace period is over. */
  reap(task: SimTask, process: SimProcess): void {
    const { pidAddress } = process;
    if (process.tracked) this.kernel.say("reap", task, { pidAddress, count: this.kernel.countOf(process) });
    process.state = "reaped";
    this.kernel.giveNumber(process.pid);
    this.kernel.unhash(process);
  }

  #birth(task: SimTask, child: SimProcess): void {
    const file = this.kernel.newFile(child);
    const fd = this.kernel.install(task, file, { closeOnExec: true, call: CALL.clone, born: 1 });
    file.told = true;
    this.kernel.say("clone", task, {
      child: child.pid,
      childStartNs: child.startNs,
      pidAddress: child.pidAddress,
      count: this.kernel.countOf(child),
      cloneFlags: "1000",
      clone3: 0,
      fd,
      slotFile: file.address,
      file: file.address,
      inode: this.kernel.inodeOf(child),
      fileFlags: 2,
    });
  }
}

/** Whether a file has no reference any more although a slot or a message holds it, which takes a bug: fget() finds none. */
function isGone(file: SimFile | null): boolean {
  return file?.references === 0;
}
