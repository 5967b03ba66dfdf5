/**
 * A traced guest whose slots are compared with what a reader of /proc in the guest saw.
 *
 * @module
 */

import { decode, isTimed } from "../../events/mod.ts";
import { initialState, slotsOfTasks, step } from "../../model/mod.ts";
import type { ModelState, Update } from "../../model/mod.ts";
import type { TimedEvent } from "../../events/mod.ts";
import { STIMULUS_FOLDER, TracedGuest } from "./traced_guest.ts";
import { witness } from "./witness.ts";
import type { Snapshot, Step } from "./witness.ts";
import type { TracedDepth } from "./traced_guest.ts";

/** What one scenario gave. */
export interface SlotStory {
  /** The snapshots that were compared. */
  readonly compared: number;
  /** Slots in all of them together. */
  readonly slots: number;
  /** What differed, one sentence each. */
  readonly differences: readonly string[];
  /** What the kernel could not do. */
  readonly skipped: readonly string[];
  /** The calls that the stimulus told of. */
  readonly steps: readonly Step[];
  /** Records that fit nothing that the model knew, apart from those of what is at the place of an unseen end. */
  readonly strays: readonly string[];
  /** Targets whose struct pid was used for another process although nobody had told that it was freed, one by one. */
  readonly unseenEnds: readonly string[];
  /** What the model said meanwhile. */
  readonly updates: readonly Update[];
}

/** The guest, and the model beside its records. */
export class SlotGuest implements AsyncDisposable {
  /** The traced guest. */
  readonly guest: TracedGuest;
  readonly #inodes = new Map<string, string>();
  #state: ModelState;
  #taken = 0;
  #strays: string[] = [];
  /** By the address of the struct pid. */
  readonly #unseenEnds = new Map<string, string>();
  #waiting: TimedEvent[] = [];

  private constructor(guest: TracedGuest) {
    this.guest = guest;
    const { law, releasesSeen, hashPutsSeen, slotsSeen } = guest.plan;
    const scope = { pids: undefined, comm: undefined, descendants: false };
    this.#state = initialState({ law, releasesSeen, hashPutsSeen, slotsSeen, scope, attachedNs: 0n });
  }

  /** Boots a guest and attaches to it, slots and uses included. */
  static async start(kernel: string, depth: TracedDepth = { uses: true }): Promise<SlotGuest> {
    return new SlotGuest(await TracedGuest.start(kernel, { ...depth, slots: true }));
  }

  /** What the model has left over, as its own state. */
  get state(): ModelState {
    return this.#state;
  }

  /** Runs a scenario, and compares the model with each snapshot that the stimulus took meanwhile. */
  async play(scenario: string, rounds: number): Promise<SlotStory> {
    const program = `${STIMULUS_FOLDER}/stimulus`;
    const { snapshots, steps, skips } = await witness(this.guest.host, { program, scenario, rounds });
    await this.guest.settle();
    this.#collect();
    const updates: Update[] = [];
    const differences: string[] = [];
    this.#strays = [];
    this.#unseenEnds.clear();
    for (const it of snapshots) {
      updates.push(...this.#advance(BigInt(it.ktime_ns)));
      differences.push(...this.#differences(scenario, it));
    }
    updates.push(...this.#advance(undefined));
    return {
      compared: snapshots.length,
      slots: snapshots.reduce((sum, it) => sum + it.slots.length, 0),
      differences,
      skipped: skips.map((it) => `${it.skipped}: ${it.why}`),
      steps,
      strays: this.#strays,
      unseenEnds: [...this.#unseenEnds.values()],
      updates,
    };
  }

  /** Ends the program and the guest. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.guest[Symbol.asyncDispose]();
  }

  #collect(): void {
    const fresh = this.guest.records.slice(this.#taken).map((text, at) => decode(text, this.#taken + at));
    this.#taken = this.guest.records.length;
    const events = fresh.filter(isTimed);
    this.#waiting = [...this.#waiting, ...events].sort((a, b) => Number(a.ktimeNs - b.ktimeNs));
  }

  /** Takes the model to a moment; to the end without one. */
  #advance(toNs: bigint | undefined): readonly Update[] {
    const updates: Update[] = [];
    const later = toNs === undefined ? -1 : this.#waiting.findIndex((it) => it.ktimeNs > toNs);
    const now = this.#waiting.splice(0, later < 0 ? this.#waiting.length : later);
    for (const event of now) {
      const { unmatched } = this.#state;
      const isUnseen = this.#noteUnseenEnd(event);
      const result = step(this.#state, { kind: "event", placed: { event, late: false, certain: true } });
      this.#state = result.state;
      if (this.#state.unmatched > unmatched && !isUnseen) this.#strays.push(JSON.stringify(event, decimal));
      updates.push(...result.updates);
    }
    for (const it of updates) {
      if (it.type === "pidfd.create" && it.body.file !== null) {
        this.#inodes.set(it.body.file, it.body.inode ?? "?");
      }
    }
    return updates;
  }

  /**
   * Notes a target that was waited for, and at whose address another process is: its free was not told.
   *
   * @returns whether the record is that of such another process, of which the model knows nothing yet
   */
  #noteUnseenEnd(event: TimedEvent): boolean {
    if (!("pidAddress" in event)) return false;
    const [address, startNs] = event.kind === "exit"
      ? [event.pidAddress, event.startNs]
      : event.kind === "open" || event.kind === "slot"
      ? [event.pidAddress, event.targetStartNs]
      : ["", 0n];
    const old = this.#state.targets.get(address);
    // A birth of a process that has ended has no start time.
    if (old?.reaped !== true || old.startNs === null || startNs === 0n || old.startNs === startNs) {
      return this.#unseenEnds.has(event.pidAddress) && !this.#state.targets.has(event.pidAddress);
    }
    this.#unseenEnds.set(address, `the free of process ${old.pid} at ${address} was not told`);
    return true;
  }

  #differences(scenario: string, { snapshot, round, own, slots }: Snapshot): readonly string[] {
    const isPidfs = this.guest.law === "per-inode";
    const text = (it: { pid: number; tid: number | null; fd: number }, ino: string, target: number) =>
      `${it.pid}/${it.tid ?? "other"} fd ${it.fd} of ${target}${isPidfs ? ` inode ${ino}` : ""}`;
    const modelled = slotsOfTasks(this.#state).map((it) => {
      const target = it.target?.reaped === true ? -1 : it.target?.pid ?? 0;
      return text(it, this.#inodes.get(it.file ?? "") ?? "?", target);
    });
    const seen = slots.map((it) => {
      const own = text(it, it.ino, it.target_pid);
      // The first thread has ended: its /proc/PID/fd is empty, and that of another thread is not.
      const other = text({ ...it, tid: null }, it.ino, it.target_pid);
      return it.tid !== it.pid && modelled.includes(other) ? other : own;
    });
    const at = `${scenario} round ${round} "${snapshot}" (processes ${own.join(", ")})`;
    return [
      ...seen.filter((it) => !modelled.includes(it)).map((it) => `${at}: /proc has ${it}, the model has not`),
      ...modelled.filter((it) => !seen.includes(it)).map((it) => `${at}: the model has ${it}, /proc has not`),
    ];
  }
}

function decimal(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
