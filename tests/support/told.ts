/**
 * What both witnesses of a rule told, made up for tests: facts with few fields, and steps as words.
 *
 * @module
 */

import { Evidence } from "../../model/mod.ts";
import type { Fact, Step, Truth, Update } from "../../model/mod.ts";
import { CLONE_WATCH } from "../../tracers/mod.ts";

const NOTHING: Omit<Fact, "scenario" | "fact" | "call"> = {
  round: 0,
  pid: 100,
  tid: 100,
  fromNs: 1000n,
  toNs: 2000n,
  flags: null,
  ret: 0,
  errno: 0,
  targetPid: null,
  integerBefore: null,
  integerAfter: null,
  parentTid: null,
  openFdsBefore: null,
  openFdsAfter: null,
  hasChild: null,
  fd: null,
  fdFlags: null,
  flFlags: null,
  mode: null,
  ino: null,
  dev: null,
  link: null,
  fdinfo: null,
  timeoutMs: null,
  events: null,
  revents: null,
  siPid: null,
  siCode: null,
  siStatus: null,
  numbers: null,
  errnos: null,
};

/** A fact with what matters of it, such as `fact("confirm-page clone read-only", { ret: -1, errno: 14 })`. */
export function fact(words: string, known: Partial<Fact> = {}): Fact {
  const [scenario = "", call = "", name = ""] = words.split(" ");
  return { ...NOTHING, scenario, fact: name, call, ...known };
}

/** A failed call. */
export function failed(errno: number): Partial<Fact> {
  return { ret: -1, errno, hasChild: false, openFdsBefore: 3, openFdsAfter: 3 };
}

/** An address that is one. */
export const PID = "ffff888000001000";
/** Another one. */
export const FILE = "ffff888000002000";

/** Functions that are told of at both ends, and that ways name only with what they returned. */
const AT_ONCE: readonly string[] = ["alloc_pid", "cgroup_can_fork"];

/** Ways as the kernel tells them: what returns was entered before. */
function entered(way: string): readonly string[] {
  const all = way.split(" > ");
  return all.flatMap((words, at) => {
    const [name = "", value] = words.split(" = ");
    const isNew = value !== undefined && AT_ONCE.includes(name) && all[at - 1]?.split(" = ")[0] !== name;
    return isNew ? [name, words] : [words];
  });
}

/**
 * Steps from words: `kernel_clone > copy_process > copy_process = -22 > kernel_clone = -22`.
 *
 * A function alone is entered; one with `=` returns, and some of them were entered just before. A negative number is an
 * error; `copy_process = 101` returns a child with {@linkcode PID}, a maker `= file` gives {@linkcode FILE}. Behind a
 * colon stands the second number.
 */
export function steps(
  way: string,
  options: { readonly tid?: number; readonly fromNs?: bigint } = {},
): Step[] {
  const { tid = 100, fromNs = 1000n } = options;
  return entered(way).map((words, at) => {
    const [, name = "", value, detail = "0"] = /^([a-z_]+)(?: = ([a-z0-9-]+))?(?::([0-9]+))?$/.exec(words) ??
      [];
    if (!CLONE_WATCH.includes(name)) throw new TypeError(`Cannot read a step: "${words}"`);
    const number = value === undefined || value === "file" ? 0 : Number(value);
    const error = (2n ** 64n + BigInt(number)).toString(16);
    const isPidful = name === "copy_process" || name === "alloc_pid";
    return {
      function: name,
      returned: value !== undefined,
      value: isPidful && number < 0 ? 0 : number,
      detail: Number(detail),
      pidAddress: isPidful && number < 0 ? error : PID,
      file: value === "file" ? FILE : number < 0 && !isPidful ? error : "0",
      tid,
      ktimeNs: fromNs + BigInt(at + 1),
    };
  });
}

/** A truth of 6.12, all functions watched. */
export const TRUTH: Truth = {
  law: "per-inode",
  isSeedLike: false,
  watched: new Set([...CLONE_WATCH, "free"]),
};

/** Evidence out of what is given. */
export function evidenceOf(
  told: {
    readonly truth?: Partial<Truth>;
    readonly facts?: readonly Fact[];
    readonly steps?: readonly Step[];
    readonly updates?: readonly Update[];
    readonly silent?: ReadonlyMap<string, string>;
    readonly complaints?: readonly string[] | null | undefined;
  },
): Evidence {
  const { truth = {}, facts = [], steps = [], updates = [], silent = new Map(), complaints } = told;
  return new Evidence({ truth: { ...TRUTH, ...truth }, facts, steps, updates, silent, complaints });
}

/** The model's word on a clone that failed within the usual fact. */
export function failedClone(body: Partial<Update<"clone.failed">["body"]>): Update<"clone.failed"> {
  return {
    type: "clone.failed",
    seq: 7,
    ktimeNs: 1500n,
    followed: true,
    body: {
      cpu: 0,
      process: {
        pid: 100,
        tid: 100,
        start_ns: "1",
        comm: "stimulus",
        ns_pid: null,
        cgroup: null,
        container: null,
        container_runtime: null,
      },
      origin: "clone",
      errno: "EFAULT",
      stage: "put_user",
      integer: null,
      file: "f1",
      file_released: true,
      pid_dropped: true,
      count: null,
      ...body,
    },
  };
}

/** The model's word on a pidfd that the usual thread made, with the number 3. */
export function createdPidfd(ktimeNs: bigint): Update<"pidfd.create"> {
  const { process, cpu } = failedClone({}).body;
  return {
    type: "pidfd.create",
    seq: 5,
    ktimeNs,
    followed: true,
    body: {
      cpu,
      process,
      origin: "clone",
      file: "f1",
      fd: 3,
      inode: "7",
      flags: [],
      released_seq: null,
      target: { id: "p1", pid: 101, start_ns: "2", comm: "stimulus" },
      count: {
        before: null,
        after: null,
        expected: null,
        holders: [],
        unknown_holders: null,
        disturbed: false,
      },
    },
  };
}

/** And that its target is freed. */
export function freedPid(ktimeNs: bigint): Update<"pid.free"> {
  const { cpu, target, count } = createdPidfd(ktimeNs).body;
  return {
    type: "pid.free",
    seq: 6,
    ktimeNs,
    followed: true,
    body: { cpu, process: null, by: "hash", target, count },
  };
}

/** A loss at the time of the usual fact. */
export const LOSS: Update<"lost"> = {
  type: "lost",
  seq: 3,
  ktimeNs: null,
  followed: true,
  body: { reason: "gap", events: 1, cpu: 0, from_ns: "900", to_ns: "1100", detail: "1 record is missing" },
};
