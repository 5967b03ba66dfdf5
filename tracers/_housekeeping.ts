/**
 * What every run needs besides its subject: a first line, a heartbeat on every CPU, and three ways to end.
 *
 * @module
 */

import {
  binary,
  builtin,
  cast,
  clear,
  clockText,
  COUNTERS,
  emit,
  exit,
  if_,
  int,
  lookup,
  positional,
  probe,
  set,
  WITNESSES,
} from "../program/mod.ts";
import type { Probe, Statement } from "../program/mod.ts";
import { closedDeclared } from "./_closed_twice.ts";
import { MAPS } from "./_kernel_terms.ts";
import { stacksDeclared } from "./_stacks.ts";
import type { TraceLimits } from "./tracer.ts";

/**
 * Returns the probes that frame a run's subject: those for its begin, those for its course and end.
 *
 * @param limits limits of the run
 * @param subject the probes of its subject, and what they need to be done at the begin
 */
export function housekeeping(
  limits: TraceLimits,
  { probes: subject, begin: prepared }: {
    readonly probes: readonly Probe[];
    readonly begin: readonly Statement[];
  },
): { readonly first: readonly Probe[]; readonly last: readonly Probe[] } {
  const command = cast("uint64", positional(1));
  const begin = probe({ kind: "BEGIN" }, "Tells that everything is attached, and the clock's place in UTC.", {
    body: [
      ...(limits.follow ? [set(MAPS.tree, command, int(1))] : []),
      ...(fills(subject, MAPS.closer) ? closedDeclared() : []),
      ...(fills(subject, MAPS.knownStacks) ? stacksDeclared() : []),
      ...(limits.roots ?? []).map((it) => set(MAPS.tree, cast("uint64", int(it)), int(1))),
      ...prepared,
      ...emit("ready", { bpftracePid: builtin("pid"), ktimeNs: builtin("nsecs"), utc: clockText() }),
    ],
  });
  return {
    first: [begin],
    last: [heartbeat(limits.eventsMax, subject), deadline(limits.deadlineSeconds), end([begin, ...subject])],
  };
}

function heartbeat(eventsMax: number, subject: readonly Probe[]): Probe {
  // bpftrace refuses to read a map that nothing fills.
  const counted = new Set(subject.flatMap((it) => mapsCounted(it.body)));
  const counter = (map: string, otherwise = 0) =>
    counted.has(map) ? lookup(map, builtin("cpu")) : int(otherwise);
  const numbered = counter(COUNTERS.task);
  const witnesses = Object.values(WITNESSES).some((it) => counted.has(it))
    ? emit("witness", {
      cpu: builtin("cpu"),
      ktimeNs: builtin("nsecs"),
      entered: counter(WITNESSES.entered, -1),
      returned: counter(WITNESSES.returned, -1),
      born: counter(WITNESSES.born, -1),
      newtask: counter(WITNESSES.newtask, -1),
      unfollowed: counter(WITNESSES.unfollowed, -1),
    })
    : [];
  return probe({ kind: "profile", hertz: 1 }, "Heartbeat of each CPU; ends the run at the event budget.", {
    body: [
      // First: a heartbeat hands events out, up to where the witnesses agree.
      ...witnesses,
      ...emit("tick", {
        cpu: builtin("cpu"),
        ktimeNs: builtin("nsecs"),
        task: numbered,
        softirq: counter(COUNTERS.softirq),
      }),
      if_(binary(numbered, ">", int(eventsMax)), [exit()]),
    ],
  });
}

function deadline(seconds: number): Probe {
  return probe({ kind: "interval", seconds }, "The deadline: nothing of this outlives it.", {
    body: [exit()],
  });
}

/** The counters stay, so that bpftrace prints them: the number of records that were made on each CPU. */
function end(probes: readonly Probe[]): Probe {
  const counters: readonly string[] = [...Object.values(COUNTERS), ...Object.values(WITNESSES)];
  // bpftrace refuses a map that nothing ever fills.
  const filled = new Set(probes.flatMap((it) => mapsFilled(it.body)));
  const maps = [...filled].filter((it) => !counters.includes(it)).sort();
  return probe({ kind: "END" }, "Empties the maps that bpftrace would print.", { body: maps.map(clear) });
}

function fills(probes: readonly Probe[], map: string): boolean {
  return probes.some((it) => mapsFilled(it.body).includes(map));
}

function mapsFilled(body: readonly Statement[]): readonly string[] {
  return body.flatMap((it) => {
    if (it.kind === "if") return [...mapsFilled(it.then), ...mapsFilled(it.otherwise)];
    return it.kind === "set" ? [it.map] : [];
  });
}

function mapsCounted(body: readonly Statement[]): readonly string[] {
  return body.flatMap((it) => {
    if (it.kind === "if") return [...mapsCounted(it.then), ...mapsCounted(it.otherwise)];
    return it.kind === "let" && it.value.kind === "increment" ? [it.value.map] : [];
  });
}
