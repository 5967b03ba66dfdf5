// What a command did, told when it is over; and groups of more than one process.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Update } from "../update.ts";
import { LeakBook } from "./book.ts";
import type { LeakBookOptions } from "./book.ts";

const SECOND_NS = 1_000_000_000n;
const OPTIONS = { olderNs: SECOND_NS, usesSeen: true };

/** A process that opens others, told as the model tells it. */
class Told {
  readonly book: LeakBook;
  #seq = 0;
  #nowNs = SECOND_NS;

  constructor(options: LeakBookOptions) {
    this.book = new LeakBook(options);
  }

  wait(seconds: number): void {
    this.#nowNs += BigInt(seconds) * SECOND_NS;
  }

  open(pid: number, name: string, followed = true): void {
    const about = { process: processOf(pid), target: targetOf(name) };
    this.#tell("pidfd.create", { ...about, origin: "pidfd_open", file: name, released_seq: null }, followed);
    const slot = {
      table: `t${pid}`,
      fd: 3,
      file: name,
      close_on_exec: true,
      doubtful: false,
      by: "pidfd_open",
    };
    this.#tell("pidfd.install", { ...about, ...slot }, followed);
  }

  end(name: string): void {
    this.#tell("process.exit", { target: targetOf(name) }, true);
  }

  close(pid: number, name: string, cause: string): void {
    const slot = { table: `t${pid}`, fd: 3, file: name, cause };
    this.#tell("pidfd.close", { process: processOf(pid), ...slot }, true);
  }

  closeAgain(pid: number, followed: boolean): void {
    const ends = {
      table: `t${pid}`,
      fd: 3,
      held: "nothing",
      closed_by: pid,
      closed_ns: "1",
      filled_by: null,
    };
    this.#tell(
      "pidfd.close_again",
      { process: processOf(pid), ...ends, by: "close", doubtful: false },
      followed,
    );
  }

  get lines(): readonly string[] {
    return this.book.groups(this.#nowNs).map((it) =>
      `${it.holder?.pid ?? `${it.holders} of`} ${it.verdict} ${
        it.rule ?? "-"
      } ${it.pidfds} held ${it.left} left`
    );
  }

  #tell(type: string, body: object, followed: boolean): void {
    this.book.take({ type, seq: ++this.#seq, ktimeNs: this.#nowNs, followed, body } as unknown as Update);
  }
}

function processOf(pid: number): object {
  return { pid, tid: pid, start_ns: `${pid}`, comm: "job", container: null, cgroup: `/job${pid % 2}` };
}

function targetOf(name: string): object {
  return { id: name, pid: null, start_ns: "1", comm: null };
}

test("LeakBook tells what a process of the command left open, long after its target had ended", () => {
  const told = new Told({ ...OPTIONS, onlyFollowed: true });
  told.open(7, "f1");
  told.end("f1");
  told.wait(5);
  told.close(7, "f1", "exit");
  assert.deepEqual(told.lines, ["7 broken K1 0 held 1 left"]);
});

test("LeakBook lets a process of the command end soon after its child, or close what it has", () => {
  const told = new Told({ ...OPTIONS, onlyFollowed: true });
  told.open(7, "f1");
  told.end("f1");
  told.close(7, "f1", "exit");
  told.open(8, "f2");
  told.end("f2");
  told.wait(5);
  told.close(8, "f2", "close");
  told.open(9, "f3");
  told.wait(5);
  told.close(9, "f3", "exit");
  assert.deepEqual(told.lines, []);
});

test("LeakBook leaves out who is not of the command, and without one keeps nothing of those that end", () => {
  const command = new Told({ ...OPTIONS, onlyFollowed: true });
  command.open(7, "f1", false);
  command.end("f1");
  command.wait(5);
  assert.deepEqual(command.lines, []);
  command.close(7, "f1", "exit");
  assert.deepEqual(command.lines, []);
  const all = new Told(OPTIONS);
  all.open(7, "f1", false);
  all.end("f1");
  all.wait(5);
  assert.deepEqual(all.lines, ["7 broken K1 1 held 0 left"]);
  all.close(7, "f1", "exit");
  assert.deepEqual(all.lines, []);
});

test("LeakBook does not blame the command for what others close twice", () => {
  const [command, all] = [true, false].map((onlyFollowed) => {
    const told = new Told({ ...OPTIONS, onlyFollowed });
    told.closeAgain(7, true);
    told.closeAgain(8, false);
    return told.lines.toSorted();
  });
  assert.deepEqual(command, ["7 broken K3 0 held 0 left"]);
  assert.deepEqual(all, ["7 broken K3 0 held 0 left", "8 broken K3 0 held 0 left"]);
});

test("LeakBook puts together what a name or a place has in common, and says how many they are", () => {
  const pids = [7, 8, 9] as const;
  const groups = (["origin", "comm", "container"] as const).map((by) => {
    const told = new Told({ ...OPTIONS, by });
    for (const pid of pids) told.open(pid, `f${pid}`);
    told.wait(5);
    return told.lines.toSorted();
  });
  assert.deepEqual(groups, [
    pids.map((pid) => `${pid} broken K5 1 held 0 left`),
    ["3 of broken K5 3 held 0 left"],
    ["2 of broken K5 2 held 0 left", "8 broken K5 1 held 0 left"],
  ]);
});
