/**
 * The only function that changes the model.
 *
 * @module
 */

import type { FoundSlot, Loss, Placed } from "../events/mod.ts";
import type { WireEvent } from "../schema/mod.ts";
import { onClone, onFork, onMade, onOpen } from "./_births.ts";
import { onAgain } from "./_closed_again.ts";
import { addDoubt, beginDoubts } from "./_doubts.ts";
import { finishFailures, onFailed, settleFailures } from "./_failures.ts";
import { onDrop, onEvict, onRelease, settleReleases, threadWentOn } from "./_releases.ts";
import { onStackTold } from "./_stacks.ts";
import { onUse } from "./_uses.ts";
import { compareSlots } from "./_comparison.ts";
import type { SlotListing } from "./_comparison.ts";
import { onFound } from "./_found.ts";
import { settleSlots } from "./_slot_doubts.ts";
import { onSlots } from "./_slots.ts";
import type { ModelState } from "./state.ts";
import { onExit, onLast, onPut, onReap } from "./_targets.ts";
import { Publisher } from "./update.ts";
import type { Update } from "./update.ts";

/** What the model is told. */
export type ModelInput =
  /** An event in its place. */
  | { readonly kind: "event"; readonly placed: Placed }
  /** Something was lost. */
  | { readonly kind: "loss"; readonly loss: Loss }
  /** A slot was found that was there before the probes. */
  | { readonly kind: "found"; readonly found: FoundSlot }
  /** It is told who a process is, under which uid a thread acts, or which path a cgroup has. */
  | { readonly kind: "identity"; readonly record: WireEvent<"who" | "cgroup" | "owner"> }
  /** It is told what a user stack is made of, or which record comes from it. */
  | { readonly kind: "stack"; readonly record: WireEvent<"frames" | "stack"> }
  /** Somebody begins to read /proc: what changes from now on is kept. */
  | { readonly kind: "look"; readonly ktimeNs: bigint }
  /** /proc has been read, and everything up to then was told. */
  | { readonly kind: "listing"; readonly listing: SlotListing }
  /** Nothing more will come. */
  | { readonly kind: "finish" };

/** What a step gives: the state after it, and what there is to say. */
export interface StepResult {
  /** The state after the step; the one given to {@linkcode step} must not be used again. */
  readonly state: ModelState;
  /** Updates in their order. */
  readonly updates: readonly Update[];
}

/**
 * Takes the next input.
 *
 * A function of its arguments alone: no clock, no I/O. For speed the state is changed in place and handed back.
 *
 * @param state the state, given up by the caller
 * @param input what happened
 * @returns the state after it, and updates
 * @example
 * ```ts
 * import { initialState } from "./state.ts";
 * import { step } from "./step.ts";
 * import assert from "node:assert/strict";
 *
 * const scope = { pids: undefined, comm: undefined, descendants: false };
 * const { updates } = step(initialState({ law: "per-inode", attachedNs: 0n, scope }), { kind: "finish" });
 * assert.deepEqual(updates, []);
 * ```
 */
export function step(state: ModelState, input: ModelInput): StepResult {
  const out = new Publisher(state);
  if (input.kind === "event") onEvent(state, input.placed, out);
  else if (input.kind === "loss") onLoss(state, input.loss, out);
  else if (input.kind === "found") onFound(state, input.found, out);
  else if (input.kind === "identity") state.identities.take(input.record);
  else if (input.kind === "stack") onStackTold(state, input.record);
  else if (input.kind === "look") onLook(state, input.ktimeNs);
  else if (input.kind === "listing") onListing(state, input.listing, out);
  else finish(state, out);
  return { state, updates: out.updates };
}

function onEvent(state: ModelState, placed: Placed, out: Publisher): void {
  const { event, late, certain } = placed;
  if (event.ktimeNs > state.nowNs) state.nowNs = event.ktimeNs;
  // A CPU that was not heard may still bring something earlier: up to here nothing can be judged.
  if (!certain) addDoubt(state, { fromNs: null, toNs: event.ktimeNs });
  beginDoubts(state);
  if (late && event.kind !== "tick") {
    onLoss(state, {
      reason: "late",
      events: 1,
      cpu: event.cpu,
      fromNs: event.ktimeNs,
      toNs: event.ktimeNs,
      detail: `a record "${event.kind}" came after its place in time`,
    }, out);
  }
  // Its address is in use again: what is there now must not be taken for what it was.
  if (late && isAnothers(state, event)) {
    state.unmatched += 1;
    return;
  }
  // They say where a thread is, in the middle of whatever that is doing.
  if (event.kind === "step" || event.kind === "func") return;
  if (!late) settle(state, event, out);
  const { unmatched } = state;
  onRecord(state, event, out);
  // While the probes come one after the other, half of what happens is not told.
  if (event.ktimeNs < state.options.attachedNs) state.unmatched = unmatched;
}

/** Whether what has an address of a record now came to be after the record. */
function isAnothers(state: ModelState, event: Placed["event"]): boolean {
  const since = [
    "pidAddress" in event ? state.targets.get(event.pidAddress)?.bornNs : undefined,
    "file" in event ? state.files.get(event.file)?.createdNs : undefined,
    "table" in event ? state.slots.table(event.table)?.sinceNs : undefined,
  ];
  return since.some((it) => it !== undefined && it > event.ktimeNs);
}

function onRecord(
  state: ModelState,
  event: Exclude<Placed["event"], { kind: "step" | "func" }>,
  out: Publisher,
): void {
  switch (event.kind) {
    case "tick":
      return settleSlots(state, event.ktimeNs);
    case "clone":
      return onClone(state, event, out);
    case "failed":
      return onFailed(state, event, out);
    case "open":
      return onOpen(state, event, out);
    case "made":
      return onMade(state, event, out);
    case "fork":
      return onFork(state, event, out);
    case "release":
      return onRelease(state, event, out);
    case "evict":
      return onEvict(state, event, out);
    case "drop":
      return onDrop(state, event, out);
    case "exit":
      return onExit(state, event, out);
    case "reap":
      return onReap(state, event, out);
    case "put":
      return onPut(state, event, out);
    case "last":
      return onLast(state, event, out);
    case "slot":
    case "replace":
    case "empty":
    case "flush":
    case "copy":
    case "heir":
    case "left":
    case "range":
    case "mark":
    case "send":
      return onSlots(state, event, out);
    case "again":
      return onAgain(state, event, out);
    case "use":
      return onUse(state, event, out);
    default:
      return event satisfies never;
  }
}

const NESTED: readonly string[] = ["evict", "drop", "last"];

/** What a record says about its thread: whatever that was doing before is over. */
function settle(state: ModelState, event: Placed["event"], out: Publisher): void {
  if (event.kind === "tick") settleReleases(state, out, event.ktimeNs);
  // A drop belongs to the release before it; a last reference can be dropped by an interrupt of any thread.
  if (!("tid" in event) || NESTED.includes(event.kind)) return;
  threadWentOn(state, event, out);
  // Several files can be released on the way back to user space, in any order.
  if (state.failing.size > 0 && event.kind !== "release") settleFailures(state, out, event.tid);
}

function onLoss(state: ModelState, loss: Loss, out: Publisher): void {
  addDoubt(state, loss);
  out.publish("lost", {
    reason: loss.reason,
    events: loss.events,
    cpu: loss.cpu,
    from_ns: loss.fromNs?.toString() ?? null,
    to_ns: loss.toNs?.toString() ?? null,
    detail: loss.detail,
  }, { ktimeNs: null, followed: true });
}

/** Reading /proc of a process holds references of it: what is counted from now on may be ours. */
function onLook(state: ModelState, ktimeNs: bigint): void {
  state.lookedNs = ktimeNs;
  for (const target of state.targets.values()) target.disturbed = true;
  state.slots.watch();
}

/** Names of slots in one sentence at most. */
const NAMED_MAX = 3;

/** What the model does not know, or wrongly believes, makes everything doubtful that rests on it. */
function onListing(state: ModelState, listing: SlotListing, out: Publisher): void {
  const comparison = compareSlots(state.slots, listing);
  state.comparison = comparison;
  const { onlyModel, onlyProc } = comparison;
  if (onlyModel.length + onlyProc.length === 0) return;
  onLoss(state, {
    reason: "differs",
    events: null,
    cpu: null,
    fromNs: null,
    toNs: state.nowNs,
    detail: `/proc shows ${onlyProc.length} pidfds that were not told of${named(onlyProc)}, and lacks ` +
      `${onlyModel.length} that should be open${named(onlyModel)}`,
  }, out);
}

function named(slots: readonly string[]): string {
  if (slots.length === 0) return "";
  return ` (${slots.slice(0, NAMED_MAX).join(", ")}${slots.length > NAMED_MAX ? ", ..." : ""})`;
}

function finish(state: ModelState, out: Publisher): void {
  settleReleases(state, out, null);
  finishFailures(state, out);
}
