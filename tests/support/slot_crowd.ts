/**
 * A guest under load: what programs tell that are attached to it, and what the stimulus did meanwhile.
 *
 * @module
 */

import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { launch } from "../../capture/mod.ts";
import type { Capture } from "../../capture/mod.ts";
import { run, startGuestHost } from "../../hosts/mod.ts";
import type { GuestHost } from "../../hosts/mod.ts";
import type { SymbolPlace } from "../../kernel/mod.ts";
import { buildStimulus } from "../../lab/mod.ts";
import { Correlator } from "../../model/mod.ts";
import type { TaskSlot, Update } from "../../model/mod.ts";
import { COUNTERS, environmentOf, renderProgram } from "../../program/mod.ts";
import { WIRE_TABLE } from "../../schema/mod.ts";
import { copyTo } from "../../scripts/cli/copy.ts";
import { prepare } from "../../scripts/cli/prepare.ts";
import type { Plan } from "../../tracers/mod.ts";
import { STIMULUS_FOLDER } from "./traced_guest.ts";
import type { Snapshot } from "./witness.ts";

/** A slot that the stimulus filled; it was empty before the first moment and after the second. */
export interface FilledSlot {
  readonly slot: "open" | "clone" | "dup" | "inherit";
  readonly pid: number;
  readonly tid: number;
  readonly fd: number;
  readonly target_pid: number;
  /** CLOCK_BOOTTIME in ns, in decimal. */
  readonly from_ns: string;
  readonly to_ns: string;
}

/** What a load scenario said. */
export interface Load {
  readonly slots: readonly FilledSlot[];
  readonly snapshots: readonly Snapshot[];
  /** The threads whose calls it told of one by one, as other scenarios do. */
  readonly threads: ReadonlySet<number>;
}

/** The maps that number records. */
const NUMBERED: readonly string[] = Object.values(COUNTERS);

/**
 * The buffers have room for the records of a whole load, 64 MiB on each CPU: what is lost only because whoever reads them
 * had no CPU for a while is not what is tried here.
 */
const LIMITS = {
  deadlineSeconds: 600,
  eventsMax: 2_000_000,
  bufferPages: 16_384,
  follow: false,
  slots: true,
};
/** Longest time that a scenario takes, in milliseconds. */
const SCENARIO_LIMIT_MS = 120_000;

/** Runs the other words, with their output in a file that is called as the first one says. */
const WITH_OUTPUT = 'exec "$@" >"$0"';

/** A guest with the stimulus in it, and the plan that fits it. */
export class LoadedGuest implements AsyncDisposable {
  /** The guest. */
  readonly host: GuestHost;
  /** The plan, slots included. */
  readonly plan: Plan;
  /** Its CPUs. */
  readonly cpus: number;
  #played = 0;
  readonly #places: ReadonlyMap<string, SymbolPlace>;

  private constructor(
    host: GuestHost,
    plan: Plan,
    { cpus, places }: { readonly cpus: number; readonly places: ReadonlyMap<string, SymbolPlace> },
  ) {
    this.host = host;
    this.plan = plan;
    this.cpus = cpus;
    this.#places = places;
  }

  /** Boots a guest and copies the stimulus there; nothing is attached. */
  static async start(kernel: string): Promise<LoadedGuest> {
    const onProgress = (line: string) => console.log(line);
    const host = await startGuestHost({ kernel, timeLimitSeconds: 600, shared: false, onProgress });
    try {
      assert.equal((await run(host, ["mkdir", STIMULUS_FOLDER])).code, 0);
      await copyTo(host, { path: await buildStimulus({ onProgress }), folder: STIMULUS_FOLDER });
      const options = { bpftrace: "bpftrace", limits: () => LIMITS, hint: undefined };
      const { plan, description, facts } = await prepare(host, options);
      assert.equal(plan.slotsSeen, true, JSON.stringify(plan.ladder));
      return new LoadedGuest(host, plan, { cpus: description.cpus, places: facts.symbols.places });
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a scenario of the stimulus; it must say that all went as it should. */
  async play(scenario: string, ...words: readonly string[]): Promise<Load> {
    const tell = await this.playSilently(scenario, ...words);
    return await tell();
  }

  /** The same, but what it said stays in the guest until somebody asks for it. */
  async playSilently(scenario: string, ...words: readonly string[]): Promise<() => Promise<Load>> {
    const path = `${STIMULUS_FOLDER}/output-${++this.#played}`;
    const argv = ["sh", "-c", WITH_OUTPUT, path, `${STIMULUS_FOLDER}/stimulus`, scenario, ...words];
    const { code, stderr } = await run(this.host, argv, { timeoutMs: SCENARIO_LIMIT_MS });
    assert.equal(code, 0, `${scenario}: ${stderr}`);
    return async () => {
      const { stdout } = await run(this.host, ["cat", path], { timeoutMs: SCENARIO_LIMIT_MS });
      const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
      const last = lines.pop();
      assert.deepEqual([last.ok, last.why], [true, null], scenario);
      return {
        slots: lines.filter((it): it is FilledSlot => "slot" in it),
        snapshots: lines.filter((it): it is Snapshot => "snapshot" in it),
        threads: new Set(lines.filter((it) => "call" in it).map((it) => it.tid)),
      };
    };
  }

  /** Attaches one more program. */
  async attach(options: ReadingOptions & { readonly bufferPages?: number } = {}): Promise<Reading> {
    const { bufferPages = LIMITS.bufferPages, ...rest } = options;
    const { program } = this.plan;
    const config = { ...program.config, perfRbPages: bufferPages };
    const plan = { ...this.plan, program: { ...program, config } };
    const capture = await launch(this.host, {
      source: renderProgram(plan.program, this.#places),
      environment: environmentOf(plan.program),
      commandPid: 0,
    });
    return new Reading(capture, { plan, cpus: this.cpus }, rest);
  }

  /** Ends the guest. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}

/** The slots that the model knew at moments of its stream. */
export class Watch {
  readonly #moments: { readonly ktimeNs: bigint; readonly slots: readonly TaskSlot[] }[] = [];

  /** Remembers how it is now, unless it has just done so; for {@linkcode ReadingOptions.onMessage}. */
  readonly look = ({ correlator }: Reading): void => {
    const { ktimeNs } = correlator.point;
    if (ktimeNs - (this.#moments.at(-1)?.ktimeNs ?? 0n) < 100_000_000n) return;
    this.#moments.push({ ktimeNs, slots: correlator.slots });
  };

  /** What the model knew of a moment at which nothing moved: after two heartbeats, and before the stimulus goes on. */
  atRest({ ktime_ns }: Snapshot): readonly TaskSlot[] {
    const ktimeNs = BigInt(ktime_ns);
    const after = this.#moments.filter((it) =>
      it.ktimeNs > ktimeNs + 2_200_000_000n && it.ktimeNs < ktimeNs + 4_000_000_000n
    );
    const last = after.at(-1);
    assert.ok(last !== undefined, "nothing was heard while the stimulus rested");
    return last.slots;
  }
}

/** Options of {@linkcode Reading}. */
export interface ReadingOptions {
  /** Hears every update; without it they are kept. */
  readonly onUpdate?: (update: Update) => void;
  /** Looks at the model after each message. */
  readonly onMessage?: (reading: Reading) => void;
  /** Whether the number of each record is kept. @default {false} */
  readonly keepsNumbers?: boolean;
}

/** A program that is attached, and the model beside it. */
export class Reading implements AsyncDisposable {
  /** The model. */
  readonly correlator: Correlator;
  /** What it said, unless somebody else hears it. */
  readonly updates: Update[] = [];
  /** Totals that the program printed at its end, of all CPUs and counters together. */
  numbered = 0;
  /** Kinds of the records by counter, CPU and number, where they are to be kept. */
  readonly numbers: Map<string, string[]> = new Map();
  /** CLOCK_BOOTTIME in ns from which on everything is seen. */
  readonly attachedNs: bigint;
  readonly #capture: Capture;
  readonly #options: ReadingOptions;
  readonly #reading: Promise<void>;

  /** Begins to read. */
  constructor(
    capture: Capture,
    { plan, cpus }: { readonly plan: Plan; readonly cpus: number },
    options: ReadingOptions = {},
  ) {
    const { law, releasesSeen, hashPutsSeen, slotsSeen } = plan;
    this.attachedNs = capture.attachment.attachedNs;
    this.correlator = new Correlator({
      ...{ law, releasesSeen, hashPutsSeen, slotsSeen, cpus },
      attachedNs: this.attachedNs,
      scope: { pids: undefined, comm: undefined, descendants: false },
    });
    this.#capture = capture;
    this.#options = options;
    this.#reading = this.#read();
  }

  /** Waits until what happened by now has been read: CLOCK_BOOTTIME in ns, of the guest. */
  async reach(ktimeNs: bigint, limitMs = 60_000): Promise<void> {
    for (let waited = 0; waited < limitMs; waited += 100) {
      if (this.correlator.point.ktimeNs > ktimeNs + 2_500_000_000n) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`Nothing was heard of the time after ${ktimeNs}`);
  }

  /** Detaches; the model then knows the totals. */
  async stop(): Promise<void> {
    this.#capture.stop();
    await this.#reading;
  }

  /** Ends the program; the guest stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#capture[Symbol.asyncDispose]();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for await (const messages of this.#capture.messages()) {
      for (const it of messages) {
        // Probes that must agree have counts of their own.
        if (it.kind === "totals" && NUMBERED.includes(it.map)) {
          for (const many of it.byCpu.values()) this.numbered += many;
        }
        if (this.#options.keepsNumbers === true && it.kind === "record") this.#keep(it.text);
        this.#hear(this.correlator.take([it]));
        // Who is behind gets many at once, and still is to look in between.
        this.#options.onMessage?.(this);
      }
    }
    this.#hear(this.correlator.finish());
  }

  /** A softirq can interrupt a program between reading and writing its counter: then two records have one number. */
  #keep(text: string): void {
    const [kind = "", cpu, number] = text.split(" ");
    const counter = Object.entries(WIRE_TABLE).find(([it]) => it === kind)?.[1].numbering ?? "none";
    if (counter === "none") return;
    const key = `${counter} ${cpu} ${number}`;
    this.numbers.set(key, [...this.numbers.get(key) ?? [], kind]);
  }

  #hear(updates: readonly Update[]): void {
    const { onUpdate } = this.#options;
    if (onUpdate === undefined) this.updates.push(...updates);
    else updates.forEach(onUpdate);
  }
}

/** An update that tells of a slot. */
export type SlotUpdate = Extract<
  Update,
  { readonly type: "pidfd.install" | "pidfd.dup" | "pidfd.inherit" | "pidfd.close" }
>;

/** Whether an update tells of a slot. */
export function isOfSlot(update: Update): update is SlotUpdate {
  return ["pidfd.install", "pidfd.dup", "pidfd.inherit", "pidfd.close"].includes(update.type);
}

/** The updates of slots that the stimulus did not fill: no such number of such a process held such a pidfd then. */
export function invented(updates: readonly SlotUpdate[], { slots }: Load): readonly SlotUpdate[] {
  // Nanoseconds since a boot of minutes are exact as numbers, and who waits too long is taken for dead by the guard.
  const times = slots.map((it) => ({ ...it, fromNs: Number(it.from_ns), toNs: Number(it.to_ns) }));
  const filled = Map.groupBy(times, (it) => `${it.pid} ${it.fd}`);
  return updates.filter(({ type, body, ktimeNs }) => {
    const pid = type === "pidfd.inherit" ? body.heir.pid : body.process?.pid;
    const atNs = Number(ktimeNs ?? NaN);
    const there = (filled.get(`${pid} ${body.fd}`) ?? []).filter((it) =>
      it.fromNs <= atNs && atNs <= it.toNs
    );
    return !there.some((it) => body.target.pid === null || it.target_pid === body.target.pid);
  });
}

/** When the last slot of a load was emptied, CLOCK_BOOTTIME in ns. */
export function endOf({ slots }: Load): bigint {
  return slots.map((it) => BigInt(it.to_ns)).reduce((last, it) => it > last ? it : last, 0n);
}

/** Returns the updates of one type. */
export function updatesOf<T extends Update["type"]>(
  updates: readonly Update[],
  type: T,
): readonly Extract<Update, { readonly type: T }>[] {
  return updates.filter((it): it is Extract<Update, { readonly type: T }> => it.type === type);
}

/** Bytes of the heap that are in use, after a collection. */
export function heapUsed(): number {
  setFlagsFromString("--expose_gc");
  const collect: unknown = runInNewContext("gc");
  assert.ok(typeof collect === "function");
  collect();
  collect();
  return Deno.memoryUsage().heapUsed;
}
