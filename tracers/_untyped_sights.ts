/**
 * What is seen on a kernel that does not describe its types, and what is assumed of it.
 *
 * @module
 */

import type { KernelFacts } from "../kernel/mod.ts";
import { MAPS } from "./_kernel_terms.ts";
import { climb } from "./_ladder.ts";
import type { Seen, Sight, Way } from "./_ladder.ts";
import type { Doors } from "./_doors.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";
import { PIDFD_OPEN } from "./_sights.ts";
import { untypedClones, untypedDrops, untypedEvictions, untypedMaker, untypedOpens } from "./_untyped.ts";
import type { CloneArguments } from "./_untyped.ts";

/** The functions that can be the whole of clone and clone3, the newer name first. */
export const CLONE_NAMES: readonly string[] = ["kernel_clone", "_do_fork"];

/** The functions that a plan without types asks about besides the others. */
export const UNTYPED_SYMBOLS: readonly string[] = [...CLONE_NAMES, "alloc_pid", "__x64_sys_clone3"];

/** What every plan without types cannot see. */
export const UNTYPED_CANNOT_SEE: readonly string[] = [
  "the kernel does not describe its types (BTF): names, start times, inode numbers and flags are not known",
  "when a target exits, is waited for and is freed is not seen, so no count is judged",
  "clone and clone3 cannot be told apart, and the stage of a call that fails is not known",
];

/** What is seen, and what that rests on. */
export interface UntypedView {
  /** How births are seen. */
  readonly births: readonly Seen[];
  /** How it is seen that a file is made. */
  readonly made: Seen;
  /** How it is seen that one goes. */
  readonly released: Seen;
  /** What is assumed, one sentence each. */
  readonly assumed: readonly string[];
}

/**
 * Chooses the ways to see without types.
 *
 * @param facts what the kernel is known to have
 * @param doors its doors
 * @param options how its files are made, and whether the command is followed
 * @returns what is seen
 */
export function untypedView(
  facts: KernelFacts,
  options: { readonly doors: Doors; readonly files: PidfdFiles; readonly follow: boolean },
): UntypedView {
  const { doors, files, follow } = options;
  const cloneArguments: CloneArguments = facts.symbols.has("__x64_sys_clone3") ? "struct" : "one by one";
  const cloneFunction = CLONE_NAMES.find((it) => facts.symbols.has(it)) ?? "kernel_clone";
  const sites = { cloneArguments, cloneFunction, follow };
  const clones = climb({
    what: "births by clone and clone3",
    ways: [(): Way => ({
      functions: ["copy_process", "alloc_pid", cloneFunction],
      probes: () => untypedClones(sites),
    })],
    without: ["pidfds that are made by clone and clone3 are not seen"],
  }, doors);
  const opens = climb({
    what: "births by pidfd_open",
    ways: [(): Way => ({ functions: [PIDFD_OPEN], probes: () => untypedOpens(PIDFD_OPEN) })],
    without: ["pidfds that are made by pidfd_open are not seen"],
  }, doors);
  const calls = [clones, opens].flatMap(({ rung }, at) =>
    rung.step === "none" ? [] : [[MAPS.cloning, MAPS.opening][at] ?? MAPS.cloning]
  );
  return {
    births: [clones, opens],
    made: climb(making(files, calls), doors),
    released: climb(releasing(files), doors),
    assumed: [
      "assumed: the registers of a system call lie as on every x86-64",
      "assumed: count is the first member of struct pid",
      cloneArguments === "struct"
        ? "assumed: struct kernel_clone_args begins with flags and pidfd"
        : "assumed: copy_process() gets the flags first and parent_tidptr fourth; such a kernel was never traced",
    ],
  };
}

function making(files: PidfdFiles, calls: readonly string[]): Sight {
  const pidArgument = files.law === "per-file" ? 2 : 0;
  return {
    what: "pidfd files being made",
    ways: files.makers.map((maker) => (): Way => ({
      functions: [maker],
      probes: () => untypedMaker(maker, pidArgument, calls),
    })),
    without: ["the files of pidfds are not seen, and so neither is their end"],
  };
}

function releasing({ law }: PidfdFiles): Sight {
  return {
    what: "releases",
    ways: [
      (): Way =>
        law === "per-file"
          ? { functions: ["pidfd_release"], probes: untypedDrops }
          : { functions: ["__fput", "pidfs_evict_inode"], probes: untypedEvictions },
    ],
    without: ["when a pidfd's last reference goes is not seen: how many are open cannot be told"],
  };
}
