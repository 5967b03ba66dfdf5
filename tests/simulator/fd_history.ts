/**
 * Random histories of fd tables: processes and threads that make, move and close pidfds until all have ended.
 *
 * @module
 */

import type { FdOptions } from "./fd_kernel.ts";
import type { SimProcess, SimTask } from "./fd_objects.ts";
import { FdMachine, RANGE } from "./fd_tables.ts";
import { CPUS } from "./printer.ts";
import type { Random } from "./random.ts";

/** Processes and threads that run at once at the most. */
const TASKS_MAX = 9;

/** Slots of a table at the most. */
const SLOTS_MAX = 12;

/** What is chosen from, with how often of all: more pidfds are moved than made. */
const CHANCES = {
  fork: 8,
  failedFork: 2,
  thread: 4,
  open: 12,
  peer: 3,
  openOther: 4,
  dup: 12,
  replace: 10,
  close: 16,
  mark: 4,
  closeRange: 6,
  unshare: 3,
  exec: 4,
  send: 6,
  receive: 6,
  discard: 2,
  getFd: 4,
  exit: 3,
  exitGroup: 4,
  reap: 5,
} as const;

/** Of each hundred steps so many are on another CPU than the one before of the same task, or on any. */
const MOVED_PERCENT = 20;

type Step = keyof typeof CHANCES;

const STEPS = Object.entries(CHANCES).flatMap(([step, many]) => Array<Step>(many).fill(step as Step));

/** A history that goes on step by step. */
export class FdHistory {
  /** What it happens to. */
  readonly machine: FdMachine;
  readonly #random: Random;
  readonly #calls = new Map<SimTask, { readonly target: SimProcess; readonly end: () => void }>();

  /**
   * @param random where chance comes from
   * @param options what holds one reference, and what is wrong with the kernel
   */
  constructor(random: Random, options: FdOptions = {}) {
    this.#random = random;
    this.machine = new FdMachine(3, options);
  }

  /**
   * Something happens.
   *
   * @param isLeftOut whether nothing happens, out of the same chance
   * @returns what
   */
  step(isLeftOut = false): string {
    const random = this.#random;
    const task = random.pick(this.machine.tasks);
    if (task === undefined) return "nothing";
    if (random.percent(MOVED_PERCENT)) task.cpu = random.between(0, CPUS - 1);
    if (this.#calls.has(task)) {
      if (!random.percent(40)) return "nothing";
      this.#end(task);
      return `pidfd_open returns in ${task.tid}`;
    }
    const step = random.pick(STEPS) ?? "open";
    if (isLeftOut) return `no ${step}`;
    this.#act(step, task);
    return `${step} by ${task.process.pid}/${task.tid}`;
  }

  /** Everything ends, but the one that waits for all others ends last. */
  end(): void {
    for (const task of [...this.#calls.keys()]) this.#end(task);
    const { machine } = this;
    const [last] = machine.tasks;
    if (last === undefined) return;
    for (const process of [...machine.kernel.processes]) {
      if (process !== last.process) this.#exitGroup(process);
    }
    while (machine.messages.length > 0) machine.discard(last, 0);
    for (const it of [...machine.kernel.processes]) if (it.state === "zombie") machine.reap(last, it);
    this.#exitGroup(last.process);
    if (last.process.state === "zombie") machine.reap(last, last.process);
  }

  #end(task: SimTask): void {
    this.#calls.get(task)?.end();
    this.#calls.delete(task);
  }

  #act(step: Step, task: SimTask): void {
    const { machine } = this;
    const random = this.#random;
    const fd = random.pick([...task.table.slots.keys()]) ?? 3;
    const isFull = task.table.slots.size >= SLOTS_MAX;
    const isCrowded = machine.tasks.length >= TASKS_MAX;
    const chance = random.percent(50);
    const target = random.pick(machine.kernel.processes.filter((it) => it.state !== "reaped"));
    switch (step) {
      case "fork":
        return isCrowded ? undefined : machine.fork(task, { shared: random.percent(35), pidfd: chance });
      case "failedFork":
        return machine.failedFork(task, chance);
      case "thread":
        return isCrowded || !isTogether(task) ? undefined : machine.thread(task);
      case "open":
        return isFull || target === undefined ? undefined : this.#open(task, target);
      case "peer":
        return isFull || target === undefined ? undefined : machine.peer(task, target);
      case "openOther":
        return isFull ? undefined : machine.openOther(task, chance);
      case "dup":
        return isFull ? undefined : machine.dup(task, fd, chance);
      case "replace":
        return machine.replace(task, { from: fd, to: random.between(3, SLOTS_MAX + 3) }, chance);
      case "close":
        return machine.close(task, fd);
      case "mark":
        return machine.mark(task, fd, chance);
      case "closeRange": {
        const flags = random.pick([0, RANGE.cloexec, RANGE.unshare, RANGE.unshare, 6]) ?? 0;
        if ((flags & RANGE.unshare) !== 0 && !mayMove(task)) return;
        return machine.closeRange(task, {
          first: fd,
          last: fd + random.between(0, 20),
          flags,
          copied: chance,
        });
      }
      case "unshare":
        return mayMove(task) ? machine.unshare(task) : undefined;
      default:
        return this.#actOnOthers(step, task, fd);
    }
  }

  #actOnOthers(step: Step, task: SimTask, fd: number): void {
    const { machine } = this;
    const random = this.#random;
    const { processes } = machine.kernel;
    const message = random.between(0, Math.max(0, machine.messages.length - 1));
    const isFull = task.table.slots.size >= SLOTS_MAX;
    switch (step) {
      case "exec":
        return this.#exec(task);
      case "send":
        return machine.send(task, fd);
      case "receive":
        return isFull ? undefined : machine.receive(task, message);
      case "discard":
        return machine.discard(task, message);
      case "getFd": {
        const table = random.pick(machine.tasks)?.table;
        const from = random.pick([...table?.slots.keys() ?? []]);
        if (isFull || table === undefined || from === undefined) return;
        return machine.getFd(task, { table, fd: from });
      }
      case "exit":
        return this.#exit(task);
      case "exitGroup":
        return processes.filter((it) => it.state === "alive").length > 2
          ? this.#exitGroup(task.process)
          : undefined;
      case "reap": {
        const zombie = random.pick(processes.filter((it) => it.state === "zombie"));
        if (zombie === undefined) return;
        this.#endCallsOf(zombie);
        return machine.reap(task, zombie);
      }
      default:
        return;
    }
  }

  #open(task: SimTask, target: SimProcess): void {
    // Of two births of one process that are both not told, neither is known when the file of the other goes.
    for (const [other, it] of [...this.#calls]) if (it.target === target) this.#end(other);
    this.#calls.set(task, { target, end: this.machine.open(task, target) });
    if (this.#random.percent(70)) this.#end(task);
  }

  /** Before a thread ends it has returned; and who has a pidfd whose birth is not told yet is not known to end. */
  #endCallsOf(process: SimProcess): void {
    for (const [task, { target }] of [...this.#calls]) {
      if (task.process === process || target === process) this.#end(task);
    }
  }

  #exit(task: SimTask): void {
    if (this.machine.tasks.length <= 2 || !mayExit(task)) return;
    this.#endCallsOf(task.process);
    this.machine.exit(task);
  }

  #exec(task: SimTask): void {
    // One that has a table of its own takes the place of the first unseen: nothing tells of it.
    if (!isTogether(task)) return;
    this.#endCallsOf(task.process);
    this.machine.exec(task);
  }

  #exitGroup(process: SimProcess): void {
    this.#endCallsOf(process);
    while (process.tasks.length > 0) {
      const task = this.#random.pick(process.tasks);
      if (task !== undefined) this.machine.exit(task);
    }
  }
}

/**
 * Whether a task may take another table.
 *
 * Which thread of a process has which table is not told before it acts: they are taken to have that of the first.
 *
 * @param task the task
 * @returns whether what it does can be followed
 */
export function mayMove(task: SimTask): boolean {
  const { process: { pid, tasks }, table } = task;
  const others = tasks.filter((it) => it !== task);
  return table.known &&
    (task.tid === pid ? others.every((it) => it.seen) : others.some((it) => it.tid === pid));
}

/**
 * Whether a task may end.
 *
 * When the first thread ends, the others are taken to have its table; the last one that has it ends last.
 *
 * @param task the task
 * @returns whether its end can be followed
 */
export function mayExit(task: SimTask): boolean {
  return task.process.tasks.length === 1 || isTogether(task);
}

/**
 * Whether all threads of the process have one table.
 *
 * @param task one of them
 * @returns whether they have that of the first one
 */
export function isTogether({ process }: SimTask): boolean {
  return process.tasks.every((it) => it.table === process.firstTable);
}
