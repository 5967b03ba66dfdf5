import assert from "node:assert/strict";
import { test } from "node:test";
import type { Update } from "../update.ts";
import { DoubleCloses } from "./double_closes.ts";
import type { Holding } from "./holdings.ts";

const PROCESS = { pid: 7, start_ns: "50", comm: "app" } as const;

/** A pidfd in slot 3 that a thread filled. */
function slotOf(tid: number, frames: readonly string[] | null = null): Holding {
  return { tid, origin: "pidfd_open", frames } as unknown as Holding;
}

function close(tid: number): Update<"pidfd.close"> {
  const body = { process: { ...PROCESS, tid }, table: "t1", fd: 3, file: "f1", cause: "close" };
  return { type: "pidfd.close", seq: 5, ktimeNs: 100n, followed: true, body } as unknown as Update<
    "pidfd.close"
  >;
}

function again(
  tid: number,
  held: "nothing" | "pidfd" | "other",
  more: { readonly doubtful?: boolean } = {},
): Update<"pidfd.close_again"> {
  const ends = { closed_by: 7, closed_ns: "100", filled_by: held === "nothing" ? null : 9 };
  const body = { process: { ...PROCESS, tid }, table: "t1", fd: 3, held, ...ends, doubtful: false, ...more };
  return { type: "pidfd.close_again", seq: 9, ktimeNs: 200n, followed: true, body } as unknown as Update<
    "pidfd.close_again"
  >;
}

function judged(first: number, second: Update<"pidfd.close_again">, opener = 7): readonly string[] {
  const closes = new DoubleCloses();
  closes.closed(close(first), slotOf(opener));
  closes.closedAgain(second);
  return closes.all.map(({ certainty, doubtful, evidence, origin }) =>
    `${certainty}${doubtful ? "?" : ""} ${origin} ${evidence.join()}`
  );
}

test("DoubleCloses is certain of a number that was free, whoever closes it again", () => {
  assert.deepEqual(judged(7, again(7, "nothing")), ["certain pidfd_open 5,9"]);
  assert.deepEqual(judged(7, again(8, "nothing")), ["certain pidfd_open 5,9"]);
  assert.deepEqual(judged(8, again(8, "nothing"), 7), ["certain pidfd_open 5,9"]);
});

test("DoubleCloses suspects who closes what another thread has there by then", () => {
  assert.deepEqual(judged(7, again(7, "other")), ["suspected pidfd_open 5,9"]);
  assert.deepEqual(judged(8, again(8, "other"), 7), ["suspected pidfd_open 5,9"]);
  assert.deepEqual(judged(7, again(7, "pidfd")), ["suspected pidfd_open 5,9"]);
});

test("DoubleCloses does not suspect a thread that closes pidfds which another one opens, one after the other", () => {
  assert.deepEqual(judged(8, again(8, "pidfd"), 7), []);
});

test("DoubleCloses suspects no thread where the runtime moves work between them, and is certain there too", () => {
  const frames = [
    "runtime.goexit.abi0+1 (/bin/app)",
    "internal/runtime/syscall.Syscall6+14 (/bin/app)",
    "syscall.rawVforkSyscall.abi0+27 (/bin/app)",
    "tokio::runtime::park::CachedParkThread+9 (/bin/app)",
  ];
  for (const frame of frames) {
    const closes = new DoubleCloses();
    closes.closed(close(7), slotOf(7, ["f+5 (/bin/app)", frame]));
    closes.closedAgain(again(7, "other"));
    closes.closedAgain(again(7, "pidfd"));
    assert.equal(closes.all.length, 0, frame);
    closes.closedAgain(again(7, "nothing"));
    assert.deepEqual(closes.all.map((it) => it.certainty), ["certain"]);
  }
});
test("DoubleCloses says that something was lost in between, and does without the first close", () => {
  assert.deepEqual(judged(7, again(7, "nothing", { doubtful: true })), ["certain? pidfd_open 5,9"]);
  const closes = new DoubleCloses();
  closes.closedAgain(again(7, "nothing"));
  assert.deepEqual(closes.all.map((it) => [it.certainty, it.origin, it.evidence]), [["certain", null, [9]]]);
});
