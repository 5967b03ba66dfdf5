/**
 * Whether the kernel's story and user space's story are the same, call by call and thread by thread.
 *
 * @module
 */

import assert from "node:assert/strict";
import { errnoName } from "../../model/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";
import type { Call, Stimulated } from "./traced_guest.ts";
import { ofType } from "./traced_guest.ts";

const CLONE_PIDFD = 0x1000;
type Birth = TraceEvent<"pidfd.create" | "clone.failed" | "open.failed">;

/** Whether a call makes a pidfd, or tries to. */
function isBirth(call: Call): boolean {
  if (call.call === "pidfd_open") return true;
  return (call.call === "clone" || call.call === "clone3") && ((call.flags ?? 0) & CLONE_PIDFD) !== 0;
}

/** Compares every birth, successful or not, with the event of the same place in its thread. */
export function agreeOnBirths({ calls, events }: Stimulated): void {
  for (const tid of new Set(calls.map((it) => it.tid))) {
    const said = calls.filter((it) => it.tid === tid && isBirth(it));
    const seen = events.filter((it): it is Birth =>
      (it.type === "pidfd.create" || it.type === "clone.failed" || it.type === "open.failed") &&
      it.process?.tid === tid
    );
    assert.equal(seen.length, said.length, `thread ${tid}: births seen and births made`);
    said.forEach((call, at) => agreeOnBirth(call, seen[at]));
  }
}

function agreeOnBirth(call: Call, event: Birth | undefined): void {
  const where = `${JSON.stringify(call)}\n${JSON.stringify(event)}`;
  assert.ok(event !== undefined, where);
  if (call.ret < 0) {
    assert.ok(event.type !== "pidfd.create", where);
    assert.equal(event.errno, errnoName(-call.errno), where);
    return;
  }
  assert.ok(event.type === "pidfd.create", where);
  assert.equal(event.origin, call.call, where);
  assert.equal(event.fd, call.fd, where);
  assert.equal(event.target.pid, call.pid, where);
  assert.equal(event.inode, call.ino, where);
  assert.deepEqual([event.count.after, event.count.unknown_holders], [event.count.expected, 0], where);
}

/** Every pidfd that was made is released, in the order in which its thread closed them, with counts as expected. */
export function agreeOnReleases({ calls, events }: Stimulated): void {
  const created = ofType(events, "pidfd.create");
  const released = ofType(events, "pidfd.release");
  assert.equal(released.length, created.length);
  const bySeq = new Map(created.map((it) => [it.seq, it]));
  for (const event of released) {
    assert.ok(event.created_seq !== null && bySeq.has(event.created_seq), JSON.stringify(event));
    assert.equal(event.count.after, event.count.expected, JSON.stringify(event));
  }
  for (const tid of new Set(calls.map((it) => it.tid))) {
    const closed = calls.filter((it) => it.tid === tid && it.call === "close").map((it) => it.fd);
    const gone = released.filter((it) => it.process?.tid === tid).map((it) =>
      bySeq.get(it.created_seq ?? 0)?.fd
    );
    if (closed.length > 0) assert.deepEqual(gone, closed, `thread ${tid}: order of closing`);
  }
}

/** Every process that a pidfd named has ended, was waited for, and its struct pid was freed; nothing was found. */
export function agreeOnEnds(
  { events }: Stimulated,
  ends: readonly ("process.exit" | "process.reap" | "pid.free")[] = [
    "process.exit",
    "process.reap",
    "pid.free",
  ],
): void {
  const targets = new Set(ofType(events, "pidfd.create").map((it) => it.target.id));
  for (const type of ends) {
    const ended = ofType(events, type).map((it) => it.target.id).filter((it) => targets.has(it));
    assert.deepEqual(ended.toSorted(), [...targets].toSorted(), type);
  }
  for (const it of ofType(events, "pid.free")) assert.equal(it.count.after, 0);
  assert.deepEqual(ofType(events, "finding"), []);
  assert.deepEqual(ofType(events, "lost"), []);
}

/** All three. */
export function agree(both: Stimulated, ends?: Parameters<typeof agreeOnEnds>[1]): void {
  agreeOnBirths(both);
  agreeOnReleases(both);
  agreeOnEnds(both, ends);
}
