/**
 * The ways in which a plan can be made for one machine: the usual ones, and those of a machine that lacks something.
 *
 * @module
 */

import { ATTACHMENT_SYMBOLS, known, Symbols } from "../../kernel/mod.ts";
import type { KernelFacts } from "../../kernel/mod.ts";
import type { ActorFilter, TraceLimits } from "../../tracers/mod.ts";

/** One of them. */
export interface PlanVariant {
  /** What it is, for the name of a test. */
  readonly name: string;
  /** Whether a command is followed. */
  readonly follow: boolean;
  /** Whether slots and uses are watched. @default {false} */
  readonly slots?: boolean;
  /** Whether what `leaks` asks for is watched too: numbers that are closed twice, and user stacks. @default {false} */
  readonly leaks?: boolean;
  /** Who is asked for. @default {everybody} */
  readonly filter?: ActorFilter;
  /** Whether the machine lacks something. */
  readonly lacks: boolean;
  /** The machine as this variant takes it to be. */
  readonly facts: (facts: KernelFacts) => KernelFacts;
}

/** All of them. */
export const PLAN_VARIANTS: readonly PlanVariant[] = [
  { name: "the whole machine", follow: false, lacks: false, facts: (it) => it },
  { name: "a command that is followed", follow: true, lacks: false, facts: (it) => it },
  { name: "the whole machine without fentry", follow: false, lacks: true, facts: withoutFentry },
  { name: "a command that is followed, with ftrace off", follow: true, lacks: true, facts: withFtraceOff },
  { name: "slots and uses", follow: false, slots: true, lacks: false, facts: (it) => it },
  {
    name: "slots and uses of two users' trees",
    follow: true,
    slots: true,
    filter: {
      ...{ pids: [4711], tids: [], uids: [33, 4_294_967_294] },
      ...{ isTree: true, leaveOut: true, isTried: true, owners: true, places: true },
    },
    lacks: false,
    facts: (it) => it,
  },
  { name: "slots and uses without fentry", follow: false, slots: true, lacks: true, facts: withoutFentry },
  { name: "what leaks asks for", follow: true, slots: true, leaks: true, lacks: false, facts: (it) => it },
  {
    name: "what leaks asks for without fentry",
    follow: false,
    slots: true,
    leaks: true,
    lacks: true,
    facts: withoutFentry,
  },
];

/** The limits that plans are made with. */
export const PLAN_LIMITS = { deadlineSeconds: 630, eventsMax: 1_000_000, bufferPages: 1024 } as const;

/** The limits of one of them. */
export function limitsOf(
  { follow, slots = false, leaks = false, filter }: Pick<
    PlanVariant,
    "follow" | "slots" | "leaks" | "filter"
  >,
): TraceLimits {
  const roots = filter === undefined ? {} : { roots: filter.pids };
  return { ...PLAN_LIMITS, follow, slots, uses: slots, closes: leaks, stacks: leaks, filter, ...roots };
}

/** A kernel that was built without BPF trampolines: only kprobes are left. */
export function withoutFentry(facts: KernelFacts): KernelFacts {
  const { kallsyms, filterFunctions, names } = facts.symbols;
  const gone = ATTACHMENT_SYMBOLS.filter((it) => it !== "register_kprobe");
  const left = kallsyms.kind === "known"
    ? known(kallsyms.value.filter((it) => !gone.includes(it.name)))
    : kallsyms;
  const traceable = filterFunctions.kind === "known"
    ? known(new Set([...filterFunctions.value].filter((it) => !gone.includes(it))))
    : filterFunctions;
  return { ...facts, symbols: new Symbols({ names, kallsyms: left, filterFunctions: traceable }) };
}

/** A kernel whose sysctl kernel.ftrace_enabled is 0: only tracepoints are left. */
export function withFtraceOff(facts: KernelFacts): KernelFacts {
  const { ftrace } = facts.switches;
  const reason = `"${ftrace.path}" is 0: probes attach and never fire`;
  const state = { kind: "off", reason, remedy: "sysctl kernel.ftrace_enabled=1" } as const;
  return { ...facts, switches: { ...facts.switches, ftrace: { ...ftrace, state } } };
}
