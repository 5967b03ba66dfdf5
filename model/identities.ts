/**
 * Who processes are beyond their number and start: their number in their own pid namespace, cgroup and container.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import { cgroupOwner } from "../kernel/mod.ts";
import type { EventBody, WireEvent } from "../schema/mod.ts";
import type { Place } from "./place.ts";

/** The fields of a published process that tell who it is. */
export type Identity = Pick<
  NonNullable<EventBody<"pidfd.create">["process"]>,
  "ns_pid" | "cgroup" | "container" | "container_runtime"
>;

/** A process at a moment. */
export interface ProcessMoment {
  /** Process id in the initial pid namespace. */
  readonly pid: number;
  /** Start of the process, CLOCK_BOOTTIME in ns. */
  readonly startNs: bigint;
  /** The moment, CLOCK_BOOTTIME in ns. */
  readonly ktimeNs: bigint;
}

/** Most that is remembered; beyond it the oldest is forgotten. */
export interface IdentityLimits {
  /** Processes that have not ended as far as is known. @default {16384} */
  readonly processesMax?: number;
  /** Processes that have ended: they still release what they held. @default {1024} */
  readonly endedMax?: number;
}

/** What a path says, as it is published, and as it is compared with what the user wrote. */
type CgroupName =
  & Pick<Identity, "cgroup" | "container" | "container_runtime">
  & { readonly place?: Place };

/** As many as the program in the kernel remembers. */
const PROCESSES_MAX = 16_384;
const ENDED_MAX = 1024;
/** More than are read at a time. */
const CGROUPS_MAX = 131_072;
/** Threads whose uid is remembered; as many as the program in the kernel remembers. */
const THREADS_MAX = 16_384;
/** Cgroups that one process is remembered to have been in. */
const MOVES_MAX = 4;
/** Changes of uid that are remembered of one thread: more than it makes while events wait for their turn. */
const CHANGES_MAX = 64;
/** How long events wait for a name, ns: less than the window in which they are put in order. */
const PATIENCE_NS = 3_000_000_000n;
/** Ids that wait for their name. */
const UNNAMED_MAX = 1024;

const NO_CGROUP: CgroupName = { cgroup: null, container: null, container_runtime: null };

/** What was told of processes and cgroups, bounded. */
export class Identities {
  /** What was told of a process, the earliest first, by its number and start. */
  readonly #told = new Map<string, WireEvent<"who">[]>();
  readonly #ended = new Set<string>();
  /** Under which uid a thread was told to act, the earliest first, by its number and the start of its process. */
  readonly #owners = new Map<string, WireEvent<"owner">[]>();
  readonly #names = new Map<bigint, CgroupName>();
  /** When a process was told to be in it, CLOCK_BOOTTIME in ns. */
  readonly #unnamed = new Map<bigint, bigint>();
  readonly #limits: Required<IdentityLimits>;

  /** Begins with nothing told; see {@linkcode IdentityLimits}. */
  constructor({ processesMax = PROCESSES_MAX, endedMax = ENDED_MAX }: IdentityLimits = {}) {
    this.#limits = { processesMax, endedMax };
  }

  /** Ids of cgroups that processes were told to be in and whose path was not told. */
  get unnamed(): Iterable<bigint> {
    return this.#unnamed.keys();
  }

  /**
   * From when on events should wait for the name of a cgroup, CLOCK_BOOTTIME in ns; `undefined` where none is expected.
   *
   * @param nowNs latest moment that was told of, CLOCK_BOOTTIME in ns
   */
  namedUntilNs(nowNs: bigint): bigint | undefined {
    let untilNs: bigint | undefined;
    // Where no name was ever told, nobody reads them.
    if (this.#names.size === 0) return undefined;
    for (const toldNs of this.#unnamed.values()) {
      if (nowNs - toldNs < PATIENCE_NS && (untilNs === undefined || toldNs < untilNs)) untilNs = toldNs;
    }
    return untilNs;
  }

  /** How many processes are remembered. */
  get size(): number {
    return this.#told.size;
  }

  /** Takes a record that tells of a process, of a cgroup, or of the uid of a thread. */
  take(record: WireEvent<"who" | "cgroup" | "owner">): void {
    if (record.kind === "cgroup") return this.#name(record);
    if (record.kind === "owner") return this.#own(record);
    const key = keyOf(record);
    const moves = [...this.#told.get(key) ?? [], record].sort((a, b) => Number(a.ktimeNs - b.ktimeNs));
    this.#told.set(key, moves.slice(-MOVES_MAX));
    forgetOldest(this.#told, this.#limits.processesMax);
    const { cgroupId } = record;
    if (cgroupId === 0n || this.#names.has(cgroupId)) return;
    if (!this.#unnamed.has(cgroupId)) this.#unnamed.set(cgroupId, record.ktimeNs);
    forgetOldest(this.#unnamed, UNNAMED_MAX);
  }

  /** A process has ended: it is forgotten, but not yet. */
  end(process: Pick<ProcessMoment, "pid" | "startNs">): void {
    const key = keyOf(process);
    if (this.#told.has(key)) this.#ended.add(key);
    for (const it of this.#ended) {
      if (this.#ended.size <= this.#limits.endedMax) return;
      this.#ended.delete(it);
      this.#told.delete(it);
    }
  }

  /**
   * Returns who a process was at a moment; `null` for what is not known.
   *
   * @param process the process and the moment
   */
  of(process: ProcessMoment): Identity {
    const moves = this.#told.get(keyOf(process));
    const told = moves?.findLast((it) => it.ktimeNs <= process.ktimeNs) ?? moves?.[0];
    if (told === undefined) return { ns_pid: null, ...NO_CGROUP };
    const { cgroup, container, container_runtime } = this.#names.get(told.cgroupId) ?? NO_CGROUP;
    return { ns_pid: told.nsPid, cgroup, container, container_runtime };
  }

  /**
   * Returns where a process was at a moment; `undefined` when that is not known.
   *
   * @param process the process and the moment
   */
  placeOf(process: ProcessMoment): Place | undefined {
    const moves = this.#told.get(keyOf(process));
    const told = moves?.findLast((it) => it.ktimeNs <= process.ktimeNs) ?? moves?.[0];
    return told === undefined ? undefined : this.#names.get(told.cgroupId)?.place;
  }

  /**
   * Returns the uid under which a thread acted at a moment; `undefined` when that is not known.
   *
   * @param thread the thread, the start of its process, and the moment
   */
  uidOf(thread: Pick<ProcessMoment, "startNs" | "ktimeNs"> & { readonly tid: number }): number | undefined {
    const told = this.#owners.get(`${thread.tid} ${thread.startNs}`);
    return told?.findLast((it) => it.ktimeNs <= thread.ktimeNs)?.uid;
  }

  #own(record: WireEvent<"owner">): void {
    const key = `${record.tid} ${record.startNs}`;
    const changes = [...this.#owners.get(key) ?? [], record].sort((a, b) => Number(a.ktimeNs - b.ktimeNs));
    // What was told last is forgotten last.
    this.#owners.delete(key);
    this.#owners.set(key, changes.slice(-CHANGES_MAX));
    forgetOldest(this.#owners, THREADS_MAX);
  }

  #name({ cgroupId, path }: WireEvent<"cgroup">): void {
    const text = textOf(path);
    if (text === undefined) return;
    const owner = cgroupOwner(text);
    this.#names.set(cgroupId, {
      cgroup: printableText(text),
      container: owner.kind === "container" ? printableText(owner.id) : null,
      container_runtime: owner.kind === "container" ? owner.runtime ?? null : null,
      place: { path: text, container: owner.kind === "container" ? owner.id : undefined },
    });
    this.#unnamed.delete(cgroupId);
    forgetOldest(this.#names, CGROUPS_MAX);
  }
}

function keyOf({ pid, startNs }: Pick<ProcessMoment, "pid" | "startNs">): string {
  return `${pid} ${startNs}`;
}

function textOf(hex: string): string | undefined {
  if (!/^(?:[0-9a-f]{2})+$/.test(hex)) return undefined;
  return new TextDecoder().decode(Uint8Array.fromHex(hex));
}

function forgetOldest<K>(
  of: { readonly size: number; keys(): Iterable<K>; delete(key: K): boolean },
  max: number,
): void {
  if (of.size <= max) return;
  for (const oldest of of.keys()) {
    of.delete(oldest);
    return;
  }
}
