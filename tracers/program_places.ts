/**
 * Which probe of a plan a program in the kernel belongs to.
 *
 * A link at fentry or fexit tells the function that it is at by its id in the kernel's BTF
 * (`bpf_tracing_link_show_fdinfo()`, kernel/bpf/syscall.c): nothing has to be assumed of the order in which bpftrace
 * loads its programs, which is another one in 0.17 than in 0.23.
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

/** The probes at fentry and fexit. */
export type ProgramPlaces = (kind: "fentry" | "fexit", functionId: number) => ProgramPlace | undefined;

/**
 * Finds out which function of BTF each probe is at.
 *
 * @param plan the plan in force
 * @param btf the types of its kernel
 * @returns tells the probe that is at a function; `undefined` for a function where the plan has none
 */
export function programPlaces({ program }: Pick<Plan, "program">, btf: Btf | undefined): ProgramPlaces {
  const places = new Map<string, ProgramPlace>();
  for (const { attach } of program.probes) {
    if (attach.kind !== "fentry" && attach.kind !== "fexit") continue;
    const place = {
      name: renderAttachPoint(attach, program.dialect),
      isSpare: attach.kind === "fentry" && isLastPut(attach.function),
    };
    for (const id of btf?.functionIds(attach.function) ?? []) places.set(`${attach.kind} ${id}`, place);
  }
  return (kind, functionId) => places.get(`${kind} ${functionId}`);
}
