/**
 * What the model remembers, and what must be true of it.
 *
 * @module
 */

import type { Loss } from "../events/mod.ts";
import type { EventBody, WireEvent } from "../schema/mod.ts";
import type { SlotComparison } from "./_comparison.ts";
import { Identities } from "./identities.ts";
import { SlotGraph } from "./slots.ts";
import type { FdTable, Slot } from "./slots.ts";

/**
 * A `struct pid` that a pidfd names, from its first pidfd until it is freed.
 *
 * Its address is used again by the kernel within milliseconds, so an entry goes as soon as the pid is freed, and is
 * replaced when a birth shows the address in new use.
 */
export interface Target {
  /** This run's name for it; never used again. */
  readonly id: string;
  /** Address of the `struct pid`. */
  readonly address: string;
  /** Process id in the initial pid namespace; `null` when it was not seen alive. */
  pid: number | null;
  /** Start of the process, CLOCK_BOOTTIME in ns; `null` when not known. */
  startNs: bigint | null;
  /** `comm` of the process when it was first seen; `null` when not known. */
  comm: string | null;
  /** Whether the pid hash still holds its reference; `null` when that is not known. */
  hashed: boolean | null;
  /** When the record of that drop was made, CLOCK_BOOTTIME in ns; the drop itself comes a moment later. */
  hashPutNs: bigint | null;
  /** What holds one reference: each file, or the inode that all of them share. */
  readonly law: RefcountLaw;
  /** Whether the pidfs inode exists and holds its one reference; false where each file holds its own. */
  inode: boolean;
  /** Files that are open; with pidfs all of them are of that inode. */
  files: number;
  /**
   * Releases of its files that are on their way: entries of {@linkcode ModelState.releasing}. Where each file holds a
   * reference, that of each of them may be gone before it is known. With pidfs any of them can be the one that drops
   * the inode once no file is open.
   */
  settling: number;
  /** Latest files that were made of it while it was known: a count read just before may have its record after theirs. */
  arriving: readonly Arrival[];
  /** The process has ended. */
  exited: boolean;
  /** The process was waited for. */
  reaped: boolean;
  /** Its count reached 0: nothing of it may be read any more. */
  freed: boolean;
  /** When it was met first, CLOCK_BOOTTIME in ns; what was lost before cannot concern it. */
  bornNs: bigint;
  /** Its birth or its first pidfd was seen from the begin, with all probes attached. */
  readonly whole: boolean;
  /** Whether this tool has read /proc of it, which holds references of its own. */
  disturbed: boolean;
  /** It is the child of a clone that failed: nobody ever had a pidfd of it. */
  readonly failed: boolean;
  /** A pidfd of it was made by a process in scope. */
  followed: boolean;
  /** `seq` of the last event about it, as evidence. */
  lastSeq: number;
}

/** What holds one reference of a `struct pid`. */
export type RefcountLaw = "per-file" | "per-inode";

/** When and by whom the record of a birth was made. */
export interface Arrival {
  /** The thread. */
  readonly tid: number;
  /** CLOCK_BOOTTIME in ns. */
  readonly ktimeNs: bigint;
}

/** A pidfd's `struct file`, from its birth until its last reference goes. */
export interface PidfdFile {
  /** This run's name for it; never used again. */
  readonly id: string;
  /** Its target. */
  readonly target: Target;
  /** `seq` of its pidfd.create. */
  readonly createdSeq: number;
  /** When it was made, CLOCK_BOOTTIME in ns. */
  readonly createdNs: bigint;
  /** It was made by a process in scope. */
  readonly followed: boolean;
  /** Whether a slot has held it, as far as slots are watched. */
  installed: boolean;
  /** `seq` of the messages that it was put into and that were not received yet, the earliest first. */
  readonly sent: number[];
  /** `seq` of the latest message that it was put into; `null` for none. */
  lastSent: number | null;
  /** How often it was used, by what for. */
  readonly uses: Map<string, number>;
}

/** Something that happened to a slot. */
export type SlotNews =
  & {
    /** The record of it. */
    readonly event: Extract<WireEvent, { kind: "slot" | "replace" | "empty" | "flush" | "range" | "send" }>;
    /** The slot. */
    readonly slot: Slot;
    /** `f_count` of its file after the step; `null` when it was not read. */
    readonly references: number | null;
    /** How many slots held the file after the step. */
    readonly slots: number;
    /** Whether exec would have closed the slot then; only of what waited for the birth, and may be told later. */
    readonly closeOnExec?: boolean | null;
  }
  & (
    | { readonly kind: "filled" | "sent" }
    | { readonly kind: "emptied"; readonly cause: EventBody<"pidfd.close">["cause"] }
  );

/**
 * A release whose file is gone; the next record of the same thread tells whether that thread dropped a reference.
 *
 * With pidfs, which of several releases at once drops it is chance, so each is remembered, also when it could be published at once
 * because other files were open.
 */
export interface Releasing {
  /** The record of the release. */
  readonly event: Extract<WireEvent, { kind: "release" }>;
  /** The file, when its birth was seen. */
  readonly file: PidfdFile | undefined;
  /** The failed clone that made it, if that is what it is. */
  readonly failing: FailedClone | undefined;
  /** Its target. */
  readonly target: Target;
  /** It is published: other files of the inode were open. */
  readonly told: boolean;
  /** Its thread has gone on without dropping the inode; another one may still do so. */
  wentOn: boolean;
  /** Its thread has dropped the last reference of the target: what is read afterwards is another's memory. */
  freed: boolean;
}

/** A release whose file nobody was known to have; see {@linkcode ModelState.early}. */
export interface EarlyRelease {
  /** This run's name for the file. */
  readonly id: string;
  /** `seq` of its pidfd.release. */
  readonly seq: number;
  /** Its target. */
  readonly target: Target;
}

/** A window of time in which something was lost; `null` where an end of it is not known. */
export interface DoubtWindow {
  /** Begin, CLOCK_BOOTTIME in ns. */
  readonly fromNs: bigint | null;
  /** End, CLOCK_BOOTTIME in ns. */
  readonly toNs: bigint | null;
  /** What was lost there, where it can only be one thing; see {@linkcode Loss}. */
  readonly only?: Loss["only"];
}

/**
 * What losses make doubtful.
 *
 * Losses are told as soon as they are noticed, which is before the events of that time have had their turn; so a
 * window waits until the events have come to its begin.
 */
export interface Doubts {
  /** Windows that begin after the present moment. */
  waiting: DoubtWindow[];
  /** Latest end of the windows that have begun; `null` when there is none, `"unknown"` when one has no known end. */
  untilNs: bigint | "unknown" | null;
  /** The same of those in which only records of the hash's put were lost, which are not among the others. */
  putsUntilNs: bigint | "unknown" | null;
}

/** A clone that failed after its file was made; it is reported when the file is released. */
export interface FailedClone {
  /** The event to publish, but for what is known only after the cleanup. */
  readonly body: Omit<EventBody<"clone.failed">, "file_released" | "pid_dropped" | "count">;
  /** The `struct pid` that was given up. */
  readonly target: Target;
  /** The thread that called: its next record of another kind shows that the cleanup is over. */
  readonly tid: number;
  /** When the call failed, CLOCK_BOOTTIME in ns. */
  readonly ktimeNs: bigint;
  /** It was called by a process in scope. */
  readonly followed: boolean;
}

/** What is in scope: everything, or what matches each of these that is given. */
export interface Scope {
  /** Process ids on the target; `undefined` for all. */
  readonly pids: ReadonlySet<number> | undefined;
  /** Shell pattern that `comm` must match; `undefined` for all. */
  readonly comm: RegExp | undefined;
  /** Whether what processes in scope fork is in scope too. */
  readonly descendants: boolean;
  /** Thread ids on the target. @default {all} */
  readonly tids?: ReadonlySet<number> | undefined;
  /** Real user ids as the initial user namespace counts. @default {all} */
  readonly uids?: ReadonlySet<number> | undefined;
  /** Paths in cgroup v2 from its root: these and everything below them. @default {all} */
  readonly cgroups?: readonly string[] | undefined;
  /** Begins of ids of containers. @default {all} */
  readonly containers?: readonly string[] | undefined;
}

/** What the model needs to know before the first event. */
export interface ModelOptions {
  /** What holds one reference of a `struct pid`. */
  readonly law: RefcountLaw;
  /** CLOCK_BOOTTIME in ns from which on every probe is attached; what is older is not judged. */
  readonly attachedNs: bigint;
  /** What is in scope. */
  readonly scope: Scope;
  /** Whether it is seen when a pidfd's last reference goes; without that no count is judged. @default {true} */
  readonly releasesSeen?: boolean | undefined;
  /** Whether it is seen when the pid hash drops its reference; without that no count is judged. @default {true} */
  readonly hashPutsSeen?: boolean | undefined;
  /** Whether every slot that holds a pidfd is seen. @default {false} */
  readonly slotsSeen?: boolean | undefined;
}

/** An fd table that was copied a moment ago. */
export interface TableCopy {
  /** The one that was copied. */
  readonly from: FdTable;
  /** The one that was made. */
  readonly copy: FdTable;
  /** When, CLOCK_BOOTTIME in ns. */
  readonly ktimeNs: bigint;
}

/** All that the model remembers. {@linkcode step} is the only function that changes it. */
export interface ModelState {
  /** What it was told before the first event. */
  readonly options: ModelOptions;
  /** Targets by address of their `struct pid`. */
  readonly targets: Map<string, Target>;
  /** Open pidfd files by address of their `struct file`. */
  readonly files: Map<string, PidfdFile>;
  /** Failed clones by address of the file that they made. */
  readonly failing: Map<string, FailedClone>;
  /** Releases on their way, by thread. */
  readonly releasing: Map<number, Releasing>;
  /** Files that were released before a birth of theirs was known, by address; bounded, the oldest first. */
  readonly early: Map<string, EarlyRelease>;
  /** Which slots hold which file; empty when slots are not watched. */
  readonly slots: SlotGraph;
  /** What slots told of files whose birth has no record yet, by address of the file. */
  readonly unborn: Map<string, SlotNews[]>;
  /** User stacks by name, a text for each frame. */
  readonly stacks: Map<bigint, readonly string[]>;
  /** The stack that a record comes from which has not had its turn, by its CPU and number. */
  readonly stackOf: Map<string, bigint>;
  /** Slots that were emptied last, by thread, for records that tell of it twice; forgotten at each heartbeat. */
  readonly emptied: Map<number, { readonly table: string; readonly fd: number; readonly file: string }>;
  /** When this tool began to read /proc of everybody, CLOCK_BOOTTIME in ns; `null` when it has not. */
  lookedNs: bigint | null;
  /** The last comparison with /proc; `null` when there was none. */
  comparison: SlotComparison | null;
  /** Copies of fd tables of which it is not known yet who has them, by the thread that made them. */
  readonly copies: Map<number, TableCopy>;
  /** Processes in scope with their start; `null` until they are seen to act. */
  readonly members: Map<number, bigint | null>;
  /** Members that have ended, the oldest first: they still release what they held; bounded. */
  readonly ended: { readonly pid: number; readonly startNs: bigint }[];
  /** Who processes are beyond their number and start. */
  readonly identities: Identities;
  /** Times that it was not known whether an event is in scope; it counts as out of scope. */
  unplaced: number;
  /** Latest moment that an event told of, CLOCK_BOOTTIME in ns. */
  nowNs: bigint;
  /** `seq` of the last update. */
  seq: number;
  /** Names given so far. */
  names: { targets: number; files: number };
  /** What was lost, and so cannot be judged. */
  readonly doubts: Doubts;
  /** Records that fit no lifecycle. */
  unmatched: number;
  /** Counts compared with the known holders, those that were equal, and those that had other holders too. */
  counts: { checked: number; equal: number; above: number };
}

/**
 * Returns the state before the first event.
 *
 * @param options what the model needs to know
 * @returns a state that {@linkcode step} may change
 */
export function initialState(options: ModelOptions): ModelState {
  const members = new Map<number, bigint | null>();
  for (const pid of options.scope.pids ?? []) members.set(pid, null);
  return {
    options,
    targets: new Map(),
    files: new Map(),
    failing: new Map(),
    releasing: new Map(),
    early: new Map(),
    slots: new SlotGraph(),
    unborn: new Map(),
    stacks: new Map(),
    stackOf: new Map(),
    copies: new Map(),
    lookedNs: null,
    comparison: null,
    emptied: new Map(),
    members,
    ended: [],
    identities: new Identities(),
    unplaced: 0,
    nowNs: 0n,
    seq: 0,
    names: { targets: 0, files: 0 },
    doubts: { waiting: [], untilNs: null, putsUntilNs: null },
    unmatched: 0,
    counts: { checked: 0, equal: 0, above: 0 },
  };
}
