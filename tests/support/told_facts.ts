/**
 * Facts of a provocation, written so that runs can be compared: without numbers that differ from run to run.
 *
 * @module
 */

import { errnoName } from "../../model/mod.ts";
import { type Fact, fdinfoLine } from "../../model/rules/facts.ts";

/** Below this a pid or descriptor is written as it is: pids of a nested namespace, and the 0 and -1 of fdinfo. */
const SMALL = 10;

/** Writes one fact down; see `tests/support/confirm_story.ts` for how that looks. */
export function describeFact(fact: Fact): string {
  return [
    `${fact.fact} ${fact.call}`,
    resultOf(fact),
    ...integerOf(fact),
    ...tableOf(fact),
    ...descriptorOf(fact),
    ...fdinfoOf(fact),
    ...endOf(fact),
  ].join(" ");
}

function resultOf({ ret, errno, errnos }: Fact): string {
  if (errnos !== null) return [...errnos.keys()].sort((a, b) => a - b).map(nameOf).join("|");
  if (ret === null || errno === null) return "gone";
  return nameOf(errno);
}

function nameOf(errno: number): string {
  return errno === 0 ? "ok" : errnoName(-errno);
}

/** What the integers hold: as before, the pidfd, the child's number, or a descriptor that is none. */
function integerOf({ integerBefore, integerAfter, parentTid, fd, targetPid }: Fact): readonly string[] {
  const words: string[] = [];
  if (integerAfter !== null) {
    const known = [[fd, "pidfd"], [targetPid, "tid"], [integerBefore, "kept"]] as const;
    words.push(`int=${known.find(([number]) => number === integerAfter)?.[1] ?? "stale"}`);
  }
  if (parentTid !== null) words.push(`parent_tid=${parentTid === targetPid ? "tid" : parentTid}`);
  return words;
}

/** How many descriptors it has more than before, and whether the caller has a child. */
function tableOf({ openFdsBefore, openFdsAfter, hasChild }: Fact): readonly string[] {
  const words: string[] = [];
  if (openFdsBefore !== null && openFdsAfter !== null) words.push(`fds+${openFdsAfter - openFdsBefore}`);
  if (hasChild !== null) words.push(hasChild ? "child" : "childless");
  return words;
}

function descriptorOf({ fdFlags, flFlags, numbers, call }: Fact): readonly string[] {
  const words: string[] = [];
  if (fdFlags !== null && flFlags !== null) words.push(`fd=${fdFlags} fl=0x${flFlags.toString(16)}`);
  if (numbers !== null && call === "walk") words.push(`pidfds=${numbers.length}`);
  return words;
}

function fdinfoOf({ fdinfo, targetPid }: Fact): readonly string[] {
  if (fdinfo === null) return [];
  const written = (text: string) =>
    text.split("\t").map((it) => Number(it) === targetPid ? "target" : Number(it) < SMALL ? it : "n")
      .join(",");
  return ["Pid", "NSpid"].map((name) => `${name}=${written(fdinfoLine(fdinfo, name) ?? "?")}`);
}

/** What poll and waitid told of the end. */
function endOf({ revents, siPid, siCode, siStatus, targetPid }: Fact): readonly string[] {
  const words: string[] = [];
  if (revents !== null) words.push(`revents=0x${revents.toString(16)}`);
  if (siPid !== null) words.push(`si=${siPid === targetPid ? "target" : siPid},${siCode},${siStatus}`);
  return words;
}
