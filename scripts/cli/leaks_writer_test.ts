import assert from "node:assert/strict";
import { Correlator, LeakBook } from "../../model/mod.ts";
import type { Update } from "../../model/mod.ts";
import { NdjsonReport } from "../../reports/mod.ts";
import { EventOutput } from "./event_output.ts";
import { LeaksWriter } from "./leaks_writer.ts";
import type { Terminal } from "./terminal.ts";

const SECOND_NS = 1_000_000_000n;
const CALM = {
  law: "per-file",
  releasesSeen: true,
  hashPutsSeen: true,
  slotsSeen: true,
  cpus: 1,
  attachedNs: 0n,
  scope: { pids: undefined, comm: undefined, descendants: false },
} as const;
const QUIET: Terminal = { write: () => Promise.resolve(true), note() {}, status() {}, raw() {} };

function writerOf(): { readonly writer: LeaksWriter; readonly book: LeakBook } {
  const book = new LeakBook({ olderNs: 30n * SECOND_NS, usesSeen: true });
  const output = new EventOutput(QUIET, { report: new NdjsonReport() });
  return { book, writer: new LeaksWriter(output, { origin: { host: "fake", utcOffsetNs: 0n }, book }) };
}

const TARGET = { id: "p1", pid: 9, start_ns: "1", comm: "target" };
const PROCESS = { pid: 7, tid: 7, start_ns: "2", comm: "holder" };

function at(second: bigint, type: Update["type"], body: unknown): Update {
  return { type, seq: 1, ktimeNs: second * SECOND_NS, followed: true, body } as Update;
}

Deno.test("LeaksWriter judges some seconds behind the stream, so that what comes late is no leak", async () => {
  const { writer, book } = writerOf();
  writer.pass(100n * SECOND_NS);
  await writer.take([
    at(100n, "pidfd.create", {
      process: PROCESS,
      origin: "pidfd_open",
      file: "f1",
      released_seq: null,
      target: TARGET,
    }),
    at(100n, "pidfd.install", {
      ...{ process: PROCESS, table: "t1", fd: 3, file: "f1", target: TARGET },
      ...{ close_on_exec: true, doubtful: false, by: "pidfd_open" },
    }),
  ], Infinity);
  const verdict = () => book.groups(writer.settledNs)[0]?.verdict;
  writer.pass(133n * SECOND_NS);
  assert.equal(verdict(), "holds");
  // It was used in time, and that is told late.
  const use = { process: PROCESS, file: "f1", use: "poll", uses: 1, by: null };
  await writer.take([at(129n, "pidfd.use", use)], Infinity);
  writer.pass(200n * SECOND_NS);
  assert.equal(verdict(), "holds");
  await writer.take([at(200n, "process.exit", { target: TARGET })], Infinity);
  writer.pass(231n * SECOND_NS);
  assert.equal(verdict(), "holds");
  writer.pass(236n * SECOND_NS);
  assert.equal(verdict(), "broken");
});

Deno.test("LeaksWriter has watched since the probes were attached, also when nothing happened", () => {
  const { writer } = writerOf();
  assert.deepEqual([writer.watchedNs, writer.isSettled], [0n, false]);
  writer.pass(100n * SECOND_NS);
  writer.pass(104n * SECOND_NS);
  assert.deepEqual([writer.watchedNs, writer.isSettled], [4n * SECOND_NS, false]);
  // Time does not go back.
  writer.pass(90n * SECOND_NS);
  writer.pass(105n * SECOND_NS);
  assert.deepEqual([writer.watchedNs, writer.isSettled], [5n * SECOND_NS, true]);
});

Deno.test("LeaksWriter counts how often something was lost", async () => {
  const { writer } = writerOf();
  await writer.take(
    [at(1n, "lost", { reason: "gap" }), at(1n, "process.reap", { target: TARGET })],
    Infinity,
  );
  assert.deepEqual([writer.losses, writer.isSettled], [1, true]);
});

Deno.test("LeaksWriter knows at the end whether it was told what was there before", async () => {
  const body = { reason: "the time is over", complete: true, exit_code: 0, command_status: null };
  for (const [baseline, isKnown] of [[null, false], [0, true], [7, true]] as const) {
    const { writer } = writerOf();
    assert.equal(writer.isBeforeKnown, false);
    await writer.end({ ...new Correlator(CALM).trust, baseline }, body);
    assert.equal(writer.isBeforeKnown, isKnown);
  }
});
