/**
 * What must be said about a history, worked out from what really happened: slowly, and without any state.
 *
 * For every question the whole history is read again from its begin.
 *
 * @module
 */

import type { RefcountLaw } from "../model/mod.ts";
import type { Action } from "./simulator/kernel.ts";

/** What the model must publish. */
export interface Expected {
  /** Type of the event. */
  readonly type: "pidfd.create" | "pidfd.release" | "pid.free" | "clone.failed";
  /** Its moment. */
  readonly ktimeNs: bigint;
  /** Known holders of the target right after it. */
  readonly holders: readonly string[];
  /** For a release: the moment of the birth. */
  readonly createdNs: bigint | undefined;
}

/** Everything that must be published under a law, in the order of time. */
export function expectedEvents(truth: readonly Action[], law: RefcountLaw): readonly Expected[] {
  return [...truth].sort((a, b) => a.ktimeNs < b.ktimeNs ? -1 : 1).flatMap((action): Expected[] => {
    const type = typeOf(action, truth);
    if (type === undefined) return [];
    const before = truth.filter((it) => it.ktimeNs <= action.ktimeNs);
    const birth = truth.find((it) => it.kind === "create" && it.file === action.file);
    return [{
      type,
      ktimeNs: action.ktimeNs,
      holders: action.kind === "free" ? [] : holders(before, action.target, law),
      createdNs: action.kind === "release" ? birth?.ktimeNs : undefined,
    }];
  });
}

/** Who holds a target at the end of a history, one reference each. */
export function holdersNow(
  truth: readonly Action[],
  { target, law }: { readonly target: string; readonly law: RefcountLaw },
): readonly string[] {
  return holders(truth, target, law);
}

/** Files that were made and not released. */
export function openFiles(truth: readonly Action[]): readonly string[] {
  return filesOf(truth, "create").filter((file) => !filesOf(truth, "release").includes(file));
}

function typeOf(action: Action, truth: readonly Action[]): Expected["type"] | undefined {
  switch (action.kind) {
    case "create":
      return "pidfd.create";
    case "release":
      return "pidfd.release";
    case "made":
      return "clone.failed";
    case "free":
      // Nobody ever had a pidfd of a child that did not come to be.
      return truth.some((it) => it.kind === "made" && it.target === action.target) ? undefined : "pid.free";
    case "unmade":
    case "hash-put":
      return undefined;
    default:
      return action.kind satisfies never;
  }
}

/** The laws: one reference of the hash until its put; one of each open file, or one of the inode for any of them. */
function holders(before: readonly Action[], target: string, law: RefcountLaw): readonly string[] {
  const ours = before.filter((it) => it.target === target);
  const open = [...filesOf(ours, "create"), ...filesOf(ours, "made")]
    .filter((file) => ![...filesOf(ours, "release"), ...filesOf(ours, "unmade")].includes(file));
  const inode = open.length > 0 ? ["pidfs inode"] : [];
  return [
    ...(ours.some((it) => it.kind === "hash-put") ? [] : ["pid hash"]),
    ...(law === "per-inode" ? inode : open.map(() => "pidfd file")),
  ];
}

function filesOf(truth: readonly Action[], kind: Action["kind"]): readonly string[] {
  return truth.filter((it) => it.kind === kind).map((it) => it.file ?? "");
}
