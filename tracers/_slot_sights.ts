/**
 * What has to be seen for the slots of fd tables, and every way to see it.
 *
 * @module
 */

import { numberClosedAgain, numbersFilled } from "./_closed_twice.ts";
import {
  isAtEntry,
  SLOT_EMPTIERS,
  SLOT_TAKERS,
  slotEmptied,
  slotFlushed,
  slotTaken,
} from "./_emptied_slots.ts";
import { CLOSE_RANGE, fileSent, rangeClosed, slotMarked, slotsFilled, tablesShared } from "./_fd_slots.ts";
import type { SlotSites } from "./_fd_slots.ts";
import type { Sight, Way } from "./_ladder.ts";
import { isMadeSeen, madeSites } from "./_sights.ts";
import type { SightSources } from "./_sights.ts";

/** The functions that slots are seen by, for `discover`. */
export const SLOT_SYMBOLS: readonly string[] = [
  "fd_install",
  "do_dup2",
  ...SLOT_EMPTIERS,
  ...SLOT_TAKERS,
  "filp_close",
  "dup_fd",
  "exit_files",
  "put_files_struct",
  "set_close_on_exec",
  CLOSE_RANGE,
  "fget_raw",
];

/** The parts without which no slot can be told for certain. */
export const SLOT_PARTS: readonly string[] = ["slots filled", "slots emptied", "fd tables"];

/** The name of the sight of numbers that are closed twice. */
export const CLOSED_TWICE = "numbers closed twice";

/** Where a number of a pidfd is closed again; it stands before {@linkcode slots}. */
export function closesTwice(sources: SightSources): Sight {
  const { doors } = sources;
  const sites = slotSites(sources, { closesKept: true, stacksTold: false });
  return {
    what: CLOSED_TWICE,
    ways: SLOT_EMPTIERS.map((name) => (): Way => ({
      functions: [name, "fd_install", "do_dup2"],
      missing: [needsOperations(sources)],
      probes: () => [
        numberClosedAgain({ name, atEntry: isAtEntry(name, doors.door(name)) }, sites),
        ...numbersFilled(),
      ],
    })),
    without: ["whether a number of a pidfd is closed twice is not seen"],
  };
}

/** What more is told of slots than that they are filled and emptied. */
export interface SlotDepth {
  /** Whether it is kept that a number was closed, for {@linkcode closesTwice}. */
  readonly closesKept: boolean;
  /** Whether the user stack is told from which a slot is filled. */
  readonly stacksTold: boolean;
}

function slotSites(sources: SightSources, depth: SlotDepth): SlotSites {
  const { btf, files } = sources;
  return {
    ...madeSites(sources),
    files,
    madeSeen: isMadeSeen(sources),
    counter: btf.field("file", "f_ref") === undefined ? "f_count" : "f_ref",
    ...depth,
  };
}

function needsOperations({ facts, files }: SightSources): string | undefined {
  return facts.symbols.has(files.operations)
    ? undefined
    : `The symbol ${files.operations} is needed: a pidfd's file is known by it`;
}

/**
 * The slots of fd tables, in parts.
 *
 * @param sources what is known of the kernel
 * @param depth see {@linkcode SlotDepth}
 */
export function slots(sources: SightSources, depth: SlotDepth): readonly Sight[] {
  const { btf, doors } = sources;
  const sites = slotSites(sources, depth);
  const operations = needsOperations(sources);
  const inExec = btf.field("task_struct", "in_execve") === undefined
    ? "BTF does not describe task_struct.in_execve"
    : undefined;
  const hole = btf.functionParameters("dup_fd")?.[1]?.name === "punch_hole" ? "punch_hole" : "max_fds";
  const parameter = btf.functionParameters(CLOSE_RANGE)?.[0]?.name ?? "regs";
  const without = ["which numbers a pidfd has in which fd tables is not told for certain"];
  return [
    {
      what: "slots filled",
      ways: [() => ({
        functions: ["fd_install", "do_dup2"],
        missing: [operations],
        probes: () => slotsFilled(sites),
      })],
      without,
    },
    {
      what: "slots emptied",
      ways: SLOT_EMPTIERS.map((it) => (): Way => ({
        functions: [it, "filp_close"],
        missing: [operations, inExec],
        probes: () => [slotEmptied({ name: it, door: doors.door(it) }, sites), slotFlushed(sites)],
      })),
      without,
    },
    ...taken(sources, sites),
    {
      what: "fd tables",
      ways: [() => ({
        functions: ["dup_fd", "copy_process", "exit_files", "put_files_struct"],
        probes: () => tablesShared(hole, sites.who),
      })],
      without,
    },
    {
      what: "messages",
      ways: [() => ({ functions: ["fget_raw"], missing: [operations], probes: () => [fileSent(sites)] })],
      without: ["pidfds that are sent over sockets are not seen before they are received"],
    },
    {
      what: "close-on-exec",
      ways: [
        () => ({
          functions: ["set_close_on_exec", CLOSE_RANGE],
          probes: () => [slotMarked(), rangeClosed(parameter)],
        }),
        () => ({
          functions: ["set_close_on_exec"],
          loses: ["what close_range leaves out of a copy of an fd table, or marks for exec, is not seen"],
          probes: () => [slotMarked()],
        }),
      ],
      without: ["which of two slots of the same file exec closes is not told"],
    },
  ];
}

/** What io_uring closes, in kernels where it does so past the function that close(2) calls. */
function taken({ doors }: SightSources, sites: SlotSites): readonly Sight[] {
  const [newer = ""] = SLOT_EMPTIERS;
  if (doors.door(newer) !== undefined) return [];
  return [{
    what: "slots emptied by io_uring",
    ways: SLOT_TAKERS.map((it) => (): Way => ({ functions: [it], probes: () => [slotTaken(it, sites)] })),
    without: ["slots that io_uring empties are not told for certain"],
  }];
}
