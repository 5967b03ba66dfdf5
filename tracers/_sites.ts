/**
 * Where the probes of the lifecycle attach on the kernel at hand, and what it must have for them.
 *
 * @module
 */

import type { Btf, KernelFacts, Support } from "../kernel/mod.ts";
import type { BirthSites } from "./_births.ts";
import { PIDTYPE_TGID } from "./_kernel_terms.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";
import type { TargetSites } from "./_targets.ts";

/** Functions that must be there for fentry and fexit, whatever pidfd files are. */
export const FUNCTIONS: readonly string[] = [
  "copy_process",
  "kernel_clone",
  "release_task",
  "free_pid",
  "delayed_put_pid",
];

/** System call function of pidfd_open. Its arguments are read from the registers of x86-64. */
export const PIDFD_OPEN = "__x64_sys_pidfd_open";

/** The tracepoint that tells when a target ends. */
export const EXIT_TRACEPOINT = "sched:sched_process_exit";

/** The functions that do the decrement of put_pid(), those that see every one of them first. */
const PUT_PID = ["put_pid.part.0", "put_pid"];

/** What was found out about the places of the probes. */
export interface Found {
  /** The places; `undefined` when one of them is not there. */
  readonly sites:
    | (Omit<BirthSites, "follow" | "files"> & Omit<TargetSites, "follow">)
    | undefined;
  /** Why there can be no plan, one sentence each. */
  readonly reasons: readonly string[];
  /** What is taken to be there although it was refused to look, one sentence for each cause. */
  readonly unconfirmed: readonly string[];
}

/**
 * Finds the places of the probes.
 *
 * Only root may read tracefs on many machines. So a function that the symbols list once, and BTF describes, is taken
 * to be traceable when it was refused to look: bpftrace, run as root, will tell. Anything else that is not known is in
 * the way, and so is a clear no.
 *
 * @param facts what the kernel is known to have
 * @param btf its types
 * @param files how its pidfd files are made
 * @returns the places, and what is in the way
 */
export function findSites(facts: KernelFacts, btf: Btf, files: PidfdFiles): Found {
  const traceable = new Traceable(facts);
  const functions = [...FUNCTIONS, ...files.functions];
  for (const name of functions) traceable.needFunction(name);
  traceable.need(
    `the tracepoint ${EXIT_TRACEPOINT}`,
    facts.tracepoints.get(EXIT_TRACEPOINT)?.support,
    facts.symbols.has("do_exit"),
  );
  const putPid = PUT_PID.find((name) => traceable.mayProbe(name));
  traceable.needFunction(putPid ?? "put_pid");
  const reasons = [...traceable.reasons()];
  const undescribed = functions.filter((name) => !btf.hasFunction(name));
  if (undescribed.length > 0) {
    reasons.push(`BTF does not describe ${undescribed.join(", ")}; so fentry cannot attach there`);
  }
  const operations = facts.symbols.exists(files.operations);
  if (operations.kind !== "supported") {
    reasons.push(`The symbol ${files.operations} is needed: ${operations.reason}`);
  }
  const pidfdOpenParameter = btf.functionParameters(PIDFD_OPEN)?.[0]?.name;
  const opens = pidfdOpenParameter !== undefined && facts.symbols.has(PIDFD_OPEN);
  if (!opens) reasons.push(`The system call function ${PIDFD_OPEN} is not among the symbols`);
  const places = findPlaces(btf);
  if (places === undefined) {
    reasons.push(
      "BTF does not give the place of task_struct.pid_links, pid.rcu or delayed_put_pid's parameter",
    );
  }
  const isComplete = opens && putPid !== undefined && places !== undefined;
  const sites = isComplete ? { ...places, pidfdOpen: PIDFD_OPEN, pidfdOpenParameter, putPid } : undefined;
  return { sites, reasons, unconfirmed: traceable.unconfirmed() };
}

function findPlaces(
  btf: Btf,
): Pick<BirthSites & TargetSites, "tgidLinkOffset" | "rcuOffset" | "rcuParameter"> | undefined {
  const links = btf.field("task_struct", "pid_links");
  const rcu = btf.field("pid", "rcu");
  const rcuParameter = btf.functionParameters("delayed_put_pid")?.[0]?.name;
  if (links === undefined || rcu === undefined || rcuParameter === undefined) return undefined;
  const hlistNode = btf.sizeOf("hlist_node") ?? 16;
  return {
    tgidLinkOffset: links.offsetBytes + PIDTYPE_TGID * hlistNode,
    rcuOffset: rcu.offsetBytes,
    rcuParameter,
  };
}

/** What is needed, and cannot be probed or may not be looked at, by the reason: one cause is told once. */
class Traceable {
  readonly #facts: KernelFacts;
  readonly #missing = new Map<string, string[]>();
  readonly #unconfirmed = new Map<string, string[]>();

  constructor(facts: KernelFacts) {
    this.#facts = facts;
  }

  /** Whether a function can be probed, as far as we may look. */
  mayProbe(name: string): boolean {
    const support = this.#facts.symbols.traceable(name);
    return support.kind === "supported" || (isRefused(support) && this.#isListed(name));
  }

  needFunction(name: string): void {
    this.need(name, this.#facts.symbols.traceable(name), this.#isListed(name));
  }

  /** @param isLikely whether something else shows that it is there */
  need(what: string, support: Support | undefined, isLikely: boolean): void {
    if (support?.kind === "supported") return;
    const reason = support?.reason ?? "It was not asked for";
    const isUnconfirmed = support !== undefined && isRefused(support) && isLikely;
    // What could not be read at all is an obstacle of its own, and told there.
    const { tracefs, symbols } = this.#facts;
    const isTold = [tracefs, symbols.filterFunctions].some((it) =>
      it.kind === "unknown" && it.reason === reason
    );
    if (isTold && !isUnconfirmed) return;
    const among = isUnconfirmed ? this.#unconfirmed : this.#missing;
    among.set(reason, [...among.get(reason) ?? [], what]);
  }

  reasons(): readonly string[] {
    return [...this.#missing].map(([reason, names]) =>
      names.length === 1
        ? `${reason}; so ${names[0]} cannot be probed`
        : `${reason}; so none of ${names.join(", ")} can be probed`
    );
  }

  unconfirmed(): readonly string[] {
    return [...this.#unconfirmed].map(([reason, names]) =>
      `${names.join(", ")} could not be confirmed: ${reason}`
    );
  }

  /** Whether exactly one symbol has this name: of several nobody knows which one a probe would get. */
  #isListed(name: string): boolean {
    const base = name.split(".", 1)[0] ?? name;
    return this.#facts.symbols.entries(base).filter((it) => it.name === name).length === 1;
  }
}

function isRefused(support: Support): boolean {
  return support.kind === "unknown" && support.denied === true;
}
