/**
 * A stream of lines as `bpftrace -f json` prints them: lives of processes and their pidfds, one after another, the
 * same for the same numbers. Nothing of it is kept, so it can be as long as one likes.
 *
 * @module
 */

import { COUNTERS } from "../program/mod.ts";
import { WIRE_TABLE } from "../schema/mod.ts";
import type { WireTag } from "../schema/mod.ts";
import { rawLine } from "../tests/support/recording.ts";
import { encodeRecord } from "../tests/support/wire.ts";
import type { WireValues } from "../tests/support/wire.ts";

/** CPUs of the machine that the stream is of. */
export const STREAM_CPUS = 2;

/** Options of {@linkcode wireStream}. */
export interface WireStreamOptions {
  /** Processes that are born; each has 6 to 8 records. */
  readonly lives: number;
  /** Processes that live at the same time, each with one or two pidfds; they stay alive at the end. */
  readonly living: number;
}

/** Lines that arrive at once. */
const CHUNK_LINES = 128;
const RECORD_NS = 10_000n;
const TICK_NS = 1_000_000_000n;

/** Prints records, with numbers and heartbeats, and hands them out as one CPU's buffer is read after another's. */
class Recorder {
  readonly #lanes: string[][] = Array.from({ length: STREAM_CPUS }, () => []);
  readonly #counters = Array.from({ length: STREAM_CPUS }, () => ({ task: 0, softirq: 0 }));
  #nowNs = TICK_NS;
  #tickNs = TICK_NS;

  get nowNs(): bigint {
    return this.#nowNs;
  }

  print(tag: WireTag, cpu: number, values: WireValues): void {
    this.pass(RECORD_NS);
    const { numbering } = WIRE_TABLE[tag];
    const counters = this.#counters[cpu] ?? { task: 0, softirq: 0 };
    const number = numbering === "none" ? 0 : ++counters[numbering];
    this.#push(cpu, encodeRecord(tag, { cpu, number, ktimeNs: this.#nowNs, ...values }));
  }

  pass(ns: bigint): void {
    this.#nowNs += ns;
    for (; this.#tickNs <= this.#nowNs; this.#tickNs += TICK_NS) {
      this.#counters.forEach((counters, cpu) =>
        this.#push(cpu, encodeRecord("tick", { cpu, ktimeNs: this.#tickNs, ...counters }))
      );
    }
  }

  /** What was printed since the last time. */
  take(): readonly string[] {
    return this.#lanes.flatMap((lane) => lane.splice(0));
  }

  get length(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.length, 0);
  }

  totals(): readonly string[] {
    return (["task", "softirq"] as const).map((counter) =>
      rawLine({
        kind: "totals",
        map: COUNTERS[counter],
        byCpu: new Map(this.#counters.map((it, cpu) => [cpu, it[counter]])),
      })
    );
  }

  #push(cpu: number, text: string): void {
    this.#lanes[cpu]?.push(rawLine({ kind: "record", text }));
  }
}

/** One process, and the places of its objects, which later ones use again. */
interface Life {
  readonly number: number;
  readonly cpu: number;
  readonly pid: number;
  readonly startNs: bigint;
  readonly pidAddress: string;
  readonly inode: number;
  readonly files: readonly string[];
}

const MANAGER = { pid: 100, tid: 100, startNs: 5_000_000, comm: "manager" };
const STAYS = { slotFile: "0", fileFlags: 2 };

/** A process is born with a pidfd; every third is opened once more. */
function begin(recorder: Recorder, number: number, living: number): Life {
  const place = (number % (2 * living)).toString(16).padStart(6, "0");
  const life: Life = {
    number,
    cpu: number % STREAM_CPUS,
    pid: 300 + number % 32_000,
    startNs: recorder.nowNs,
    pidAddress: `ffff8881${place}00`,
    inode: 7000 + number,
    files: number % 3 === 0 ? [`ffff8882${place}00`, `ffff8883${place}00`] : [`ffff8882${place}00`],
  };
  const { cpu, pid, startNs, pidAddress, inode } = life;
  const [file = "0", other] = life.files;
  const about = { ...MANAGER, ...STAYS, pidAddress, inode, count: 2 };
  recorder.print("clone", cpu, {
    ...about,
    child: pid,
    childStartNs: startNs,
    cloneFlags: "1000",
    clone3: number % 2,
    fd: 3 + number % 1000,
    slotFile: file,
    file,
  });
  if (other === undefined) return life;
  recorder.print("open", cpu, {
    ...about,
    target: pid,
    openFlags: 0,
    result: 3 + (number + 1) % 1000,
    slotFile: other,
    file: other,
    nr: pid,
    targetStartNs: startNs,
    targetComm: "service",
  });
  return life;
}

/** It exits and is waited for, and its pidfds are closed: before that, or after it by every fourth. */
function end(recorder: Recorder, life: Life): void {
  const isLate = life.number % 4 === 0;
  if (!isLate) close(recorder, life, 2);
  const { cpu, pid, startNs, pidAddress } = life;
  const count = isLate ? 2 : 1;
  const dead = { pid, tid: pid, startNs, comm: "service", pidAddress, count };
  recorder.print("exit", cpu, { ...dead, live: 0, exitCode: 0 });
  recorder.print("reap", cpu, { ...MANAGER, pidAddress, count });
  recorder.print("put", cpu, { pidAddress, count });
  if (isLate) close(recorder, life, 1);
}

function close(recorder: Recorder, { cpu, files, pidAddress, inode }: Life, count: number): void {
  const about = { ...MANAGER, pidAddress, inode };
  for (const file of files) recorder.print("release", cpu, { ...about, file, count });
  recorder.print("evict", cpu, { ...about, before: count, after: count - 1 });
}

/**
 * Prints the stream.
 *
 * @param options how long it is, and how many live at once
 * @returns chunks of lines, in the order of their arrival; at the end the heartbeats and totals that prove it whole
 * @throws {RangeError} when nobody would ever die
 *
 * @example
 * ```ts
 * import { wireStream } from "./wire_stream.ts";
 * import assert from "node:assert/strict";
 *
 * const lines = [...wireStream({ lives: 100, living: 10 })].flat();
 * assert.equal(lines.filter((line) => line.includes('"clone ')).length, 100);
 * ```
 */
export function* wireStream(options: WireStreamOptions): Generator<readonly string[]> {
  const { lives, living } = options;
  if (!(living >= 1 && lives > living)) {
    throw new RangeError(
      `Cannot print a stream of ${lives} lives: more than the ${living} living are required`,
    );
  }
  const recorder = new Recorder();
  const alive: (Life | undefined)[] = [];
  for (let number = 0; number < lives; number += 1) {
    const oldest = alive[number % living];
    if (oldest !== undefined) end(recorder, oldest);
    alive[number % living] = begin(recorder, number, living);
    if (recorder.length >= CHUNK_LINES) yield recorder.take();
  }
  recorder.pass(3n * TICK_NS);
  yield recorder.take();
  yield recorder.totals();
}
