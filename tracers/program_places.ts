/**
 * Which probe of a plan a program in the kernel belongs to.
 *
 * A link at fentry or fexit tells the function that it is at by its id in the kernel's BTF
 * (`bpf_tracing_link_show_fdinfo()`, kernel/bpf/syscall.c; lab:6.12 has it, lab:6.1 has not). Without that, the order of
 * attaching tells it: bpftrace attaches what is entered last to first, so that probes of one place fire in their order.
 * That holds for 0.17, 0.23 and 0.27, though 0.17 loads the programs in that order too, and the others do not
 * (tests/lab/machines_test.ts); versions between them were not tried.
 *
 * @module
 */

import type { Btf } from "../kernel/mod.ts";
import { renderAttachPoint } from "../program/mod.ts";
import { isLastPut } from "./_last_puts.ts";
import type { Plan } from "./tracer.ts";

/** A probe of a plan. */
export interface ProgramPlace {
  /** As bpftrace writes it, such as `fentry:put_pid`. */
  readonly name: string;
  /**
   * Whether no verdict rests on it, as on those that tell of nothing but that another holder than pid hash and pidfds
   * dropped the last reference. A softirq puts each reaped target, and passes the program over where it interrupts it.
   */
  readonly isSpare: boolean;
}

/** A program in the kernel. */
export interface LoadedProgram {
  /** The kernel's id of it. */
  readonly id: string;
  /** Where its link says that it is, if it is at fentry or fexit. */
  readonly place:
    | { readonly kind: "fentry" | "fexit"; readonly linkId: number; readonly functionId: number | undefined }
    | undefined;
}

/** Tells the probes of programs, by their ids; those of which that is not certain are not there. */
export type ProgramPlaces = (programs: readonly LoadedProgram[]) => ReadonlyMap<string, ProgramPlace>;

/**
 * Prepares to tell programs apart.
 *
 * @param plan the plan in force
 * @param btf the types of its kernel
 * @returns tells which probe each of all programs of that plan belongs to
 */
export function programPlaces({ program }: Pick<Plan, "program">, btf: Btf | undefined): ProgramPlaces {
  const entries: ProgramPlace[] = [];
  const byFunction = new Map<string, ProgramPlace>();
  for (const { attach } of program.probes) {
    if (attach.kind !== "fentry" && attach.kind !== "fexit") continue;
    const isSpare = attach.kind === "fentry" && isLastPut(attach.function);
    const place = { name: renderAttachPoint(attach, program.dialect), isSpare };
    if (attach.kind === "fentry") entries.push(place);
    for (const id of btf?.functionIds(attach.function) ?? []) byFunction.set(`${attach.kind} ${id}`, place);
  }
  return (programs) => {
    const inOrder = byOrder(entries, programs);
    return new Map(programs.flatMap(({ id, place }) => {
      const found = place?.functionId === undefined
        ? inOrder.get(id)
        : byFunction.get(`${place.kind} ${place.functionId}`);
      return found === undefined ? [] : [[id, found] as const];
    }));
  };
}

/** The entries by the order of attaching: none when there are not as many of them as in the plan. */
function byOrder(
  entries: readonly ProgramPlace[],
  programs: readonly LoadedProgram[],
): ReadonlyMap<string, ProgramPlace> {
  const entered = programs.flatMap(({ id, place }) => place?.kind === "fentry" ? [{ id, ...place }] : [])
    .toSorted((one, other) => other.linkId - one.linkId);
  const ids = entered.map((it) => BigInt(it.id));
  const isOneWay = (step: (one: bigint, other: bigint) => boolean) =>
    ids.every((id, at) => at === 0 || step(ids[at - 1] ?? id, id));
  const isKnown = entered.length === entries.length &&
    (isOneWay((a, b) => a < b) || isOneWay((a, b) => a > b));
  if (!isKnown) return new Map();
  return new Map(entered.flatMap(({ id }, at) => {
    const entry = entries[at];
    return entry === undefined ? [] : [[id, entry] as const];
  }));
}
