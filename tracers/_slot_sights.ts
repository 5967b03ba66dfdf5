/**
 * What has to be seen for the slots of fd tables, and every way to see it.
 *
 * @module
 */

import { SLOT_EMPTIERS, SLOT_TAKERS, slotEmptied, slotFlushed, slotTaken } from "./_emptied_slots.ts";
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

/** The slots of fd tables, in parts. */
export function slots(sources: SightSources): readonly Sight[] {
  const { facts, btf, doors, files } = sources;
  const sites: SlotSites = {
    ...madeSites(sources),
    files,
    madeSeen: isMadeSeen(sources),
    counter: btf.field("file", "f_ref") === undefined ? "f_count" : "f_ref",
  };
  const operations = facts.symbols.has(files.operations)
    ? undefined
    : `The symbol ${files.operations} is needed: a pidfd's file is known by it`;
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
