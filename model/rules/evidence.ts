/**
 * What both witnesses have told, and which calls they told of together.
 *
 * @module
 */

import type { RefcountLaw } from "../state.ts";
import type { Update } from "../update.ts";
import type { Fact } from "./facts.ts";
import { entryOf, MAKERS, returnOf, type Step, unreturnedOf, wayOf } from "./step.ts";

/** What is known of the kernel that is judged. */
export interface Truth {
  /** What holds one reference of a `struct pid`. */
  readonly law: RefcountLaw;
  /** Whether it looks at the user's integer first, as the first pidfds did; `null` when that was not tried. */
  readonly isSeedLike: boolean | null;
  /** Functions whose entries and returns are told of. */
  readonly watched: ReadonlySet<string>;
  /** The share of all frees that may be missed while nobody counts them. @default {0} */
  readonly freesUnseen?: number;
}

/** What was told. */
export interface Told {
  /** What is known of the kernel. */
  readonly truth: Truth;
  /** What user space saw. */
  readonly facts: readonly Fact[];
  /** Steps of all threads, in the order of time. */
  readonly steps: readonly Step[];
  /** What the model says. */
  readonly updates: readonly Update[];
  /** Why provocations told nothing, or not all, by their names. @default {each told all} */
  readonly silent?: ReadonlyMap<string, string>;
  /** New complaints in the kernel's log; `null` when it cannot be read. @default {nobody has looked} */
  readonly complaints?: readonly string[] | null | undefined;
}

/** A call that user space told of, and what the kernel did meanwhile. */
export interface Call {
  /** What user space saw. */
  readonly fact: Fact;
  /** What the kernel did in that thread meanwhile; `null` when that cannot be told. */
  readonly steps: readonly Step[] | null;
  /** Why it cannot be told. */
  readonly reason: string | undefined;
  /** The way that the call took, for people. */
  readonly way: string;
  /** The clone that failed in it, as the model followed it to its end. */
  readonly failed: Update<"clone.failed"> | undefined;
}

/** The functions without which the way of a clone cannot be told. */
const CLONE_CORE: readonly string[] = ["kernel_clone", "copy_process", "alloc_pid"];

/** The calls that go through kernel_clone(). */
const CLONES: readonly string[] = ["clone", "clone3"];

/** Everything that rules are judged by. */
export class Evidence {
  /** What is known of the kernel. */
  readonly truth: Truth;
  /** What user space saw. */
  readonly all: readonly Fact[];
  /** What the model says. */
  readonly updates: readonly Update[];
  readonly #silent: ReadonlyMap<string, string>;
  /** New complaints in the kernel's log; `null` when it cannot be read, `undefined` when nobody has looked. */
  readonly complaints: readonly string[] | null | undefined;
  readonly #steps: ReadonlyMap<number, readonly Step[]>;
  readonly #losses: readonly Update<"lost">[];
  readonly #failures: ReadonlyMap<number, readonly Update<"clone.failed">[]>;
  readonly #seen: ReadonlySet<string>;
  /** Functions of which a return was told. */
  readonly #returning: ReadonlySet<string>;
  /** When each address was last made a `struct pid` by alloc_pid(), CLOCK_BOOTTIME in ns. */
  readonly #latestUse: ReadonlyMap<string, bigint>;

  /**
   * Keeps what was told.
   *
   * @param told what both witnesses have told
   */
  constructor(told: Told) {
    const { truth, facts, steps, updates, silent = new Map(), complaints } = told;
    this.#silent = silent;
    this.complaints = complaints;
    this.truth = truth;
    this.all = facts;
    this.updates = updates;
    this.#steps = Map.groupBy(steps, (it) => it.tid);
    this.#seen = new Set(steps.map((it) => it.function));
    this.#returning = new Set(steps.filter((it) => it.returned).map((it) => it.function));
    this.#latestUse = new Map(
      steps.filter((it) => it.function === "alloc_pid" && it.returned).map((
        it,
      ) => [it.pidAddress, it.ktimeNs]),
    );
    this.#losses = updates.filter((it) => it.type === "lost");
    const failures = updates.filter((it) => it.type === "clone.failed");
    this.#failures = Map.groupBy(failures, (it) => it.body.process?.tid ?? 0);
  }

  /**
   * Why provocations told nothing, or not all.
   *
   * @param names the provocations
   * @returns the reasons, in the order of the names
   */
  silence(names: readonly string[]): readonly string[] {
    return names.flatMap((it) => this.#silent.get(it) ?? []);
  }

  /**
   * The facts of a provocation.
   *
   * @param scenario the provocation
   * @param names the facts that are asked for
   * @returns them, in the order in which they were told
   */
  facts(scenario: string, ...names: readonly string[]): readonly Fact[] {
    return this.all.filter((it) => it.scenario === scenario && names.includes(it.fact));
  }

  /** Every clone and clone3 that user space told of, with what the kernel did meanwhile. */
  clones(): readonly Call[] {
    return this.all.filter((it) => CLONES.includes(it.call)).map((it) => this.call(it));
  }

  /** What was lost first, or else why a call that came back is not seen whole; `undefined` when nothing is missing. */
  get hole(): string | undefined {
    const [loss] = this.#losses;
    return loss === undefined ? this.#unreturned(this.all) : lost(loss);
  }

  /**
   * What was lost from the first to the last of some facts, or else why a call among them is not seen whole.
   *
   * @param facts what user space told, all of which the kernel's word has come on
   * @returns the reason; `undefined` when nothing is missing
   */
  holeIn(facts: readonly Fact[]): string | undefined {
    const [fromNs, toNs] = spanOf(facts);
    return this.doubt(fromNs, toNs) ?? this.#unreturned(facts);
  }

  #unreturned(facts: readonly Fact[]): string | undefined {
    for (const it of facts) {
      const passedOver = this.#passedOver(it);
      if (passedOver !== undefined) return unreturned(passedOver);
    }
    return undefined;
  }

  /** Whether a function is watched, and has been told of at least once: where it is not told of, it did not run. */
  tellsOf(name: string): boolean {
    return this.truth.watched.has(name) && this.#seen.has(name);
  }

  /**
   * Whether the memory of a `struct pid` became that of another one: then it was freed, told of or not.
   *
   * @param it where it got a pidfd: the thread that made it, the number, and when
   * @returns false also where its address is not known
   */
  isUsedAgain(it: { readonly tid: number; readonly fd: number; readonly ktimeNs: bigint }): boolean {
    const { tid, fd, ktimeNs } = it;
    const installed = this.#steps.get(tid)?.findLast((step) =>
      step.function === "fd_install" && step.value === fd && step.ktimeNs <= ktimeNs
    );
    const latest = installed === undefined ? undefined : this.#latestUse.get(installed.pidAddress);
    return latest !== undefined && latest > ktimeNs;
  }

  /** The same, with what the kernel did meanwhile. */
  calls(scenario: string, ...names: readonly string[]): readonly Call[] {
    return this.facts(scenario, ...names).map((it) => this.call(it));
  }

  /** What the kernel did while a fact came about. */
  call(fact: Fact): Call {
    const steps = this.stepsOf(fact);
    const isIn = (ktimeNs: bigint | null) =>
      ktimeNs !== null && ktimeNs >= (fact.fromNs ?? 0n) && ktimeNs <= (fact.toNs ?? -1n);
    return {
      fact,
      steps: typeof steps === "string" ? null : steps,
      reason: typeof steps === "string" ? steps : undefined,
      way: typeof steps === "string" ? "" : wayOf(steps),
      failed: this.#failures.get(fact.tid ?? 0)?.find((it) => isIn(it.ktimeNs)),
    };
  }

  /**
   * The steps of a fact's thread meanwhile, or why they cannot be told. Of a call that did not come back they are all that
   * the thread did from then on.
   */
  stepsOf(fact: Fact): readonly Step[] | string {
    const { fromNs, tid } = fact;
    if (fromNs === null || tid === null) return "The call was not made";
    const toNs = fact.toNs ?? this.#steps.get(tid)?.findLast((it) => it.ktimeNs >= fromNs)?.ktimeNs;
    if (toNs === undefined) return "The call did not come back";
    const unwatched = CLONES.includes(fact.call) ? this.#unwatched() : undefined;
    if (unwatched !== undefined) return unwatched;
    const reason = this.doubt(fromNs, toNs);
    if (reason !== undefined) return reason;
    const passedOver = this.#passedOver(fact);
    if (passedOver !== undefined) return unreturned(passedOver);
    const during = (steps: readonly Step[]) =>
      steps.filter((it) => it.ktimeNs >= fromNs && it.ktimeNs <= toNs);
    const own = during(this.#steps.get(tid) ?? []);
    if (own.length > 0 || !CLONES.includes(fact.call)) return own;
    // In a pid namespace of its own the caller has another number than the kernel tells: then it is the one who cloned.
    const [only, ...others] = [...this.#steps.values()].map(during)
      .filter((steps) =>
        entryOf(steps, "kernel_clone") !== undefined && returnOf(steps, "kernel_clone") !== undefined
      );
    return only === undefined || others.length > 0 ? own : only;
  }

  /** The function that was entered in a call that came back, and of whose return nothing was told. */
  #passedOver({ fromNs, toNs, tid }: Fact): string | undefined {
    if (fromNs === null || toNs === null || tid === null) return undefined;
    const steps = this.#steps.get(tid)?.filter((it) => it.ktimeNs >= fromNs && it.ktimeNs <= toNs);
    return unreturnedOf(steps ?? [], this.#returning);
  }

  /** What has to be watched of a clone: that a function was not entered says something only then. */
  #unwatched(): string | undefined {
    const { watched } = this.truth;
    const missing = CLONE_CORE.find((it) => !watched.has(it));
    if (missing !== undefined) return `${missing}() is not watched on this kernel`;
    return MAKERS.some((it) => watched.has(it))
      ? undefined
      : "No function that makes pidfds is watched on this kernel";
  }

  /** Why what happened in a time is not known for certain; `undefined` when it is. */
  doubt(fromNs: bigint, toNs: bigint): string | undefined {
    const loss = this.#losses.find(({ body }) =>
      (body.to_ns === null || BigInt(body.to_ns) >= fromNs) &&
      (body.from_ns === null || BigInt(body.from_ns) <= toNs)
    );
    return loss === undefined ? undefined : lost(loss);
  }
}

/** From the first moment of some facts to the last, CLOCK_BOOTTIME in ns; no time at all when none of them has any. */
export function spanOf(facts: readonly Fact[]): readonly [fromNs: bigint, toNs: bigint] {
  const times = facts.flatMap((it) => [it.fromNs, it.toNs]).filter((it) => it !== null);
  const [first] = times;
  if (first === undefined) return [0n, -1n];
  return [
    times.reduce((one, other) => one < other ? one : other, first),
    times.reduce((one, other) => one > other ? one : other, first),
  ];
}

function lost({ body }: Update<"lost">): string {
  return `Records were lost: ${body.detail}`;
}

function unreturned(name: string): string {
  return `That ${name}() returned was not told: its probe was passed over`;
}
