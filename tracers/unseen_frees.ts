/**
 * How many frees of a `struct pid` may not be told of, without anybody knowing.
 *
 * Most references go in a softirq. A kprobe that is passed there while another program runs on that CPU is passed over
 * (`bpf_prog_active`, kernel/trace/bpf_trace.c), and what is counted of that is not shown by all kernels. A program at
 * fentry is passed over there where it interrupts itself, which is counted; at put_pid() that is no loss of the run.
 *
 * @module
 */

import type { Plan } from "./tracer.ts";

/** Every last put by the pid hash is told of there. */
const EACH = /^kprobe:(delayed_put_pid|pidfs_free_pid)$/;
/** And here those of others, or of two at once. */
const FEW = /^(kprobe|fentry|kfunc):put_pid(\.part\.\d+)?$/;

/** Of 6540 lives 761 were missed on lab:5.10+bookworm, all of whose probes are kprobes; a faster machine misses fewer. */
const SHARE_OF_EACH = 0.5;
const SHARE_OF_FEW = 0.01;

/**
 * The share of all frees that may be missed.
 *
 * @param plan the plan in force
 * @returns between 0, where every free is told of or counted, and 1
 *
 * @example
 * ```ts
 * import { freesUnseen } from "./unseen_frees.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(freesUnseen({ probes: ["fentry:delayed_put_pid", "fentry:pidfs_free_pid"] }), 0);
 * assert.equal(freesUnseen({ probes: ["kprobe:delayed_put_pid"] }), 0.5);
 * ```
 */
export function freesUnseen({ probes }: Pick<Plan, "probes">): number {
  if (probes.some((it) => EACH.test(it))) return SHARE_OF_EACH;
  return probes.some((it) => FEW.test(it)) ? SHARE_OF_FEW : 0;
}
