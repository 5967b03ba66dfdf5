import assert from "node:assert/strict";
import fc from "fast-check";
import type { TraceEvent } from "../schema/mod.ts";
import { anyEvent } from "../tests/support/arbitrary_events.ts";
import { columnsOf, cutTo, wrap } from "./_columns.ts";
import { TableReport } from "./mod.ts";

const COLUMNS_MAX = 79;
const COMMON = {
  schema: "trace-clone/1",
  time: "2026-01-02T03:04:05.678000006Z",
  ktime_ns: "5000",
  host: "lab:6.12",
  cpu: 0,
} as const;
const PROCESS = {
  pid: 1184,
  tid: 1184,
  start_ns: "1",
  comm: "stimulus",
  ns_pid: null,
  cgroup: null,
  container: null,
  container_runtime: null,
};
const TARGET = { id: "p1", pid: 1185, start_ns: "2", comm: "child" };

function counts(after: number | null, expected: number | null, unknown: number | null = 0) {
  return { before: null, after, expected, holders: [], unknown_holders: unknown, disturbed: false };
}

const CREATE: TraceEvent<"pidfd.create"> = {
  ...COMMON,
  type: "pidfd.create",
  seq: 1,
  process: PROCESS,
  origin: "clone3",
  file: "f1",
  fd: 3,
  inode: "8000",
  flags: ["O_RDWR"],
  released_seq: null,
  target: TARGET,
  count: counts(2, 2),
};

const EVENTS: readonly TraceEvent[] = [
  CREATE,
  { ...CREATE, seq: 2, fd: null, origin: "other", count: counts(4, 2, 2) },
  { ...CREATE, seq: 3, fd: 1_048_575, process: { ...PROCESS, pid: 4_194_303, comm: "a-name-too-long" } },
  { ...CREATE, seq: 4, process: { ...PROCESS, comm: "中文名字很长" }, target: { ...TARGET, pid: null } },
  {
    ...COMMON,
    type: "pidfd.release",
    seq: 5,
    process: PROCESS,
    file: "f0",
    inode: "8000",
    last_of_inode: true,
    created_seq: null,
    lifetime_ns: null,
    target: TARGET,
    count: counts(1, 2),
  },
  {
    ...COMMON,
    type: "clone.failed",
    seq: 6,
    process: PROCESS,
    origin: "clone",
    errno: "EFAULT",
    stage: "put_user",
    integer: null,
    file: "f2",
    file_released: true,
    pid_dropped: true,
    count: counts(1, 1),
  },
  { ...COMMON, type: "open.failed", seq: 7, process: PROCESS, errno: "ESRCH", asked_pid: 999, flags: [] },
  { ...COMMON, type: "process.start", seq: 8, process: PROCESS, child_pid: 1190, child_start_ns: "9" },
  {
    ...COMMON,
    type: "process.exit",
    seq: 9,
    process: PROCESS,
    exit_status: null,
    exit_signal: 15,
    target: TARGET,
    count: counts(2, 2),
  },
  {
    ...COMMON,
    type: "process.reap",
    seq: 10,
    process: PROCESS,
    target: TARGET,
    count: counts(1, null, null),
  },
  {
    ...COMMON,
    time: null,
    type: "pid.free",
    seq: 11,
    process: null,
    by: "hash",
    target: TARGET,
    count: counts(0, 0),
  },
  {
    ...COMMON,
    type: "finding",
    seq: 12,
    rule: "L1",
    verdict: "broken",
    statement: "The count of a struct pid is never below the number of its known holders",
    expected: "count 2 (pid hash, pidfs inode)",
    observed: "count 1",
    evidence: [1, 9],
    next:
      "A reference was dropped twice: expect a use after free, and look for the latest put of this struct pid",
  },
  {
    ...COMMON,
    type: "lost",
    seq: 13,
    reason: "gap",
    events: 2,
    cpu: 0,
    from_ns: null,
    to_ns: "5",
    detail: "2 records are missing after number 7 of the task counter",
  },
];

Deno.test("TableReport shows every event that people read", async (t) => {
  const report = new TableReport();
  await t.assertSnapshot(report.header() + EVENTS.map((it) => report.event(it)).join(""));
});

Deno.test("TableReport shows which of several hosts a line is about", async (t) => {
  const report = new TableReport({ header: true, hosts: true });
  const hosts = ["ssh:root@a-long-name.example:22", "lab:6.12", "local"];
  const text = EVENTS.map((it, at) => report.event({ ...it, host: hosts[at % hosts.length] ?? "" })).join("");
  await t.assertSnapshot(report.header() + text);
});

Deno.test("TableReport.header() is empty when no header is wanted", () => {
  assert.equal(new TableReport({ header: false }).header(), "");
});

Deno.test("TableReport takes less than 80 columns and keeps to whole lines, whatever the event", () => {
  const reports = [new TableReport(), new TableReport({ header: true, hosts: true })];
  fc.assert(
    fc.property(anyEvent, fc.constantFrom(...reports), (event, report) => {
      const text = report.event(event);
      assert.ok(text === "" || text.endsWith("\n"));
      for (const line of text.split("\n")) {
        assert.ok(columnsOf(line) <= COLUMNS_MAX, `${columnsOf(line)} columns: ${line}`);
        assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("TableReport never cuts a number", () => {
  const report = new TableReport();
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1), (pid, fd, target) => {
    const text = report.event({
      ...CREATE,
      fd,
      process: { ...PROCESS, pid },
      target: { ...TARGET, pid: target },
    });
    const words = text.split(/\s+/);
    for (const number of [pid, fd, target]) assert.ok(words.includes(`${number}`), `${number} in ${text}`);
  }));
});

Deno.test("columnsOf() counts wide characters twice", () => {
  const rows = [["", 0], ["abc", 3], ["é", 1], ["中文", 4], ["한", 2], ["😀", 2], [
    "Ａ",
    2,
  ]] as const;
  for (const [text, columns] of rows) assert.equal(columnsOf(text), columns, text);
});

Deno.test("cutTo() marks what it cuts, and cuts no character in two", () => {
  const rows = [["abcd", 4, "abcd"], ["abcde", 4, "abc~"], ["中文字", 5, "中文~"], [
    "中文字",
    4,
    "中~",
  ]] as const;
  for (const [text, columnsMax, cut] of rows) assert.equal(cutTo(text, columnsMax), cut);
});

Deno.test("wrap() keeps all of the words, in lines that are short enough", () => {
  assert.deepEqual(wrap("aa bb cc", 5, { indent: "  " }), ["aa bb", "  cc"]);
  assert.deepEqual(wrap("aaaaaaa b", 5, { indent: "  " }), ["aaaaa", "  aa", "  b"]);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 8, max: 40 }), (text, columnsMax) => {
      const lines = wrap(text, columnsMax, { indent: "  " });
      for (const line of lines) assert.ok(columnsOf(line) <= columnsMax, line);
      assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
    }),
  );
});
