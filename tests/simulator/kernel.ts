/**
 * A small kernel with pidfs or without, made of its refcounts alone.
 *
 * Every call is a generator that stops where another CPU can come between; what the probes print on the way is what
 * the program of `tracers/` would print, and what really happened is kept as the truth. Addresses of freed objects
 * are used again first.
 *
 * @module
 */

import type { WireValues } from "../support/wire.ts";
import { CountKernel } from "./count_kernel.ts";
import type { FailureStage, Pid, Steps, Worker } from "./objects.ts";
import { CPUS } from "./printer.ts";

/** What a clone returns that fails at a stage: EINVAL, EAGAIN, EMFILE, ENOMEM, EFAULT, EAGAIN. */
const RESULTS: Readonly<Record<FailureStage, number>> = {
  arguments: -22,
  "before-pid": -11,
  number: -24,
  file: -12,
  put_user: -14,
  "after-pidfd": -11,
};

/** ENOMEM as a pointer. */
const ERROR_POINTER = "fffffffffffffff4";

/** The kernel and its calls. */
export class SimulatedKernel extends CountKernel {
  #kernelThreads = 0;

  /** clone(CLONE_PIDFD): the child cannot run before all of it is done. */
  *clone(worker: Worker): Steps {
    const pid = this.alloc();
    const file = this.openFile(pid, "clone-get");
    worker.files.push(file);
    this.alive.push(pid);
    const ktimeNs = this.print(worker, "clone", pid, {
      child: pid.nr,
      childStartNs: pid.startNs,
      count: pid.count,
      cloneFlags: "1000",
      clone3: 0,
      fd: worker.files.length + 2,
      slotFile: file.address,
      file: file.address,
      inode: pid.nr + 7000,
      fileFlags: 2,
    });
    this.happened("create", ktimeNs, { file, count: pid.count });
    yield;
  }

  /** clone(CLONE_PIDFD) that fails at a stage of its own. */
  *cloneThatFails(worker: Worker, stage: FailureStage): Steps {
    const isEarly = stage === "arguments" || stage === "before-pid";
    const pid = isEarly ? undefined : this.alloc();
    const isMade = stage === "put_user" || stage === "after-pidfd";
    const file = pid !== undefined && isMade ? this.openFile(pid, "failed-get") : undefined;
    if (pid !== undefined && stage === "file") {
      this.track(pid);
      // Where the file comes first, nothing is taken that could be kept.
      if (this.generation.cloneTakesFirst && this.is("constructor-get-kept")) pid.count += 1;
    }
    const ktimeNs = this.print(worker, "failed", pid, {
      result: RESULTS[stage],
      cloneFlags: "1000",
      clone3: 0,
      integer: stage === "after-pidfd" ? 7 : 0,
      entered: Number(stage !== "arguments"),
      count: pid?.count ?? 0,
      file: file?.address ?? (stage === "file" ? ERROR_POINTER : "0"),
    });
    this.happened(file === undefined ? "refused" : "made", ktimeNs, { file, pid });
    if (pid === undefined) return;
    if (!this.is("failed-pid-kept")) this.gracePeriod(pid);
    yield;
    if (file !== undefined && !this.is("failed-file-kept")) yield* this.fput(worker, file, "unmade");
  }

  /** pidfd_open(2). */
  *open(worker: Worker, pid: Pid): Steps {
    if (isReaped(pid) || !this.generation.hasOpen) return;
    pid.count += this.many("lookup-get");
    yield;
    // As in the kernel, only what is still attached to a task can be opened.
    const file = isReaped(pid) ? undefined : yield* this.openAnother(worker, pid, "open-get");
    yield;
    yield* this.putAt("lookup-put", pid, worker);
    if (file === undefined) return;
    worker.files.push(file);
    const { count } = pid;
    const isAttached = !isReaped(pid);
    yield;
    const ktimeNs = this.print(worker, "open", pid, {
      target: pid.nr,
      openFlags: 0,
      result: worker.files.length + 2,
      file: file.address,
      slotFile: file.address,
      count,
      inode: pid.nr + 7000,
      fileFlags: 2,
      ...targetFields(pid, isAttached),
    });
    this.happened("create", ktimeNs, { file, count });
  }

  /** Some other call makes a pidfd; its reference may be taken when the record was made. */
  *make(worker: Worker, pid: Pid): Steps {
    const { otherCall, openTakesFirst } = this.generation;
    if (pid.state !== "alive" || otherCall === undefined) return;
    const isPidfs = this.law === "per-inode";
    const before = pid.count;
    const file = this.openFile(pid, "made-get");
    const taken = pid.count - before;
    worker.files.push(file);
    // It is seen before it can be closed, so all of this is one step but for the reference.
    if (!openTakesFirst) pid.count -= taken;
    const { count } = pid;
    const ktimeNs = this.print(worker, "made", pid, {
      file: file.address,
      count,
      inode: pid.nr + 7000,
      fileFlags: 2,
      call: otherCall,
      userSpace: 1,
      ...targetFields(pid, true),
    });
    this.happened("create", ktimeNs, { file, ...(isPidfs ? { count } : {}) });
    yield;
    if (!openTakesFirst) pid.count += taken;
  }

  /** close(2) of the last reference; `later` when a kernel thread releases the file after the call has returned. */
  *close(worker: Worker, { at, later }: { readonly at: number; readonly later: boolean }): Steps {
    const [file] = worker.files.splice(at, 1);
    if (file === undefined || this.is("closed-file-kept")) return;
    if (!later) {
      // The way back to user space: other CPUs come between.
      if (!this.generation.releasesInClose) yield;
      return yield* this.fput(worker, file, "release");
    }
    const atNs = this.nowNs + BigInt(this.random.between(10_000, 2_000_000));
    this.#kernelThreads += 1;
    const thread = { tid: 7000 + this.#kernelThreads, cpu: this.random.between(0, CPUS - 1), files: [] };
    this.later.push({ atNs, steps: this.fput(thread, file, "release") });
  }

  /** The target's last thread exits, and its parent waits for it. */
  *exit(worker: Worker, pid: Pid): Steps {
    if (pid.state !== "alive") return;
    pid.state = "zombie";
    const actor = { pid: pid.nr, tid: pid.nr, startNs: pid.startNs, comm: "target" };
    const isTold = () => this.tracked.has(pid.address) && this.generation.isTyped;
    if (isTold()) {
      const { count } = pid;
      yield;
      this.print(worker, "exit", pid, { count, live: 0, exitCode: 0, ...actor });
    }
    this.alive.splice(this.alive.indexOf(pid), 1);
    yield;
    if (isTold()) {
      const { count } = pid;
      yield;
      this.print(worker, "reap", pid, { count });
    }
    if (this.reapHolds) pid.count += this.many("reap-get");
    yield;
    pid.state = "reaped";
    this.gracePeriod(pid);
    if (!this.reapHolds) return;
    yield;
    yield* this.putAt("reap-put", pid, worker);
  }

  /** Somebody holds a process for a while. */
  *look(worker: Worker, pid: Pid): Steps {
    pid.count += 1;
    for (let left = this.random.between(1, 6); left > 0; left -= 1) yield;
    yield* this.put(pid, worker);
  }
}

/** Whether no task is attached any more; steps of others come between, so this is asked again and again. */
function isReaped({ state }: Pid): boolean {
  return state === "reaped";
}

/** What a record tells of the process that a pidfd names: nothing once it was waited for. */
function targetFields(pid: Pid, isAttached: boolean): WireValues {
  if (!isAttached) return { nr: 0, targetStartNs: 0, targetComm: "" };
  return { nr: pid.nr, targetStartNs: pid.startNs, targetComm: "target" };
}
