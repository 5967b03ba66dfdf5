import assert from "node:assert/strict";
import { test } from "node:test";
import type { Update } from "../update.ts";
import { LeakBook } from "./book.ts";

const SECOND_NS = 1_000_000_000n;
const OPTIONS = { olderNs: 30n * SECOND_NS, usesSeen: true };

/** A world of holders, told as the model tells it. */
class Story {
  readonly book: LeakBook;
  #seq = 0;
  #names = 0;
  #nowNs = 0n;

  constructor(options = OPTIONS) {
    this.book = new LeakBook(options);
  }

  /** Lets seconds pass. */
  wait(seconds: number): void {
    this.#nowNs += BigInt(seconds) * SECOND_NS;
    this.book.pass(this.#nowNs);
  }

  /** Lets seconds pass, of which nobody tells. */
  pause(seconds: number): void {
    this.#nowNs += BigInt(seconds) * SECOND_NS;
  }

  /** A process opens another one. */
  open(
    pid: number,
    fd: number,
    more: { readonly origin?: string; readonly doubtful?: boolean; readonly target?: string } = {},
  ): { readonly file: string; readonly target: string } {
    const { origin = "pidfd_open", doubtful = false } = more;
    const file = `f${++this.#names}`;
    const target = more.target ?? `p${this.#names}`;
    this.#tell("pidfd.create", {
      process: processOf(pid),
      origin,
      file,
      released_seq: null,
      ...about(target),
    });
    this.#tell("pidfd.install", {
      process: processOf(pid),
      table: `t${pid}`,
      fd,
      file,
      close_on_exec: true,
      doubtful,
      by: origin,
      ...about(target),
    });
    return { file, target };
  }

  /** The holder uses it. */
  use(pid: number, file: string, use = "send_signal"): void {
    this.#tell("pidfd.use", { process: processOf(pid), file, use, uses: 1, by: null });
  }

  /** The target ends, and is waited for. */
  end(target: string): void {
    this.#tell("process.exit", about(target));
    this.#tell("process.reap", about(target));
  }

  /** The holder closes it. */
  close(pid: number, fd: number, file: string): void {
    this.#tell("pidfd.close", { process: processOf(pid), table: `t${pid}`, fd, file });
    this.#tell("pidfd.release", { file });
  }

  /** What is said now. */
  get lines(): readonly string[] {
    return this.book.groups().map((it) =>
      `${it.holder?.pid} ${it.verdict} ${it.rule ?? "-"} ${it.family?.id ?? "-"} ${it.suspects}/${it.pidfds}`
    );
  }

  #tell(type: Update["type"], body: unknown): void {
    this.book.take({ type, seq: ++this.#seq, ktimeNs: this.#nowNs, followed: true, body } as Update);
  }
}

function processOf(pid: number) {
  return { pid, tid: pid, start_ns: `${pid}`, comm: `comm${pid}` };
}

function about(target: string) {
  return { target: { id: target, pid: Number(target.slice(1)) + 1000, start_ns: "1", comm: "target" } };
}

test("LeakBook reports a pidfd of the dead when it is held too long, and not before", () => {
  const story = new Story();
  const { file, target } = story.open(7, 3, { origin: "so_peerpidfd" });
  story.use(7, file);
  story.wait(1000);
  assert.deepEqual(story.lines, ["7 holds - peer-credential 0/1"], "a peer that lives");
  story.end(target);
  story.wait(30);
  assert.deepEqual(story.lines, ["7 holds - peer-credential 0/1"], "not yet");
  story.wait(1);
  assert.deepEqual(story.lines, ["7 broken K1 peer-credential 1/1"]);
  story.close(7, 3, file);
  assert.deepEqual(story.lines, []);
});

test("LeakBook does not report a supervisor that watches its children for hours", () => {
  const story = new Story();
  for (let fd = 3; fd < 60; fd += 1) story.use(7, story.open(7, fd, { origin: "clone3" }).file, "poll");
  for (let hour = 0; hour < 12; hour += 1) story.wait(3600);
  assert.deepEqual(story.lines, ["7 holds - - 0/57"]);
});

test("LeakBook takes no supervisor for a leak that has more and more children, each with its pidfd", () => {
  const story = new Story();
  for (let second = 0; second < 400; second += 1) {
    story.use(7, story.open(7, second + 3, { origin: "clone3" }).file, "poll");
    story.wait(1);
    if (second % 50 === 0) assert.deepEqual(story.lines, [`7 holds - - 0/${second + 1}`]);
  }
  assert.deepEqual(story.lines, ["7 holds - - 0/400"]);
});

test("LeakBook puts what grows first, tells how fast, and says so for certain when a collector had its time", () => {
  const story = new Story();
  story.use(8, story.open(8, 3).file);
  const calm = story.open(9, 3);
  story.end(calm.target);
  for (let second = 0; second < 400; second += 1) {
    // Always the same process, which lives.
    const { file } = story.open(7, second + 3, { target: "p900" });
    story.use(7, file);
    story.wait(1);
    // A load that comes and goes beside the leak.
    const short = story.open(7, 10_000);
    story.use(7, short.file);
    story.close(7, 10_000, short.file);
    if (second === 100) {
      assert.deepEqual(story.lines[0], "9 broken K1 opened-process 1/1");
      const [, growing] = story.book.groups();
      assert.deepEqual([growing?.verdict, growing?.rule], ["undetermined", "K2"]);
      assert.match(growing?.reasons.join() ?? "", /collector/);
    }
  }
  assert.deepEqual(story.lines, [
    "7 broken K2 opened-process 0/400",
    "9 broken K1 opened-process 1/1",
    "8 holds - opened-process 0/1",
  ]);
  const [first] = story.book.groups();
  const rate = first?.growth.perSecond ?? 0;
  assert.ok(rate > 0.95 && rate < 1.05, `${rate}`);
  assert.ok((first?.evidence.length ?? 0) > 0);
});

test("LeakBook cannot tell where something was lost that can have been about the slot", () => {
  const story = new Story();
  story.end(story.open(7, 3, { doubtful: true }).target);
  story.wait(31);
  assert.deepEqual(story.lines, ["7 undetermined K1 opened-process 1/1"]);
  assert.match(story.book.groups()[0]?.reasons.join() ?? "", /lost/);
  // One that is certain is enough.
  story.end(story.open(7, 4).target);
  story.wait(31);
  assert.deepEqual(story.lines, ["7 broken K1 opened-process 2/2"]);
});

test("LeakBook says nothing of uses where they are not told of", () => {
  for (const usesSeen of [true, false]) {
    const story = new Story({ ...OPTIONS, usesSeen });
    story.open(7, 3);
    story.wait(31);
    assert.equal(story.lines[0]?.split(" ").slice(1, 3).join(" "), usesSeen ? "broken K5" : "holds -");
  }
});

test("LeakBook says the same of growth whoever lets time pass, and when", () => {
  const said = [[], [1n], [3n, 5n, 250n]].map((steps) => {
    const story = new Story();
    let pace = 0n;
    for (let second = 0; second < 400; second += 1) {
      // It stops to grow in the middle.
      if (second < 200) story.use(7, story.open(7, second + 3).file);
      else if (second % 50 === 0) story.use(8, story.open(8, second).file);
      for (const step of steps) {
        pace += step;
        story.book.pass(BigInt(second) * SECOND_NS + pace % SECOND_NS);
      }
      story.pause(1);
    }
    story.wait(600);
    return JSON.stringify(story.book.groups().map((it) => [it.holder?.pid, it.growth, it.verdict]));
  });
  assert.equal(new Set(said).size, 1, said.join("\n"));
  assert.match(said[0] ?? "", /\[7,\{"kind":"bounded"/);
});
