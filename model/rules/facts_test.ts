import assert from "node:assert/strict";
import { DecodeError } from "../../events/mod.ts";
import { fdinfoLine, readFacts, writeFact } from "./facts.ts";

const END = '{"scenario":"confirm-page","rounds":1,"ok":true,"why":null}';

/** A fact as the stimulus prints it, with every field. */
const FACT: Readonly<Record<string, unknown>> = {
  scenario: "confirm-page",
  fact: "writable",
  call: "clone",
  round: 0,
  pid: 310,
  tid: 311,
  from_ns: "81093184",
  to_ns: "81094210",
  flags: 4113,
  ret: 312,
  errno: 0,
  target_pid: 312,
  integer_before: 0,
  integer_after: 3,
  parent_tid: null,
  open_fds_before: 5,
  open_fds_after: 6,
  has_child: null,
  fd: 3,
  fd_flags: 1,
  fl_flags: 2,
  mode: 448,
  ino: "18446744073709551615",
  dev: "5",
  link: "anon_inode:[pidfd]",
  fdinfo: "pos:\t0\nPid:\t312\nNSpid:\t312\n",
  timeout_ms: null,
  events: null,
  revents: null,
  si_pid: null,
  si_code: null,
  si_status: null,
  numbers: null,
  errnos: null,
};

const FAILED = { ret: -1, errno: 14, target_pid: null, fd: null, has_child: 0 };

/** The fact with other fields; those that are undefined are left out. */
function line(fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ ...FACT, ...fields });
}

Deno.test("readFacts() gives every field of every fact, and the last line", () => {
  const counts = { numbers: [4, 3], errnos: { "0": 120, "11": 3 } };
  const run = readFacts(`${line()}\n${line({ ...FAILED, ...counts })}\n${END}\n`);
  assert.deepEqual([run.scenario, run.rounds, run.why, run.facts.length], ["confirm-page", 1, null, 2]);
  assert.deepEqual(run.facts[0], {
    scenario: "confirm-page",
    fact: "writable",
    call: "clone",
    round: 0,
    pid: 310,
    tid: 311,
    fromNs: 81093184n,
    toNs: 81094210n,
    flags: 4113,
    ret: 312,
    errno: 0,
    targetPid: 312,
    integerBefore: 0,
    integerAfter: 3,
    parentTid: null,
    openFdsBefore: 5,
    openFdsAfter: 6,
    hasChild: null,
    fd: 3,
    fdFlags: 1,
    flFlags: 2,
    mode: 448,
    ino: "18446744073709551615",
    dev: "5",
    link: "anon_inode:[pidfd]",
    fdinfo: "pos:\t0\nPid:\t312\nNSpid:\t312\n",
    timeoutMs: null,
    events: null,
    revents: null,
    siPid: null,
    siCode: null,
    siStatus: null,
    numbers: null,
    errnos: null,
  });
  const [, failed] = run.facts;
  assert.deepEqual([failed?.ret, failed?.errno, failed?.hasChild, failed?.fd], [-1, 14, false, null]);
  assert.deepEqual(failed?.numbers, [4, 3]);
  assert.deepEqual(failed?.errnos, new Map([[0, 120], [11, 3]]));
});

Deno.test("readFacts() takes a call that did not come back, and a run that was ended", () => {
  const why = 'poll of "woken" did not come back within 2 s';
  const end = JSON.stringify({ scenario: "confirm-page", rounds: 0, ok: false, why });
  const run = readFacts(`${line({ to_ns: null, ret: null, errno: null })}\n${end}\n`);
  assert.deepEqual([run.facts[0]?.toNs, run.facts[0]?.ret, run.facts[0]?.errno, run.why], [
    null,
    null,
    null,
    why,
  ]);
});

/** Outputs that are refused: what is wrong, in which line, at which field (none: its begin), and what is said of it. */
const REFUSED: readonly (readonly [title: string, text: string, at: string, message: RegExp])[] = [
  ["nothing", "", "1:", /there is no line at all/],
  ["no JSON", `${line()}\n{"scenario"\n${END}\n`, "2:", /the line is not an object of JSON/],
  ["another value of JSON", `[1]\n${END}\n`, "1:", /the line is not an object of JSON/],
  ["a call of another scenario", `{"round":0,"call":"clone"}\n${END}\n`, "1:", /it has no "fact"/],
  ["a second last line", `${END}\n${END}\n`, "1:scenario", /it has no "fact", and is not the last line/],
  ["no last line", `${line()}\n`, "1:fact", /the last line is missing, the output was cut off/],
  ["half a line", `${line()}\n${line().slice(0, 90)}`, "2:", /the line is not an object of JSON/],
  [
    "another run",
    `${line({ scenario: "confirm-flags" })}\n${END}\n`,
    "1:scenario",
    /it is of another run than/,
  ],
  ["an unknown field", `${line({ colour: 7 })}\n${END}\n`, "1:colour", /there is no field "colour"/],
  ["a missing field", `${line({ errnos: undefined })}\n${END}\n`, "1:", /"errnos" is missing/],
  [
    "null where it may not be",
    `${line({ pid: null })}\n${END}\n`,
    "1:pid",
    /"pid" is null, a whole number is/,
  ],
  [
    "a text for a number",
    `${line({ fd: "3" })}\n${END}\n`,
    "1:fd",
    /"fd" is "3", a whole number is required/,
  ],
  [
    "half a number",
    `${line({ flags: 1.5 })}\n${END}\n`,
    "1:flags",
    /"flags" is 1.5, a whole number is required/,
  ],
  [
    "a number for a time",
    `${line({ to_ns: 7 })}\n${END}\n`,
    "1:to_ns",
    /"to_ns" is 7, nanoseconds as decimal/,
  ],
  ["a time with a sign", `${line({ to_ns: "-7" })}\n${END}\n`, "1:to_ns", /"to_ns" is "-7", nanoseconds as/],
  ["an empty link", `${line({ link: "" })}\n${END}\n`, "1:link", /"link" is "", a text is required/],
  ["2 for yes", `${line({ has_child: 2 })}\n${END}\n`, "1:has_child", /"has_child" is 2, 0 or 1 is required/],
  ["an inode with a letter", `${line({ ino: "3f" })}\n${END}\n`, "1:ino", /"ino" is "3f", a decimal text/],
  [
    "a list with a text",
    `${line({ numbers: [1, "2"] })}\n${END}\n`,
    "1:numbers",
    /a list of whole numbers is/,
  ],
  ["a list for counts", `${line({ errnos: [3] })}\n${END}\n`, "1:errnos", /counts by errno is required/],
  [
    "counts by name",
    `${line({ errnos: { EBADF: 3 } })}\n${END}\n`,
    "1:errnos",
    /counts by errno is required/,
  ],
  [
    "a count of nothing",
    `${line({ errnos: { 9: 0 } })}\n${END}\n`,
    "1:errnos",
    /counts by errno is required/,
  ],
  ["a failure without errno", `${line({ ret: -1 })}\n${END}\n`, "1:errno", /"errno" is 0 beside "ret" -1/],
  ["an errno of success", `${line({ errno: 9 })}\n${END}\n`, "1:errno", /"errno" is 9 beside "ret" 312/],
  ["a negative errno", `${line({ ret: -1, errno: -9 })}\n${END}\n`, "1:errno", /"errno" is -9 beside/],
  ["ret without errno", `${line({ errno: null })}\n${END}\n`, "1:errno", /"errno" is null beside "ret" 312/],
  [
    "a result without an end",
    `${line({ to_ns: null })}\n${END}\n`,
    "1:to_ns",
    /"to_ns" is null beside "ret"/,
  ],
  ["an end before the begin", `${line({ to_ns: "7" })}\n${END}\n`, "1:to_ns", /"to_ns" is before "from_ns"/],
  ["an end without a begin", `${line({ from_ns: null })}\n${END}\n`, "1:to_ns", /"to_ns" is before/],
  ["rounds below 0", `${END.replace('"rounds":1', '"rounds":-1')}\n`, "1:rounds", /"rounds" is not a count/],
  ["more in the last line", `${END.replace("}", ',"more":1}')}\n`, "1:more", /there is no field "more"/],
  ["ok with a reason", `${END.replace("null", '"no"')}\n`, "1:ok", /"ok" is true beside "why" "no"/],
  ["not ok without", `${END.replace("true", "false")}\n`, "1:ok", /"ok" is false beside "why" null/],
  ["no scenario", `{"rounds":1,"ok":true,"why":null}\n`, "1:", /"scenario" is not a text/],
];

for (const [title, text, at, message] of REFUSED) {
  Deno.test(`readFacts() refuses ${title}, and says where`, () => {
    assert.throws(() => readFacts(text), (error) => {
      assert.ok(error instanceof DecodeError, String(error));
      assert.match(error.message, message);
      assert.match(error.message, /^Cannot read (a fact|the facts): /);
      const [number = "", field = ""] = at.split(":");
      const refused = text.split("\n")[Number(number) - 1] ?? "";
      assert.deepEqual([error.line, error.text], [Number(number), refused]);
      assert.equal(error.column, field === "" ? 1 : refused.indexOf(`"${field}":`) + 1);
      return true;
    });
  });
}

Deno.test("fdinfoLine() takes a whole line, once", () => {
  const fdinfo = "pos:\t0\nPid:\t-1\nNSpid:\t-1\nmnt_id:\t4\nmnt_id:\t4\n";
  assert.equal(fdinfoLine(fdinfo, "Pid"), "-1");
  assert.equal(fdinfoLine(fdinfo, "id"), undefined);
  assert.equal(fdinfoLine(fdinfo, "mnt_id"), undefined);
  assert.equal(fdinfoLine("Pid: 7\n", "Pid"), undefined);
});

Deno.test("writeFact() gives back the line that a fact was read from", () => {
  for (const more of [{}, { has_child: 1, numbers: [3, 4], errnos: { 0: 2, 24: 1 } }, { has_child: 0 }]) {
    const line = { ...FACT, ...more };
    const [fact] = readFacts(`${JSON.stringify(line)}\n${END}\n`).facts;
    assert.ok(fact !== undefined);
    assert.deepEqual(writeFact(fact), line);
  }
});
