/**
 * Pidfds that are made, duplicated, sent and closed one after the other, while some stay open: what the model keeps of it
 * must not grow.
 *
 * `deno run --v8-flags=--expose-gc tests/support/slot_load.ts` prints points on the way as JSON.
 *
 * @module
 */

import { decode, isTimed } from "../../events/mod.ts";
import { initialState, step } from "../../model/mod.ts";
import type { ModelState } from "../../model/mod.ts";
import type { SimTask } from "../simulator/fd_objects.ts";
import { FdMachine } from "../simulator/fd_tables.ts";
import { sizesOf } from "./model_sizes.ts";

/** Processes that hold pidfds. */
const HOLDERS = 40;

/** Numbers that each of them has filled: two for a pidfd. */
const FILLED = 100;

/** A load that goes on, and the model beside it. */
export class SlotLoad {
  /** The kernel. */
  readonly machine: FdMachine = new FdMachine(HOLDERS + 1);
  /** The model. */
  state: ModelState = initialState({
    law: "per-inode",
    attachedNs: 0n,
    scope: { pids: undefined, comm: undefined, descendants: false },
    slotsSeen: true,
  });
  /** Pidfds made so far. */
  made = 0;
  readonly #tasks: readonly SimTask[] = this.machine.tasks;
  readonly #filled = new Map<SimTask, number[]>();

  /** Makes pidfds until there were so many. */
  runTo(made: number): void {
    while (this.made < made) this.#one();
  }

  #one(): void {
    const { machine } = this;
    const task = this.#tasks[this.made % HOLDERS];
    const target = machine.kernel.processes[0];
    if (task === undefined || target === undefined) return;
    this.made += 1;
    const filled = this.#filled.get(task) ?? [];
    this.#filled.set(task, filled);
    for (const fd of filled.length >= FILLED ? filled.splice(0, 2) : []) machine.close(task, fd);
    const fd = added(task, () => machine.open(task, target)());
    filled.push(fd, added(task, () => machine.dup(task, fd, true)));
    for (let messages = 2; messages > 0; messages -= 1) {
      machine.send(task, filled[0] ?? fd);
      machine.discard(task, 0);
    }
    if (this.made % 50 === 0) this.#child(task);
    if (this.made % 100 === 0) machine.tick(1_000_000n);
    this.#tell();
  }

  /** A child that inherits all, has a pidfd of its own, and ends. */
  #child(task: SimTask): void {
    const { machine } = this;
    const before = new Set(machine.kernel.processes);
    machine.fork(task, { shared: false, pidfd: false });
    const child = machine.kernel.processes.find((it) => !before.has(it));
    const [first] = child?.tasks ?? [];
    if (child === undefined || first === undefined) return;
    machine.open(first, child)();
    machine.exit(first);
    machine.reap(task, child);
  }

  #tell(): void {
    for (const line of this.machine.take()) {
      const event = decode(line, 1);
      if (!isTimed(event)) continue;
      const placed = { event, late: false, certain: true };
      this.state = step(this.state, { kind: "event", placed }).state;
    }
  }
}

/** The number that a call fills. */
function added({ table }: SimTask, call: () => void): number {
  const before = new Set(table.slots.keys());
  call();
  return [...table.slots.keys()].find((it) => !before.has(it)) ?? -1;
}

/** Bytes that the heap holds after a collection. */
function heapBytes(): number {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect !== "function") throw new Error("Cannot measure: --v8-flags=--expose-gc is required");
  collect();
  return Deno.memoryUsage().heapUsed;
}

/** What is known of a load at a moment. */
export interface LoadPoint {
  /** Pidfds made so far. */
  readonly made: number;
  /** Bytes that the heap holds. */
  readonly heapBytes: number;
  /** What the model remembers. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Records that fit nothing. */
  readonly unmatched: number;
  /** Most messages that are remembered of one file. */
  readonly sent: number;
  /** Tables of the kernel that hold a pidfd. */
  readonly tables: number;
}

function pointOf(load: SlotLoad): LoadPoint {
  const { state, machine, made } = load;
  const tables = new Set(machine.tasks.map((it) => it.table).filter((it) => it.slots.size > 0)).size;
  const sent = Math.max(...[...state.files.values()].map((it) => it.sent.length));
  return { made, heapBytes: heapBytes(), sizes: sizesOf(state), unmatched: state.unmatched, sent, tables };
}

if (import.meta.main) {
  const load = new SlotLoad();
  // The same load is used on: what was collected is not the model.
  const points = [10_000, 20_000, 30_000, 40_000, 50_000].map((made) => {
    load.runTo(made);
    return pointOf(load);
  });
  console.log(JSON.stringify(points));
}
