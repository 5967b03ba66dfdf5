import assert from "node:assert/strict";
import { test } from "node:test";
import type { Update } from "../update.ts";
import { Holdings } from "./holdings.ts";

let seq = 0;

function update(type: Update["type"], ktimeNs: bigint, body: unknown): Update {
  return { type, seq: ++seq, ktimeNs, followed: true, body } as Update;
}

const processOf = (pid: number) => ({ pid, tid: pid, start_ns: `${pid}`, comm: `comm${pid}` });
const targetOf = (id: string, start: string | null = "5") => ({
  target: { id, pid: 50, start_ns: start, comm: null },
});

function created(
  file: string,
  id: string,
  more: { readonly origin?: string; readonly start?: string | null } = {},
) {
  const { origin = "pidfd_open", start = "5" } = more;
  return update("pidfd.create", 1n, {
    process: processOf(7),
    origin,
    file,
    released_seq: null,
    ...targetOf(id, start),
  });
}

function filled(
  type: "pidfd.install" | "pidfd.dup" | "pidfd.inherit" | "pidfd.receive",
  place: { readonly table: string; readonly fd: number; readonly file: string; readonly id: string },
  more: Readonly<Record<string, unknown>> = {},
) {
  const { id, ...slot } = place;
  const rest = { close_on_exec: true, doubtful: false, by: null };
  return update(type, 10n, { process: processOf(7), ...slot, ...rest, ...targetOf(id), ...more });
}

const words = (holdings: Holdings) =>
  [...holdings.held()].map((it) =>
    `${it.holder?.pid}[${it.fd}] ${it.way} ${it.origin} ${
      it.target.reaped ? "reaped" : "alive"
    } x${it.ownUses}`
  );

test("Holdings follows a pidfd from slot to slot, and forgets what is closed", () => {
  const holdings = new Holdings();
  const take = (...all: readonly Update[]) => all.forEach((it) => holdings.take(it));
  const own = { table: "t1", file: "f1", id: "p1" };
  take(
    created("f1", "p1"),
    filled("pidfd.install", { ...own, fd: 3 }),
    filled("pidfd.dup", { ...own, fd: 4 }),
  );
  const heir = { pid: 8, tid: 8, start_ns: "8" };
  take(filled("pidfd.inherit", { ...own, table: "t2", fd: 3 }, { heir, from_table: "t1" }));
  assert.deepEqual(words(holdings), [
    "7[3] opened pidfd_open alive x0",
    "7[4] dup pidfd_open alive x0",
    "8[3] inherited pidfd_open alive x0",
  ]);
  take(update("pidfd.use", 11n, { process: processOf(8), file: "f1", use: "poll", uses: 1, by: "poll" }));
  take(update("process.exit", 12n, targetOf("p1")), update("process.reap", 13n, targetOf("p1")));
  take(update("pidfd.close", 14n, { process: processOf(7), ...own, fd: 4 }));
  assert.deepEqual(words(holdings), [
    "7[3] opened pidfd_open reaped x0",
    "8[3] inherited pidfd_open reaped x1",
  ]);
  const [first] = holdings.held();
  assert.deepEqual([first?.siblingsClosed, first?.target.endedNs, first?.uses.get("poll")], [1, 12n, 1]);
  take(filled("pidfd.install", { table: "t1", fd: 3, file: "f2", id: "p2" }));
  assert.equal(words(holdings)[1], "7[3] opened null alive x0", "another file took the number");
  assert.equal(holdings.nowNs, 14n);
});

test("Holdings knows of a copy that its original came over a socket, in the table where it did", () => {
  const holdings = new Holdings();
  const own = { table: "t2", file: "f1", id: "p1" };
  holdings.take(created("f1", "p1"));
  holdings.take(filled("pidfd.install", { ...own, table: "t1", fd: 3 }));
  holdings.take(filled("pidfd.dup", { ...own, table: "t1", fd: 4 }));
  holdings.take(filled("pidfd.receive", { ...own, fd: 5 }));
  holdings.take(filled("pidfd.dup", { ...own, fd: 6 }));
  holdings.take(update("pidfd.close", 14n, { process: processOf(7), ...own, fd: 5 }));
  const told = () => [...holdings.held()].map((it) => [it.table, it.fd, it.received, it.sent]);
  assert.deepEqual(told(), [["t1", 3, false, false], ["t1", 4, false, false], ["t2", 6, true, false]]);
  holdings.take(update("pidfd.send", 15n, { process: processOf(7), ...own, fd: 6 }));
  assert.deepEqual(told(), [["t1", 3, false, true], ["t1", 4, false, true], ["t2", 6, true, true]]);
});

test("Holdings knows of what was there before the probes whether its target had been waited for", () => {
  for (const start of ["5", null]) {
    const holdings = new Holdings();
    holdings.take(created("f1", "p1", { origin: "baseline", start }));
    holdings.take(filled("pidfd.install", { table: "t1", fd: 3, file: "f1", id: "p1" }));
    assert.deepEqual(words(holdings), [`7[3] found baseline ${start === null ? "reaped" : "alive"} x0`]);
  }
});

test("Holdings takes no note of a pidfd that another thread closed before its call returned", () => {
  const holdings = new Holdings();
  holdings.take(update("pidfd.create", 1n, {
    process: processOf(7),
    origin: "clone",
    file: "f1",
    released_seq: 4,
    ...targetOf("p1"),
  }));
  assert.deepEqual(words(holdings), []);
});

test("Holdings forgets the tables of children that are gone, while what they inherited stays open", () => {
  const holdings = new Holdings();
  holdings.take(created("f1", "p1"));
  holdings.take(filled("pidfd.install", { table: "t0", fd: 3, file: "f1", id: "p1" }));
  const { sizes } = holdings;
  for (let child = 1; child <= 100; child += 1) {
    const own = { table: `t${child}`, fd: 3, file: "f1", id: "p1" };
    const heir = { pid: 100 + child, tid: 100 + child, start_ns: `${child}` };
    holdings.take(filled("pidfd.inherit", own, { heir, from_table: "t0" }));
    assert.equal(holdings.sizes.tables, 2);
    holdings.take(update("pidfd.close", 14n, { process: processOf(heir.pid), ...own }));
  }
  assert.deepEqual(holdings.sizes, sizes);
  assert.deepEqual(words(holdings), ["7[3] opened pidfd_open alive x0"]);
});
