/**
 * A world of a few tasks with one fd table or two, and at most three pidfds, in which everything is tried that a call can
 * do to a slot.
 *
 * What cannot be followed by records alone is not done: the same exceptions as in {@linkcode FdHistory}.
 *
 * @module
 */

import type { RefcountLaw } from "../../model/mod.ts";
import type { Choice, World } from "./every_history.ts";
import { isTogether, mayExit, mayMove } from "./fd_history.ts";
import { isPidfd, sorted } from "./fd_kernel.ts";
import type { SimProcess, SimTask } from "./fd_objects.ts";
import { FdMachine, RANGE } from "./fd_tables.ts";

/** Pidfds that are open, at the most. */
const FILES_MAX = 3;

/** Slots of a table, at the most. */
const SLOTS_MAX = 3;

/** What can happen, by what it is about. */
export const FD_DEEDS = [
  "fork",
  "failedFork",
  "thread",
  "open",
  "slowOpen",
  "peer",
  "openOther",
  "dup",
  "replace",
  "close",
  "mark",
  "closeRange",
  "unshare",
  "exec",
  "message",
  "getFd",
  "end",
] as const;

/** One of {@linkcode FD_DEEDS}. */
export type FdDeed = typeof FD_DEEDS[number];

/** The world. */
export class FdWorld implements World {
  /** What it happens in. */
  readonly machine: FdMachine;
  /** Births that were told of so far. */
  born = 0;
  /** Calls of pidfd_open that have not returned, by their thread. */
  readonly calls: Map<SimTask, { readonly target: SimProcess; readonly end: () => void }> = new Map();
  readonly #deeds: ReadonlySet<FdDeed>;
  readonly #tasksMax: number;

  /**
   * @param deeds what can happen in it
   * @param size how many processes are there at the begin, each with a table of its own, how many tasks at the most,
   * and what holds one reference
   */
  constructor(
    deeds: readonly FdDeed[],
    size: { readonly processes: number; readonly tasks: number; readonly law: RefcountLaw },
  ) {
    this.machine = new FdMachine(size.processes, size);
    this.#tasksMax = size.tasks;
    this.#deeds = new Set(deeds);
  }

  /** Pidfds that are open, those in messages among them. */
  get files(): number {
    return this.machine.kernel.processes.reduce((sum, it) => sum + it.files, 0);
  }

  choices(): readonly Choice[] {
    return this.machine.tasks.flatMap((task) => {
      const call = this.calls.get(task);
      if (call === undefined) return this.#idle(task);
      return [this.#deed("return of pidfd_open", task, () => this.#return(task))];
    });
  }

  #idle(task: SimTask): readonly Choice[] {
    return [
      ...this.#tasks(task),
      ...(this.files < FILES_MAX && task.table.slots.size < SLOTS_MAX ? this.#births(task) : []),
      ...this.#copies(task),
      ...this.#slots(task),
      ...this.#tables(task),
    ];
  }

  #tasks(task: SimTask): readonly Choice[] {
    const { machine } = this;
    const choices: Choice[] = [];
    const isRoom = machine.tasks.length < this.#tasksMax;
    for (const shared of [false, true]) {
      const table = shared ? "shared" : "copied";
      for (const pidfd of isRoom && this.#has("fork") ? [false, true] : []) {
        if (pidfd && (this.files >= FILES_MAX || task.table.slots.size >= SLOTS_MAX)) continue;
        choices.push(this.#deed(`fork, ${table} table${pidfd ? ", pidfd" : ""}`, task, () => {
          this.born += Number(pidfd);
          machine.fork(task, { shared, pidfd });
        }));
      }
      if (this.#has("failedFork")) {
        choices.push(this.#deed(`failed fork, ${table} table`, task, () => machine.failedFork(task, shared)));
      }
    }
    if (isRoom && this.#has("thread") && isTogether(task)) {
      choices.push(this.#deed("new thread", task, () => machine.thread(task)));
    }
    if (!this.#has("end")) return choices;
    // Somebody must be there to wait.
    if (machine.tasks.length > 1 && mayExit(task) && !this.#isAwaited(task.process)) {
      choices.push(this.#deed("end", task, () => machine.exit(task)));
    }
    for (const it of machine.kernel.processes) {
      if (it.state !== "zombie" || this.#isAwaited(it)) continue;
      choices.push(this.#deed(`wait for ${it.pid}`, task, () => machine.reap(task, it)));
    }
    return choices;
  }

  #births(task: SimTask): readonly Choice[] {
    const { machine } = this;
    const targets = machine.kernel.processes.filter((it) => it.state !== "reaped");
    const choices = targets.flatMap((target) => {
      // Of two births of one process that are both not told, neither is known when the file of the other goes.
      const isFree = [...this.calls.values()].every((it) => it.target !== target);
      const begin = () => this.calls.set(task, { target, end: machine.open(task, target) });
      const open = () => {
        begin();
        this.#return(task);
      };
      const peer = () => {
        this.born += 1;
        machine.peer(task, target);
      };
      return [
        ...(isFree && this.#has("open") ? [this.#deed(`pidfd_open of ${target.pid}`, task, open)] : []),
        ...(isFree && this.#has("slowOpen")
          ? [this.#deed(`begin of pidfd_open of ${target.pid}`, task, begin)]
          : []),
        ...(this.#has("peer") ? [this.#deed(`SO_PEERPIDFD of ${target.pid}`, task, peer)] : []),
      ];
    });
    const [message] = machine.messages;
    if (message !== undefined) choices.push(this.#deed("receive", task, () => machine.receive(task, 0)));
    return choices;
  }

  #copies(task: SimTask): readonly Choice[] {
    const { machine } = this;
    const choices: Choice[] = [];
    const { table } = task;
    const isRoom = table.slots.size < SLOTS_MAX;
    if (isRoom && this.#has("openOther")) {
      choices.push(this.#deed("open of a file", task, () => machine.openOther(task, false)));
    }
    for (const { fd } of pidfds(task)) {
      for (const closeOnExec of isRoom && this.#has("dup") ? [false, true] : []) {
        const name = `dup of ${fd}${closeOnExec ? ", closed by exec" : ""}`;
        choices.push(this.#deed(name, task, () => machine.dup(task, fd, closeOnExec)));
      }
      if (this.#has("message") && machine.messages.length === 0) {
        choices.push(this.#deed(`send of ${fd}`, task, () => machine.send(task, fd)));
      }
    }
    if (this.#has("replace")) {
      for (const from of table.slots.keys()) {
        for (let to = 3; to < 3 + SLOTS_MAX; to += 1) {
          if (to === from) continue;
          choices.push(
            this.#deed(`dup2 ${from} to ${to}`, task, () => machine.replace(task, { from, to }, false)),
          );
        }
      }
    }
    const other = machine.tasks.find((it) => it.table !== table);
    for (const { fd } of isRoom && other !== undefined && this.#has("getFd") ? pidfds(other) : []) {
      if (other === undefined) break;
      const act = () => machine.getFd(task, { table: other.table, fd });
      choices.push(this.#deed(`pidfd_getfd of ${fd}`, task, act));
    }
    return choices;
  }

  #slots(task: SimTask): readonly Choice[] {
    const { machine } = this;
    const choices: Choice[] = [];
    for (const [fd, slot] of sorted(task.table)) {
      if (this.#has("close")) {
        choices.push(this.#deed(`close of ${fd}`, task, () => machine.close(task, fd)));
      }
      if (this.#has("mark") && isPidfd(slot)) {
        const act = () => machine.mark(task, fd, !slot.closeOnExec);
        choices.push(this.#deed(`F_SETFD of ${fd}`, task, act));
      }
    }
    if (this.#has("message") && machine.messages.length > 0) {
      choices.push(this.#deed("close of the socket", task, () => machine.discard(task, 0)));
    }
    return choices;
  }

  #tables(task: SimTask): readonly Choice[] {
    const { machine } = this;
    const choices: Choice[] = [];
    if (this.#has("closeRange")) {
      for (const flags of [0, RANGE.cloexec, RANGE.unshare]) {
        if (flags === RANGE.unshare && !mayMove(task)) continue;
        for (const copied of flags === RANGE.unshare ? [false, true] : [false]) {
          const name = `close_range from 4, flags ${flags}${copied ? ", copied all the same" : ""}`;
          const range = { first: 4, last: 99, flags, copied };
          choices.push(this.#deed(name, task, () => machine.closeRange(task, range)));
        }
      }
    }
    if (this.#has("unshare") && mayMove(task) && task.table.users > 1) {
      choices.push(this.#deed("unshare", task, () => machine.unshare(task)));
    }
    if (this.#has("exec") && isTogether(task) && !this.#isAwaited(task.process)) {
      choices.push(this.#deed("exec", task, () => machine.exec(task)));
    }
    return choices;
  }

  #return(task: SimTask): void {
    this.calls.get(task)?.end();
    this.calls.delete(task);
    this.born += 1;
  }

  /** Whether a call that has not returned is about a process, or is one of its own. */
  #isAwaited(process: SimProcess): boolean {
    return [...this.calls].some(([task, { target }]) => target === process || task.process === process);
  }

  #has(deed: FdDeed): boolean {
    return this.#deeds.has(deed);
  }

  #deed(name: string, task: SimTask, act: () => void): Choice {
    return { name: `${task.process.pid}/${task.tid}: ${name}`, act };
  }
}

function pidfds({ table }: SimTask): readonly { readonly fd: number }[] {
  return [...table.slots].flatMap(([fd, slot]) => isPidfd(slot) ? [{ fd }] : []);
}
