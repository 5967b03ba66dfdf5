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
import { tellWho } from "./_who.ts";
import type { WhoPlace } from "./_who.ts";

/** Where the callback of the grace period is in a `struct pid`. */
export interface RcuPlace {
  /** Offset in bytes of `rcu` in `struct pid`. */
  readonly offset: number;
  /** Name of the parameter of delayed_put_pid(). */
  readonly parameter: string;
}

/**
 * Returns the probe that reports exits, and ends the program when the guard has gone.
 *
 * @param follow whether processes of the followed command are forgotten when they end
 * @param who where it stands who a process is
 */
export function exited(follow: boolean, who: WhoPlace | undefined): Probe {
  const task = builtin("curtask");
  const live = field(task, "->signal->live.counter");
  const tracked = isTracked(variable("group"));
  const told = tellWho(who);
  const report = [
    // A followed process need not have anything to do with pidfds.
    ...(follow && told.length > 0 ? [if_(tracked, told)] : told),
    ...emit("exit", {
      pidAddress: variable("group"),
      count: countOf(variable("group")),
      live,
      exitCode: field(task, "->exit_code"),
    }),
  ];
  const ended = binary(live, "==", int(0));
  const forgotten = [...(follow ? [MAPS.tree] : []), ...(who === undefined ? [] : [MAPS.who])];
  const forget: Statement = if_(ended, forgotten.map((it) => remove(it, PROCESS)));
  const member = binary(ended, "&&", lookup(MAPS.tree, PROCESS));
  return probe(
    tracepoint("sched", "sched_process_exit"),
    "A thread exits: a target's, and a followed process's last; when the guard has gone ($2), so has this.",
    {
      body: [
        let_("group", field(task, "->signal->pids[1]")),
        if_(follow ? binary(tracked, "||", member) : tracked, report),
        ...(forgotten.length > 0 ? [forget] : []),
        if_(binary(PROCESS, "==", cast("uint64", positional(2))), [exit()]),
      ],
    },
  );
}

/** Returns the probe that reports that a target was waited for. */
export function reaped(): Probe {
  const pid = field(argument("p"), "->thread_pid");
  return probe(fentry("release_task"), "A target was waited for.", {
    when: isTracked(pid),
    body: [...emit("reap", { pidAddress: pid, count: countOf(pid) })],
  });
}

/** Returns the probe that reports that the pid hash drops its reference. */
export function hashPut(rcu: RcuPlace): Probe {
  const address = binary(cast("uint64", argument(rcu.parameter)), "-", int(rcu.offset));
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

/**
 * Returns the probe where any other holder drops a reference: it reports the very last one.
 *
 * Of put_pid() and its clone each can do the decrement, and the one can be called by the other: the first that meets a
 * count of 1 reports it and forgets the target, so that the second does not know it any more.
 *
 * @param name put_pid() or its clone
 * @param isClone whether it is a clone, of which BTF knows nothing
 */
export function lastPut(name: string, isClone: boolean): Probe {
  const given = isClone ? builtin("arg0") : argument("pid");
  const pid = cast("struct pid *", given);
  const address = cast("uint64", given);
  return probe(
    isClone ? kprobe(name) : fentry(name),
    "Some other holder of a target drops the very last reference.",
    {
      // Every file that goes puts its owner, and nearly none has one.
      when: binary(binary(address, "!=", int(0)), "&&", lookup(MAPS.tracked, address)),
      body: [
        if_(binary(countOf(pid), "==", int(1)), [
          ...emit("last", { pidAddress: address }),
          remove(MAPS.tracked, address),
        ]),
      ],
    },
  );
}

/** Returns the probe where a `struct pid` is freed, whoever held it last. */
export function freed(): Probe {
  const address = cast("uint64", argument("pid"));
  return probe(
    fentry("pidfs_free_pid"),
    "A target is freed, and its last holder was neither hash nor pidfd.",
    {
      when: lookup(MAPS.tracked, address),
      body: [...emit("last", { pidAddress: address }), remove(MAPS.tracked, address)],
    },
  );
}
