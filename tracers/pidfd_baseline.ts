/**
 * What is open already: every slot of every fd table that holds a pidfd, told by the kernel itself.
 *
 * ```text
 * found 9870554403 201 201 9851200103 ff3e78b901236940 5 ff3e78b902205f00 2 ff3e78b902135a80 503 2 1 203 ... 2 ...
 * found 9870559171 201 201 9851200103 ff3e78b901236940 6 ff3e78b902205300 2 ff3e78b902135a80 503 2 1 203 ... 2 ...
 * ```
 *
 * One pass of the kernel's iterator over the open files of all tasks (`iter:task_file`, Linux 5.8, commit "bpf: Add
 * task and task/file iterator targets"); then the program is over. It touches no /proc of anybody, so it changes no
 * count of a `struct pid`. While it looks at a slot it holds one reference of that file, and `references` has it in.
 *
 * Which tables: each thread group leader's, and the table of another thread where that is a different one (Linux 5.10,
 * commit "bpf: Avoid iterating duplicated files for task_file iterator"). Processes that share a table are told each.
 * Like every walk it is no snapshot: a slot that is filled or emptied meanwhile may be told or not, so probes that are
 * to follow it must be attached before. Files in flight in sockets stand in no slot and are not told.
 *
 * Overhead: none on any path; one walk over all open files, some microseconds for each thousand of them.
 *
 * @module
 */

import { checkup, obstaclesOf } from "../kernel/mod.ts";
import type { Btf, KernelFacts } from "../kernel/mod.ts";
import {
  binary,
  builtin,
  cast,
  context,
  dialectOf,
  emit,
  field,
  if_,
  increment,
  int,
  iter,
  kaddr,
  let_,
  load,
  probe,
  splitPrints,
  variable,
} from "../program/mod.ts";
import type { Dialect, Probe, Statement, TraceProgram } from "../program/mod.ts";
import { ANONYMOUS_FILES } from "./_anonymous_files.ts";
import { countOf } from "./_kernel_terms.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";
import { PIDFS_FILES } from "./_pidfs_files.ts";
import { findPlaces } from "./_places.ts";
import type { NoPlan } from "./tracer.ts";

/** The map that counts the files that were looked at; bpftrace prints it at the end. */
export const FILES_SEEN_MAP = "files_seen";

/** The kernel's iterator, and what BTF calls it. */
const ITERATOR = "task_file";
const ITERATOR_FUNCTION = `bpf_iter_${ITERATOR}`;

/** Bytes of one `printf`'s arguments; those of an iterator have 12 words. */
const ON_STACK_LIMIT = 256;
const PERF_RB_PAGES = 64;
const MAP_KEYS = 16;

/** How the pidfds that are open already are listed on one kernel. */
export interface BaselinePlan {
  /** The member of `struct file` that counts its references. */
  readonly counter: "f_count" | "f_ref";
  /**
   * What is to be added to `references` of a `found` record for the number of references that others than the walk
   * itself have: -1 for `f_count`, 0 for `f_ref`, which is one less than their number (Linux 6.13).
   */
  readonly referencesBias: -1 | 0;
  /** The program; it ends by itself. */
  readonly program: TraceProgram;
}

/**
 * Makes the program that lists open pidfds, or says why there is none.
 *
 * @param facts what the kernel is known to have; the symbols of `LIFECYCLE_SYMBOLS` must have been asked for
 * @returns the plan, or the reasons why there is none
 * @throws {RangeError} when those symbols were not asked for
 *
 * @example
 * ```ts
 * import { discover } from "../kernel/mod.ts";
 * import { fakeHost } from "../kernel/_fake_host.ts";
 * import { LIFECYCLE_SYMBOLS } from "./pidfd_lifecycle.ts";
 * import { planBaseline } from "./pidfd_baseline.ts";
 * import assert from "node:assert/strict";
 *
 * const plan = planBaseline(await discover(fakeHost({}), { symbols: LIFECYCLE_SYMBOLS, tracepoints: [] }));
 * assert.ok("reasons" in plan && plan.reasons.length > 0);
 * ```
 */
export function planBaseline(facts: KernelFacts): BaselinePlan | NoPlan {
  const reasons = [...new Set(obstaclesOf(checkup(facts)).map((it) => it.says))];
  const { bpftrace } = facts;
  const dialect = bpftrace.kind === "known" ? dialectOf(bpftrace.value.version) : undefined;
  if (dialect === undefined || reasons.length > 0) return noPlan(reasons);
  if (facts.btf.kind === "unknown") return noPlan([`BTF cannot be read: ${facts.btf.reason}`]);
  const btf = facts.btf.value;
  const iterator = noIterator(btf, dialect);
  if (iterator !== undefined) return noPlan([iterator]);
  if (facts.pidfd.law === "unknown") return noPlan(["It cannot be told how this kernel makes pidfds"]);
  const files = facts.pidfd.law === "per-file" ? ANONYMOUS_FILES : PIDFS_FILES;
  const operations = facts.symbols.exists(files.operations);
  if (operations.kind !== "supported") return noPlan([operations.reason]);
  const places = placesOf(btf);
  if (typeof places === "string") return noPlan([places]);
  return {
    counter: places.counter,
    referencesBias: places.counter === "f_count" ? -1 : 0,
    program: {
      dialect,
      commOffset: places.commOffset,
      config: { perfRbPages: PERF_RB_PAGES, maxMapKeys: MAP_KEYS, onStackLimit: ON_STACK_LIMIT },
      probes: [splitPrints(everyFile(files, places))],
    },
  };
}

function noPlan(reasons: readonly string[]): NoPlan {
  return {
    reasons,
    hint: "Pidfds that are open already can be listed from /proc instead, without their files and counts",
  };
}

function noIterator(btf: Btf, dialect: Dialect): string | undefined {
  if (!btf.hasFunction(ITERATOR_FUNCTION)) {
    return `This kernel has no iterator of open files: BTF does not describe ${ITERATOR_FUNCTION} (Linux 5.8)`;
  }
  return dialect.asksForKernelBtf && btf.field("btf", "kernel_btf") === undefined
    ? `bpftrace ${dialect.name} finds no iterator on a kernel that does not mark its BTF (struct btf has no kernel_btf)`
    : undefined;
}

/** Where in the kernel's structs things are that a probe cannot name. */
interface BaselinePlaces {
  readonly commOffset: number;
  /** Bytes before `pid_links[PIDTYPE_PID]` in `struct task_struct`. */
  readonly linkOffset: number;
  /** Bytes before `numbers[0].nr` in `struct pid`: bpftrace 0.17 cannot read an element of a flexible array. */
  readonly numberOffset: number;
  readonly counter: "f_count" | "f_ref";
}

function placesOf(btf: Btf): BaselinePlaces | string {
  const places = findPlaces(btf);
  const links = btf.field("task_struct", "pid_links");
  const numbers = btf.field("pid", "numbers");
  const number = btf.field("upid", "nr");
  if (places === undefined || links === undefined || numbers === undefined || number === undefined) {
    return "BTF does not give the places of task_struct.pid_links, task_struct.comm, pid.numbers and upid.nr";
  }
  const counter = (["f_ref", "f_count"] as const).find((it) => btf.field("file", it) !== undefined);
  if (counter === undefined) return "BTF gives struct file neither f_count nor f_ref";
  if (btf.field("fdtable", "close_on_exec") === undefined) {
    return "BTF does not give the place of fdtable.close_on_exec";
  }
  return {
    commOffset: places.commOffset,
    linkOffset: links.offsetBytes,
    numberOffset: numbers.offsetBytes + number.offsetBytes,
    counter,
  };
}

function everyFile(files: PidfdFiles, places: BaselinePlaces): Probe {
  const file = context("file");
  const isPidfd = binary(cast("uint64", field(file, "->f_op")), "==", kaddr(files.operations));
  return probe(iter(ITERATOR), "Every open file once: those that are pidfds are told.", {
    when: file,
    body: [
      // That it is counted shows that the walk took place, also when there is no pidfd.
      let_("seen", increment(FILES_SEEN_MAP, int(0))),
      if_(isPidfd, reportSlot(files, places)),
    ],
  });
}

const COUNTERS = { f_count: "->f_count.counter", f_ref: "->f_ref.refcnt.counter" } as const;

function reportSlot(files: PidfdFiles, places: BaselinePlaces): readonly Statement[] {
  const [file, task] = [context("file"), context("task")];
  const target = cast("struct task_struct *", variable("target"));
  const fd = variable("fd");
  const word = binary(variable("bits"), "+", binary(binary(fd, ">>", int(6)), "*", int(8)));
  const bit = binary(binary(load("uint64", variable("word")), ">>", binary(fd, "&", int(63))), "&", int(1));
  const number = binary(cast("uint64", variable("pid")), "+", int(places.numberOffset));
  return [
    let_("pid", files.pidOf(file)),
    let_("target", cast("uint64", field(variable("pid"), "->tasks[0].first"))),
    if_(binary(variable("target"), "!=", int(0)), [
      let_("target", binary(variable("target"), "-", int(places.linkOffset))),
    ]),
    let_("fd", cast("uint64", context("fd"))),
    let_("bits", cast("uint64", field(task, "->files->fdt->close_on_exec"))),
    let_("word", word),
    ...emit("found", {
      ktimeNs: builtin("nsecs"),
      pid: field(task, "->tgid"),
      tid: field(task, "->pid"),
      startNs: field(task, "->group_leader->start_boottime"),
      table: field(task, "->files"),
      fd,
      file,
      references: field(file, COUNTERS[places.counter]),
      pidAddress: variable("pid"),
      inode: field(file, "->f_inode->i_ino"),
      fileFlags: field(file, "->f_flags"),
      cloexec: bit,
      nr: load("uint32", number),
      targetStartNs: field(target, "->start_boottime"),
      count: countOf(variable("pid")),
      comm: task,
      targetComm: target,
    }),
  ];
}
