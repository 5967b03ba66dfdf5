/**
 * What the model says of counts beside what the oracle says, for a world in which one call comes after the other.
 *
 * @module
 */

import { knownHolders } from "../../model/mod.ts";
import type { ModelState, Update } from "../../model/mod.ts";
import { expectedEvents, holdersNow } from "../oracle.ts";
import type { Expected } from "../oracle.ts";
import type { CountWorld } from "../simulator/count_world.ts";
import type { Action, Pid } from "../simulator/objects.ts";

/** Types that the oracle knows. */
const JUDGED: readonly string[] = ["pidfd.create", "pidfd.release", "pid.free", "clone.failed"];

/**
 * What the model has published otherwise than the oracle, one sentence each; nothing when all is the same.
 *
 * @param updates everything that the model has published
 * @param world what happened
 * @returns what differs
 */
export function eventDifferences(updates: readonly Update[], world: CountWorld): readonly string[] {
  const { truth, law } = world.kernel;
  const bySeq = new Map(updates.map((it) => [it.seq, it]));
  const is = expectedEvents(truth, law).map((it) => expectedLine(it, world));
  const says = updates.filter((it) => JUDGED.includes(it.type)).map((it) => toldLine(it, bySeq));
  const missing = is.filter((it) => !says.includes(it)).map((it) => `the model does not say: ${it}`);
  const surplus = says.filter((it) => !is.includes(it)).map((it) => `the model says: ${it}`);
  const twice = says.length === new Set(says).size ? [] : ["the model says something twice"];
  return [...missing, ...surplus, ...twice];
}

/**
 * What the model remembers otherwise than it is, one sentence each.
 *
 * @param state the model's state
 * @param world the world that it has followed
 * @returns what differs
 */
export function stateDifferences(state: ModelState, world: CountWorld): readonly string[] {
  return world.pids.filter((it) => it.count > 0).flatMap((pid) => {
    const target = state.targets.get(pid.address);
    const is = describeTruth(pid, world);
    const says = target === undefined
      ? "nothing"
      : `${target.files} files, ${knownHolders(target)?.join(", ")}, ended ${target.exited}`;
    return is === says ? [] : [`${pid.name} has ${is}; the model says ${says}`];
  });
}

function describeTruth(pid: Pid, { kernel: { truth, law } }: CountWorld): string {
  const count = (kind: Action["kind"]) =>
    truth.filter((it) => it.kind === kind && it.target === pid.name).length;
  const files = count("create") - count("release");
  return `${files} files, ${holdersNow(truth, { target: pid.name, law }).join(", ")}, ended ${
    pid.state !== "alive"
  }`;
}

/** After the cleanup of a failed clone only the hash holds its target, for a grace period. */
const FAILED = "pid hash";

function expectedLine({ type, ktimeNs, holders = [], createdNs }: Expected, world: CountWorld): string {
  const { truth, law } = world.kernel;
  const action = truth.find((it) => it.ktimeNs === ktimeNs && kindOf(type) === it.kind);
  if (type === "clone.failed") return line({ type, ktimeNs, holders: FAILED, above: 0, rest: "true true" });
  // Without pidfs the count at some births does not have their own reference in it, and is not read.
  const isRead = type !== "pidfd.create" || action?.count !== undefined;
  const rest = type === "pidfd.release"
    ? `${createdNs} ${law === "per-inode" ? !holders.includes("pidfs inode") : null}`
    : "";
  const lookers = lookersAt(world, action);
  return line({ type, ktimeNs, holders: holders.join(", "), above: isRead ? lookers : null, rest });
}

/** Holders that no probe tells of. */
function lookersAt({ looks }: CountWorld, action: Action | undefined): number {
  return looks.filter(({ target, fromNs, toNs }) =>
    action !== undefined && target === action.target && fromNs <= action.ktimeNs &&
    (toNs === undefined || action.ktimeNs < toNs)
  ).length;
}

function kindOf(type: Expected["type"]): Action["kind"] {
  const kinds = {
    "pidfd.create": "create",
    "pidfd.release": "release",
    "pid.free": "free",
    "clone.failed": "made",
  } as const;
  return kinds[type];
}

function toldLine(update: Update, bySeq: ReadonlyMap<number, Update>): string {
  const { type, ktimeNs, body } = update;
  if (!("count" in body) || body.count === null) return `${ktimeNs} ${type} without a count`;
  const { holders, expected, after, unknown_holders: unknown } = body.count;
  const is = after === null || expected === null ? null : after - expected;
  const above = is === unknown && expected === holders.length ? unknown : NaN;
  return line({ type, ktimeNs, holders: holders.join(", "), above, rest: restOf(update, bySeq) });
}

function restOf(update: Update, bySeq: ReadonlyMap<number, Update>): string {
  if (update.type === "clone.failed") return `${update.body.file_released} ${update.body.pid_dropped}`;
  if (update.type !== "pidfd.release") return "";
  const created = bySeq.get(update.body.created_seq ?? 0);
  const isSame = created?.type === "pidfd.create" && created.body.file === update.body.file;
  return `${isSame ? created.ktimeNs : "another file"} ${update.body.last_of_inode}`;
}

interface Line {
  readonly type: string;
  readonly ktimeNs: bigint | null;
  readonly holders: string;
  readonly above: number | null;
  readonly rest: string;
}

function line({ type, ktimeNs, holders, above, rest }: Line): string {
  return `${ktimeNs} ${type} held by [${holders}] and ${above} unknown ${rest}`.trimEnd();
}
