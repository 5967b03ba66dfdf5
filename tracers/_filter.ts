/**
 * What the filters of the user change in a program: what can concern nothing that is shown is not printed, and who acts
 * is told in full.
 *
 * Births, slots and releases are always printed, whoever acts: the counts of a process that is shown rest on all of its
 * pidfds, and who is going to hold one is not known before. A use changes nothing in the model, and a pidfd_open that
 * fails concerns its caller alone; so these two are left out.
 *
 * Nothing is left out while the probes are tried: the pidfds of the stimulus are nobody's who is asked for. Its last call
 * is refused for CLONE_DETACHED, which nobody else has had a use for since Linux 2.6; from then on the program sifts. Where
 * that call is not seen, it never does.
 *
 * Overhead: where the user is asked for, one look into a map before each record; otherwise a few comparisons.
 *
 * @module
 */

import {
  binary,
  builtin,
  cast,
  emit,
  field,
  if_,
  int,
  let_,
  lookup,
  remove,
  set,
  variable,
  WITNESSES,
} from "../program/mod.ts";
import type { Expr, Probe, Statement } from "../program/mod.ts";
import { WIRE_TABLE } from "../schema/mod.ts";
import type { WireField, WireTag } from "../schema/mod.ts";
import { MAPS, PROCESS, THREAD } from "./_kernel_terms.ts";
import type { ActorFilter } from "./tracer.ts";
import { tellWho } from "./_who.ts";
import type { WhoPlace } from "./_who.ts";
import { counted } from "./_witnesses.ts";

/** Most numbers of one kind that are compared in the kernel; with more of them nothing is left out for them. */
export const NUMBERS_MAX = 32;

/** The records of which the model asks whether their process is in scope. */
const SCOPED: ReadonlySet<string> = new Set<WireTag>([
  ...["clone", "failed", "open", "made", "release", "fork", "use"] as const,
  ...["slot", "replace", "empty", "flush", "copy", "heir", "left", "range", "mark", "send"] as const,
]);

/** The records in which a file can come to somebody who is asked for. */
const BRINGING: ReadonlySet<string> = new Set<WireTag>(["clone", "open", "made", "slot"]);

/** Scratch variables that a record reads right before it is printed. */
const OWN_VARIABLES: readonly string[] = ["number", "count", "after"];

/** What a plan with filters is. */
export interface Filtered {
  /** The probes. */
  readonly probes: readonly Probe[];
  /** Statements for the begin of the program. */
  readonly begin: readonly Statement[];
  /** What is left out in the kernel, one sentence each. */
  readonly leftOut: readonly string[];
}

/**
 * Changes probes so that they tell what a filter needs, and leave out what it does not let through.
 *
 * @param probes the probes of a plan's subject
 * @param options what the user asks for, and where it stands who a process is
 * @returns the same probes when nothing is asked for
 */
export function filtered(
  probes: readonly Probe[],
  options: { readonly filter: ActorFilter | undefined; readonly who: WhoPlace | undefined },
): Filtered {
  const { filter } = options;
  if (filter === undefined) return { probes, begin: [], leftOut: [] };
  const tags = new Set(probes.flatMap((it) => tagsOf(it.body)));
  const isEver = filter.leaveOut && (tags.has("failed") || !filter.isTried);
  const asked = isEver ? isAsked(filter) : undefined;
  const marks = asked !== undefined && tags.has("use");
  const change: Change = {
    asked,
    marks,
    told: [...(filter.owners ? tellOwner() : []), ...(filter.places ? tellWho(options.who) : [])],
  };
  const changed = probes.map((it) => ({
    ...it,
    body: [
      // A number is used again: what was told of it is over.
      ...(filter.owners && isExit(it) ? [remove(MAPS.owner, THREAD)] : []),
      ...bodyOf(it.body, change),
    ],
  }));
  return {
    probes: changed,
    // bpftrace takes the type of a map from where it is filled first.
    begin: [
      ...(marks ? [set(MAPS.shown, FIRST, int(1))] : []),
      ...(asked === undefined ? [] : [set(MAPS.sifting, FIRST, int(filter.isTried ? 0 : 1))]),
    ],
    leftOut: [
      ...(marks ? [USES_LEFT_OUT] : []),
      ...(asked !== undefined && tags.has("open") ? [FAILURES_LEFT_OUT] : []),
    ],
  };
}

const USES_LEFT_OUT =
  "uses by others than who is asked for are told only of pidfds that these made or got a number for";
const FAILURES_LEFT_OUT = "calls of pidfd_open that fail are told only of who is asked for";

/** Key of a map with one entry. */
const FIRST = cast("uint64", int(0));

/** `CLONE_DETACHED`, include/uapi/linux/sched.h. */
const CLONE_DETACHED = 0x400000;

interface Change {
  /** Whether the acting process is asked for; `undefined` where that is not compared in the kernel. */
  readonly asked: Expr | undefined;
  /** Whether files are marked that come to who is asked for. */
  readonly marks: boolean;
  /** What tells who acts, before each record. */
  readonly told: readonly Statement[];
}

/** Whether the acting thread is asked for, as far as numbers tell; `undefined` when they let everything through. */
function isAsked({ pids, tids, uids, isTree }: ActorFilter): Expr | undefined {
  const oneOf = (left: Expr, numbers: readonly number[], more: readonly Expr[] = []) => {
    const terms = [...more, ...numbers.map((it) => binary(left, "==", int(it)))];
    return numbers.length > NUMBERS_MAX ? undefined : joined(terms, "||");
  };
  const dimensions = [
    oneOf(PROCESS, pids, isTree ? [lookup(MAPS.tree, PROCESS)] : []),
    oneOf(THREAD, tids),
    oneOf(cast("uint64", builtin("uid")), uids),
  ];
  return joined(dimensions.filter((it) => it !== undefined), "&&");
}

function joined(terms: readonly Expr[], operator: "&&" | "||"): Expr | undefined {
  return terms.reduce<Expr | undefined>(
    (all, it) => all === undefined ? it : binary(all, operator, it),
    undefined,
  );
}

function bodyOf(body: readonly Statement[], change: Change): readonly Statement[] {
  const changed: Statement[] = [];
  for (const it of body) {
    if (it.kind === "if") {
      changed.push({ ...it, then: bodyOf(it.then, change), otherwise: bodyOf(it.otherwise, change) });
    } else if (it.kind === "print" && SCOPED.has(tagOf(it))) {
      const own: Statement[] = [it];
      for (let last = changed.at(-1); isOwn(last); last = changed.at(-1)) {
        own.unshift(last);
        changed.pop();
      }
      changed.push(...recordOf(it, { own: [...change.told, ...own], change }));
    } else changed.push(it);
  }
  return changed;
}

function isOwn(it: Statement | undefined): it is Statement {
  return it?.kind === "let" && OWN_VARIABLES.includes(it.name);
}

type Print = Extract<Statement, { kind: "print" }>;

/** The statements of one record with what the filter makes of them. */
function recordOf(
  print: Print,
  { own, change }: { readonly own: readonly Statement[]; readonly change: Change },
): readonly Statement[] {
  const { asked, marks } = change;
  const tag = tagOf(print);
  if (asked === undefined) return own;
  const passes = binary(asked, "||", binary(lookup(MAPS.sifting, FIRST), "==", int(0)));
  if (tag === "open") {
    const failed = binary(valueOf(print, "result"), "<", int(0));
    // What else it does, such as marking, is for a file that there is.
    return [if_(binary(passes, "||", binary(failed, "==", int(0))), own), ...marked(print, change)];
  }
  if (tag === "use") return [if_(binary(lookup(MAPS.shown, fileOf(print)), "||", passes), own)];
  if (tag === "failed") {
    const isLast = binary(binary(valueOf(print, "cloneFlags"), "&", int(CLONE_DETACHED)), "!=", int(0));
    return [...own, if_(isLast, [set(MAPS.sifting, FIRST, int(1))])];
  }
  if (tag === "release" && marks) return [...own, remove(MAPS.shown, fileOf(print))];
  return [...own, ...(BRINGING.has(tag) ? marked(print, change) : [])];
}

function marked(print: Print, { asked, marks }: Change): readonly Statement[] {
  if (!marks || asked === undefined) return [];
  const file = fileOf(print);
  return [
    if_(asked, [
      set(MAPS.shown, file, int(1)),
      if_(binary(lookup(MAPS.shown, file), "==", int(0)), [counted(WITNESSES.unfollowed)]),
    ]),
  ];
}

/**
 * The statements that tell under which uid a thread acts, unless that has been told.
 *
 * What was told is kept as the uid and the lower half of the start of its process, so that it is never that of another.
 */
function tellOwner(): readonly Statement[] {
  const began = cast("uint64", field(builtin("curtask"), "->group_leader->start_boottime"));
  const user = cast("uint64", builtin("uid"));
  const owned = binary(binary(binary(began, "*", int(2n ** 32n)), "+", user), "+", int(1));
  return [
    let_("owned", owned),
    if_(binary(lookup(MAPS.owner, THREAD), "!=", variable("owned")), [
      set(MAPS.owner, THREAD, variable("owned")),
      ...emit("owner", {
        ktimeNs: builtin("nsecs"),
        pid: builtin("pid"),
        tid: builtin("tid"),
        startNs: field(builtin("curtask"), "->group_leader->start_boottime"),
        uid: builtin("uid"),
      }),
    ]),
  ];
}

/** Whether a probe stands where a task exits. */
function isExit({ attach }: Probe): boolean {
  if (attach.kind === "tracepoint") return attach.name === "sched_process_exit";
  return (attach.kind === "kprobe" || attach.kind === "fentry") && attach.function === "do_exit";
}

function tagOf({ format }: Print): string {
  return format.slice(0, format.indexOf(" "));
}

function tagsOf(body: readonly Statement[]): readonly string[] {
  return body.flatMap((it) => {
    if (it.kind === "if") return [...tagsOf(it.then), ...tagsOf(it.otherwise)];
    return it.kind === "print" ? [tagOf(it)] : [];
  });
}

function fileOf(print: Print): Expr {
  return cast("uint64", valueOf(print, "file"));
}

/** The expression of a field of a record; a `comm` is printed as two words. */
function valueOf(print: Print, name: string): Expr {
  const tag = tagOf(print) as WireTag;
  const fields: readonly WireField[] = WIRE_TABLE[tag].fields;
  const at = fields.findIndex((it) => it.name === name);
  const words = fields.slice(0, at).reduce((sum, it) => sum + (it.kind === "comm" ? 2 : 1), 0);
  const value = print.values[words];
  if (at < 0 || value === undefined) {
    throw new TypeError(`Cannot filter a record "${tag}": no field "${name}"`);
  }
  return value;
}
