/**
 * A world of two processes at once and at most three of their pidfds, in which one call comes after the other.
 *
 * Two threads make, open and close, a third one looks; a process ends and is waited for, and its grace period is over
 * when that is chosen. Between two events there is more time than any count needs to settle, so that nothing is excused
 * by another CPU.
 *
 * @module
 */

import type { Choice, World } from "./every_history.ts";
import type { KernelGeneration } from "./generations.ts";
import { SimulatedKernel } from "./kernel.ts";
import type { Pid, Steps, Worker } from "./objects.ts";
import { Random } from "./random.ts";

/** Processes whose `struct pid` is not freed, at the most. */
const TARGETS_MAX = 2;

/** Pidfds that are open, at the most. */
const FILES_MAX = 3;

/** Longer than counts take to settle, in ns. */
const PAUSE_NS = 2_000_000;

/** The world. */
export class CountWorld implements World {
  /** What it happens in. */
  readonly kernel: SimulatedKernel;
  /** Every process that ever had a pidfd. */
  readonly pids: Pid[] = [];
  /** When somebody held a reference of whom no probe tells, in CLOCK_BOOTTIME ns; `toNs` where that is over. */
  readonly looks: { readonly target: string; readonly fromNs: bigint; toNs?: bigint }[] = [];
  #looked: Steps | undefined;
  readonly #workers: readonly Worker[] = [0, 1].map((cpu) => ({ tid: 101 + cpu, cpu, files: [] }));

  /** @param generation how the kernel counts */
  constructor(generation: KernelGeneration) {
    this.kernel = new SimulatedKernel(new Random(1), { generation });
  }

  choices(): readonly Choice[] {
    const { kernel } = this;
    const targets = new Set(kernel.truth.map((it) => it.target)).size -
      kernel.truth.filter((it) => it.kind === "free").length;
    const files = this.#workers.reduce((sum, it) => sum + it.files.length, 0);
    // The threads are alike: whoever comes first is the first one.
    const workers = kernel.truth.length === 0 ? this.#workers.slice(0, 1) : this.#workers;
    const made = workers.flatMap((worker) =>
      files < FILES_MAX ? this.#births(worker, { isRoom: targets < TARGETS_MAX }) : []
    );
    return [...made, ...this.#ends(), ...this.#looks()];
  }

  #births(worker: Worker, { isRoom }: { readonly isRoom: boolean }): readonly Choice[] {
    const { kernel } = this;
    const by = `by ${worker.tid}`;
    const clones = [
      this.#call(`clone ${by}`, () => kernel.clone(worker), () => this.#meet()),
      this.#call(`failing clone ${by}`, () => kernel.cloneThatFails(worker, "put_user")),
    ];
    const opens = kernel.alive.flatMap((pid) => [
      this.#call(`open of ${pid.name} ${by}`, () => kernel.open(worker, pid)),
      this.#call(`other birth of ${pid.name} ${by}`, () => kernel.make(worker, pid)),
    ]);
    return [...(isRoom ? clones : []), ...opens];
  }

  #ends(): readonly Choice[] {
    const { kernel } = this;
    const [first] = this.#workers;
    const closes = this.#workers.flatMap((worker) =>
      worker.files.map(({ name }, at) =>
        this.#call(`close of ${name} by ${worker.tid}`, () => kernel.close(worker, { at, later: false }))
      )
    );
    const exits = kernel.alive.flatMap((pid) =>
      first === undefined ? [] : [this.#call(`end of ${pid.name}`, () => kernel.exit(first, pid))]
    );
    const graces = kernel.later.map((it, at) =>
      this.#call(`grace period ${at + 1} is over`, () => {
        kernel.later.splice(at, 1);
        return it.steps;
      })
    );
    return [...closes, ...exits, ...graces];
  }

  #looks(): readonly Choice[] {
    const { kernel } = this;
    const looked = this.#looked;
    if (looked !== undefined) return [this.#call("look away", () => this.#lookAway(looked))];
    const looker = { tid: 103, cpu: 1, files: [] };
    return kernel.alive.map((pid) => ({
      name: `look at ${pid.name}`,
      act: () => {
        kernel.pass(PAUSE_NS);
        const steps = kernel.look(looker, pid);
        steps.next();
        this.looks.push({ target: pid.name, fromNs: kernel.nowNs });
        this.#looked = steps;
      },
    }));
  }

  #lookAway(steps: Steps): Steps {
    const last = this.looks.at(-1);
    if (last !== undefined) last.toNs = this.kernel.nowNs;
    this.#looked = undefined;
    return steps;
  }

  /** A call that is done to its end. */
  #call(name: string, begin: () => Steps, then: () => void = () => {}): Choice {
    return {
      name,
      act: () => {
        this.kernel.pass(PAUSE_NS);
        const steps = begin();
        while (steps.next().done !== true);
        then();
      },
    };
  }

  #meet(): void {
    const pid = this.kernel.alive.at(-1);
    if (pid !== undefined) this.pids.push(pid);
  }
}
