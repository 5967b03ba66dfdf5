/**
 * The life of the processes that pidfds name: exit, reap, and the moment their `struct pid` is freed.
 *
 * Only tracked processes print anything: those that were named by a pidfd since the probes are attached.
 *
 * @module
 */

import {
  argument,
  binary,
  builtin,
  cast,
  emit,
  exit,
  fentry,
  field,
  if_,
  int,
  kprobe,
  let_,
  lookup,
  positional,
  probe,
  remove,
  tracepoint,
  variable,
} from "../program/mod.ts";
import type { Probe, Statement } from "../program/mod.ts";
import { countOf, isTracked, MAPS, PROCESS } from "./_kernel_terms.ts";

/** What the probes on targets need to know of the kernel. */
export interface TargetSites {
  /** Offset in bytes of `rcu` in `struct pid`. */
  readonly rcuOffset: number;
  /** Name of the parameter of delayed_put_pid(). */
  readonly rcuParameter: string;
  /** The function that does the decrement of put_pid(), such as `put_pid.part.0`. */
  readonly putPid: string;
  /** Whether processes of the followed command are forgotten when they end. */
  readonly follow: boolean;
}

/** Returns the probes that report the life of targets. */
export function targets(sites: TargetSites): readonly Probe[] {
  return [exited(sites.follow), reaped(), hashPut(sites), lastPut(sites.putPid)];
}

function exited(follow: boolean): Probe {
  const task = builtin("curtask");
  const live = field(task, "->signal->live.counter");
  const report = emit("exit", {
    pidAddress: variable("group"),
    count: countOf(variable("group")),
    live,
    exitCode: field(task, "->exit_code"),
  });
  const ended = binary(live, "==", int(0));
  const forget: Statement = if_(ended, [remove(MAPS.tree, PROCESS)]);
  const member = binary(ended, "&&", lookup(MAPS.tree, PROCESS));
  const tracked = isTracked(variable("group"));
  return probe(
    tracepoint("sched", "sched_process_exit"),
    "A thread exits: a target's, and a followed process's last; when the guard has gone ($2), so has this.",
    {
      body: [
        let_("group", field(task, "->signal->pids[1]")),
        if_(follow ? binary(tracked, "||", member) : tracked, report),
        ...(follow ? [forget] : []),
        if_(binary(PROCESS, "==", cast("uint64", positional(2))), [exit()]),
      ],
    },
  );
}

function reaped(): Probe {
  const pid = field(argument("p"), "->thread_pid");
  return probe(fentry("release_task"), "A target was waited for.", {
    when: isTracked(pid),
    body: [...emit("reap", { pidAddress: pid, count: countOf(pid) })],
  });
}

function hashPut(sites: TargetSites): Probe {
  const address = binary(cast("uint64", argument(sites.rcuParameter)), "-", int(sites.rcuOffset));
  const pid = variable("pid");
  return probe(
    fentry("delayed_put_pid"),
    "The grace period after a reap is over: the hash drops its reference.",
    {
      when: lookup(MAPS.tracked, address),
      body: [
        let_("pid", address),
        ...emit("put", { pidAddress: pid, count: countOf(cast("struct pid *", pid)) }),
        // The count that is reported, not a later one: only of a 1 does the reader conclude that it is freed.
        if_(binary(variable("count"), "==", int(1)), [remove(MAPS.tracked, pid)]),
      ],
    },
  );
}

function lastPut(putPid: string): Probe {
  const pid = cast("struct pid *", builtin("arg0"));
  return probe(kprobe(putPid), "Some other holder of a target drops the very last reference.", {
    when: lookup(MAPS.tracked, builtin("arg0")),
    body: [
      if_(binary(countOf(pid), "==", int(1)), [
        ...emit("last", { pidAddress: builtin("arg0") }),
        remove(MAPS.tracked, builtin("arg0")),
      ]),
    ],
  });
}
