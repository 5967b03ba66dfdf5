/**
 * By which probes a function of the kernel at hand can be watched, and why not by better ones.
 *
 * Only root may read tracefs on many machines. So a function that the symbols list once, and BTF describes, is taken
 * to be traceable when it was refused to look: bpftrace, run as root, will tell. Anything else that is not known is in
 * the way, and so is a clear no.
 *
 * @module
 */

import { attachment } from "../kernel/mod.ts";
import type { Btf, KernelFacts, Support } from "../kernel/mod.ts";
import { lowerToKprobe } from "../program/mod.ts";
import type { Dialect, Probe } from "../program/mod.ts";
import { signatureOf } from "./_functions.ts";

/** A way to watch a function, the better one first. */
export type Door = "fentry" | "kprobe";

/** Functions that were watched and did not fire when they had to, by `fentry:NAME` or `kprobe:NAME`, with the reason. */
export type SilentDoors = ReadonlyMap<string, string>;

/** What {@linkcode Doors} looks at. */
export interface DoorsOptions {
  /** The kernel's types; without them there is no fentry. */
  readonly btf: Btf | undefined;
  /** The bpftrace that the program is for. */
  readonly dialect: Dialect;
  /** What was found silent before. */
  readonly silent: SilentDoors;
}

/** The doors of one kernel. */
export class Doors {
  readonly #facts: KernelFacts;
  readonly #options: DoorsOptions;
  readonly #unconfirmed = new Map<string, Set<string>>();
  readonly #closed: Readonly<Record<Door, string | undefined>>;

  /** Looks at what the kernel was built with, and at its switches. */
  constructor(facts: KernelFacts, options: DoorsOptions) {
    this.#facts = facts;
    this.#options = options;
    const built = attachment(facts.symbols);
    const off = Object.values(facts.switches).filter((it) => it.state.kind === "off");
    const closed = (kind: Door, support: Support) => {
      if (support.kind === "unsupported") return `The kernel was built without ${kind}`;
      const by = off.find((it) => it.silences.includes(kind));
      return by?.state.kind === "off" ? by.state.reason : undefined;
    };
    this.#closed = {
      fentry: this.#noBtf() ?? closed("fentry", built.fentry),
      kprobe: closed("kprobe", built.kprobes),
    };
  }

  /** Why no function at all can be watched this way; `undefined` when there is no such reason. */
  closed(door: Door): string | undefined {
    return this.#closed[door];
  }

  /**
   * The best way to watch a function.
   *
   * @param name the function, or a clone of it
   * @returns the way; `undefined` when there is none
   */
  door(name: string): Door | undefined {
    return (["fentry", "kprobe"] as const).find((it) => this.#obstacle(it, name) === undefined);
  }

  /**
   * Why a function is not watched in the best way, or not at all.
   *
   * @param name the function
   * @returns one reason for each better way; the worst way's alone when there is none at all
   */
  reasons(name: string): readonly string[] {
    const fentry = this.#obstacle("fentry", name);
    if (fentry === undefined) return [];
    const kprobe = this.#obstacle("kprobe", name);
    return kprobe === undefined || kprobe === fentry ? [fentry] : [fentry, kprobe];
  }

  /**
   * Why a tracepoint cannot be used.
   *
   * @param name such as `task:task_newtask`
   * @returns the reason; `undefined` when it can
   */
  tracepoint(name: string): string | undefined {
    const silent = this.#options.silent.get(`tracepoint:${name}`);
    if (silent !== undefined) return silent;
    const what = `the tracepoint ${name}`;
    const reason = this.need(what, this.#facts.tracepoints.get(name)?.support, true);
    return reason === undefined ? undefined : `${reason}; so ${what} cannot be used`;
  }

  /** Why bpftrace can make nothing of the kernel's BTF. */
  #noBtf(): string | undefined {
    const { btf, dialect } = this.#options;
    if (btf === undefined) return "BTF cannot be read";
    return dialect.asksForKernelBtf && btf.field("btf", "kernel_btf") === undefined
      ? `bpftrace ${dialect.name} finds no BTF for fentry on a kernel that does not mark its own (struct btf has no kernel_btf)`
      : undefined;
  }

  /** Why there are no raw tracepoints, whatever the kernel has; `undefined` when there are. */
  noRawTracepoints(): string | undefined {
    const { name, hasRawTracepoints } = this.#options.dialect;
    return hasRawTracepoints
      ? undefined
      : `bpftrace ${name} has no raw tracepoints, and no other one tells of the new task`;
  }

  /** Writes probes for the doors that their functions have. */
  through(probes: readonly Probe[]): readonly Probe[] {
    return probes.flatMap((it) => {
      if (it.attach.kind !== "fentry" && it.attach.kind !== "fexit") return [it];
      const { function: name } = it.attach;
      if (this.door(name) !== "kprobe") return [it];
      const signature = signatureOf(name, this.#options.btf);
      return signature === undefined ? [it] : lowerToKprobe(it, signature);
    });
  }

  /** What is taken to be there although it was refused to look, one sentence for each cause. */
  unconfirmed(): readonly string[] {
    return [...this.#unconfirmed].map(([reason, names]) =>
      `${[...names].join(", ")} could not be confirmed: ${reason}`
    );
  }

  /**
   * Whether something that is needed is there, as far as we may look.
   *
   * @param what its name
   * @param support what was found
   * @param isLikely whether something else shows that it is there
   * @returns the reason why not; `undefined` when it is there
   */
  need(what: string, support: Support | undefined, isLikely: boolean): string | undefined {
    if (support?.kind === "supported") return undefined;
    const reason = support?.reason ?? "It was not asked for";
    if (support === undefined || !isRefused(support) || !isLikely) return reason;
    const among = this.#unconfirmed.get(reason) ?? new Set();
    this.#unconfirmed.set(reason, among.add(what));
    return undefined;
  }

  #obstacle(door: Door, name: string): string | undefined {
    const closed = this.#closed[door];
    if (closed !== undefined) return closed;
    const silent = this.#options.silent.get(`${door}:${name}`);
    if (silent !== undefined) return silent;
    if (name.includes(".") && !this.#options.dialect.takesClones) {
      return `bpftrace ${this.#options.dialect.name} and later take no clone of the compiler such as ${name}`;
    }
    if (door === "fentry" && this.#options.btf?.hasFunction(name) !== true) {
      return `BTF does not describe ${name}; so fentry cannot attach there`;
    }
    return this.need(name, this.#facts.symbols.traceable(name), this.#isListed(name));
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
