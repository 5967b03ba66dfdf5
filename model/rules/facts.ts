/**
 * What user space saw of the calls that provoke a rule: the lines that a provocation of the stimulus prints.
 *
 * Facts only: whether a rule holds, the rules say. See lab/stimulus/README.md for what each fact is about.
 *
 * @module
 */

import { DecodeError } from "../../events/mod.ts";

/** One call of a provocation, or many alike; `null` where something does not apply or is not known. */
export interface Fact {
  /** The provocation. */
  readonly scenario: string;
  /** Which of its facts; together with `call` it tells what was tried. */
  readonly fact: string;
  /** The system call, or what else was done: `fdinfo`, `walk`, `end`, `left`. */
  readonly call: string;
  /** Round, from 0. */
  readonly round: number;
  /** The caller's process, as its own pid namespace numbers it. */
  readonly pid: number;
  /** The caller's thread, in the same numbering. */
  readonly tid: number;
  /** CLOCK_BOOTTIME right before, in ns; `null` when it was not begun. */
  readonly fromNs: bigint | null;
  /** CLOCK_BOOTTIME right after, in ns; `null` when it did not come back. */
  readonly toNs: bigint | null;
  /** The argument of that name, with the exit signal for clone and clone3. */
  readonly flags: number | null;
  /** What it returned; -1 when it failed. */
  readonly ret: number | null;
  /** 0 on success. */
  readonly errno: number | null;
  /** The child or target, in the caller's pid namespace. */
  readonly targetPid: number | null;
  /** What the user's integer held before the call. */
  readonly integerBefore: number | null;
  /** What it held after the call. */
  readonly integerAfter: number | null;
  /** What the integer of CLONE_PARENT_SETTID held after the call, where that is another one. */
  readonly parentTid: number | null;
  /** Open descriptors below 1024 before the call. */
  readonly openFdsBefore: number | null;
  /** The same after it. */
  readonly openFdsAfter: number | null;
  /** Whether the caller has a child, alive or dead, after a call that failed or at the end. */
  readonly hasChild: boolean | null;
  /** The descriptor that was made, used or asked about. */
  readonly fd: number | null;
  /** F_GETFD of it; -1 when that failed. */
  readonly fdFlags: number | null;
  /** F_GETFL of it; -1 when that failed. */
  readonly flFlags: number | null;
  /** st_mode. */
  readonly mode: number | null;
  /** st_ino, in decimal. */
  readonly ino: string | null;
  /** st_dev, in decimal. */
  readonly dev: string | null;
  /** Where its link in /proc/self/fd points. */
  readonly link: string | null;
  /** The text of /proc/self/fdinfo. */
  readonly fdinfo: string | null;
  /** Longest time that a poll may take. */
  readonly timeoutMs: number | null;
  /** What a poll asked for. */
  readonly events: number | null;
  /** What it was told. */
  readonly revents: number | null;
  /** What waitid told of the child: its pid. */
  readonly siPid: number | null;
  /** How it ended. */
  readonly siCode: number | null;
  /** Exit status or signal. */
  readonly siStatus: number | null;
  /** Numbers whose meaning the fact's name tells. */
  readonly numbers: readonly number[] | null;
  /** Of many calls, how many gave which errno; 0 is success. */
  readonly errnos: ReadonlyMap<number, number> | null;
}

/** All that one run of a provocation told. */
export interface FactRun {
  /** Its name. */
  readonly scenario: string;
  /** Facts, in the order in which they were begun. */
  readonly facts: readonly Fact[];
  /** Rounds that were finished. */
  readonly rounds: number;
  /** Why it could not be run to its end; `null` when it was. */
  readonly why: string | null;
}

type Kind = "text" | "number" | "bit" | "time" | "decimal" | "numbers" | "counts";

/** How each field is written: its name in JSON, its kind, and whether it may be null. */
const FIELDS: Readonly<Record<keyof Fact, readonly [name: string, kind: Kind, nullable: boolean]>> = {
  scenario: ["scenario", "text", false],
  fact: ["fact", "text", false],
  call: ["call", "text", false],
  round: ["round", "number", false],
  pid: ["pid", "number", false],
  tid: ["tid", "number", false],
  fromNs: ["from_ns", "time", true],
  toNs: ["to_ns", "time", true],
  flags: ["flags", "number", true],
  ret: ["ret", "number", true],
  errno: ["errno", "number", true],
  targetPid: ["target_pid", "number", true],
  integerBefore: ["integer_before", "number", true],
  integerAfter: ["integer_after", "number", true],
  parentTid: ["parent_tid", "number", true],
  openFdsBefore: ["open_fds_before", "number", true],
  openFdsAfter: ["open_fds_after", "number", true],
  hasChild: ["has_child", "bit", true],
  fd: ["fd", "number", true],
  fdFlags: ["fd_flags", "number", true],
  flFlags: ["fl_flags", "number", true],
  mode: ["mode", "number", true],
  ino: ["ino", "decimal", true],
  dev: ["dev", "decimal", true],
  link: ["link", "text", true],
  fdinfo: ["fdinfo", "text", true],
  timeoutMs: ["timeout_ms", "number", true],
  events: ["events", "number", true],
  revents: ["revents", "number", true],
  siPid: ["si_pid", "number", true],
  siCode: ["si_code", "number", true],
  siStatus: ["si_status", "number", true],
  numbers: ["numbers", "numbers", true],
  errnos: ["errnos", "counts", true],
};

const NAMES: ReadonlySet<string> = new Set(Object.values(FIELDS).map(([name]) => name));

const DECIMAL = /^[1-9][0-9]{0,19}$/;

/** The value of each kind; `undefined` when it is not one. */
const READERS: Readonly<Record<Kind, (value: unknown) => unknown>> = {
  text: (value) => typeof value === "string" && value !== "" ? value : undefined,
  number: (value) => Number.isSafeInteger(value) ? value : undefined,
  bit: (value) => value === 0 || value === 1 ? value === 1 : undefined,
  time: (value) => typeof value === "string" && DECIMAL.test(value) ? BigInt(value) : undefined,
  decimal: (value) => typeof value === "string" && DECIMAL.test(value) ? value : undefined,
  numbers: (value) => Array.isArray(value) && value.every(Number.isSafeInteger) ? value : undefined,
  counts: readCounts,
};

/** What is required where a field is something else. */
const REQUIRED: Readonly<Record<Kind, string>> = {
  text: "a text",
  number: "a whole number",
  bit: "0 or 1",
  time: "nanoseconds as decimal text",
  decimal: "a decimal text",
  numbers: "a list of whole numbers",
  counts: "counts by errno",
};

/** Counts by errno; `undefined` when it is something else. */
function readCounts(value: unknown): ReadonlyMap<number, number> | undefined {
  if (!isObject(value)) return undefined;
  const counts = new Map<number, number>();
  for (const [errno, count] of Object.entries(value)) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(errno) || !isCount(count) || count === 0) return undefined;
    counts.set(Number(errno), count);
  }
  return counts;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A line and its number, for errors. */
interface Line {
  readonly text: string;
  readonly line: number;
}

/**
 * Reads what one run of a provocation printed.
 *
 * @param text its whole output
 * @returns the facts, and whether it came to its end
 * @throws {DecodeError} when a line is not exactly a fact, when facts belong to another run, or when the last line is
 *   missing: the output was cut off then
 *
 * @example
 * ```ts
 * import { readFacts } from "./facts.ts";
 * import assert from "node:assert/strict";
 *
 * const run = readFacts('{"scenario":"confirm-page","rounds":0,"ok":false,"why":"ended by SIGTERM"}\n');
 * assert.deepEqual([run.facts.length, run.why], [0, "ended by SIGTERM"]);
 * assert.throws(() => readFacts('{"fact":"pidfd"}\n'), /Cannot read a fact: "scenario" is missing/);
 * ```
 */
export function readFacts(text: string): FactRun {
  const lines: readonly Line[] = text.split("\n").map((text, index) => ({ text, line: index + 1 }))
    .filter((it) => it.text !== "");
  const last = lines.at(-1);
  if (last === undefined) {
    const at = { line: 1, column: 1, text: "" };
    throw new DecodeError("Cannot read the facts: there is no line at all", at);
  }
  const facts = lines.slice(0, -1).map(readFact);
  const end = parsed(last);
  if ("fact" in end) {
    readFact(last);
    throw misfit(last, "fact", "the last line is missing, the output was cut off");
  }
  const run = readEnd(end, last);
  const stranger = facts.findIndex((it) => it.scenario !== run.scenario);
  if (stranger >= 0) {
    throw misfit(lines[stranger] ?? last, "scenario", `it is of another run than ${quoted(run.scenario)}`);
  }
  return { ...run, facts };
}

/** One fact. */
function readFact(line: Line): Fact {
  const object = parsed(line);
  if (!("fact" in object)) throw misfit(line, "scenario", 'it has no "fact", and is not the last line');
  const unknown = Object.keys(object).find((name) => !NAMES.has(name));
  if (unknown !== undefined) throw misfit(line, unknown, `there is no field ${quoted(unknown)}`);
  const fact: Record<string, unknown> = {};
  for (const [key, [name, kind, nullable]] of Object.entries(FIELDS)) {
    if (!(name in object)) throw misfit(line, name, `${quoted(name)} is missing`);
    const value = object[name];
    fact[key] = value === null && nullable ? null : READERS[kind](value);
    if (fact[key] === undefined) {
      throw misfit(line, name, `${quoted(name)} is ${JSON.stringify(value)}, ${REQUIRED[kind]} is required`);
    }
  }
  // Every key of the table was filled with a value of its kind.
  const whole = fact as Record<string, unknown> & Fact;
  checkResult(whole, line);
  return whole;
}

/**
 * Returns a fact as the line that it was read from has it: every field, under its name in JSON.
 *
 * @param fact the fact
 * @returns values of JSON by name; times are decimal text, counts by errno an object
 *
 * @example
 * ```ts
 * import { readFacts, writeFact } from "./facts.ts";
 * import assert from "node:assert/strict";
 *
 * const told = readFacts('{"scenario":"confirm-page","rounds":0,"ok":true,"why":null}\n').facts;
 * assert.deepEqual(told.map(writeFact), []);
 * ```
 */
export function writeFact(fact: Fact): FactLine {
  const line = Object.entries(FIELDS).map(([key, [name, kind]]) => {
    const value = fact[key as keyof Fact];
    return [name, value === null ? null : written(value, kind)] as const;
  });
  return Object.fromEntries(line);
}

/** A fact as values of JSON. */
export interface FactLine {
  /** The field of that name. */
  readonly [name: string]: FactValue;
}

/** One value of a line. */
export type FactValue =
  | string
  | number
  | null
  | readonly number[]
  | { readonly [errno: string]: number };

/** A value as it is printed. */
function written(value: NonNullable<Fact[keyof Fact]>, kind: Kind): FactValue {
  if (kind === "bit") return value === true ? 1 : 0;
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === "bigint" ? value.toString() : value as FactValue;
}

/** What must agree within a fact. */
function checkResult({ ret, errno, fromNs, toNs }: Fact, line: Line): void {
  const fails = ret !== null && ret < 0;
  if ((ret === null) !== (errno === null) || fails !== ((errno ?? 0) !== 0) || (errno ?? 0) < 0) {
    throw misfit(line, "errno", `"errno" is ${errno} beside "ret" ${ret}`);
  }
  if ((toNs === null) !== (ret === null)) {
    throw misfit(line, "to_ns", `"to_ns" is ${toNs} beside "ret" ${ret}`);
  }
  if (toNs !== null && (fromNs === null || fromNs > toNs)) {
    throw misfit(line, "to_ns", '"to_ns" is before "from_ns"');
  }
}

/** The last line. */
function readEnd(end: Readonly<Record<string, unknown>>, line: Line): Omit<FactRun, "facts"> {
  const { scenario, rounds, ok, why, ...rest } = end;
  const [unknown] = Object.keys(rest);
  if (typeof scenario !== "string") throw misfit(line, "scenario", '"scenario" is not a text');
  if (!isCount(rounds)) throw misfit(line, "rounds", '"rounds" is not a count');
  if (unknown !== undefined) throw misfit(line, unknown, `there is no field ${quoted(unknown)}`);
  if (ok === true && why === null) return { scenario, rounds, why };
  if (ok === false && typeof why === "string") return { scenario, rounds, why };
  throw misfit(line, "ok", `"ok" is ${JSON.stringify(ok)} beside "why" ${JSON.stringify(why)}`);
}

/** The object that a line holds. */
function parsed(line: Line): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line.text);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DecodeError("Cannot read a fact: the line is not an object of JSON", { ...line, column: 1 });
}

/** The error for a line with a field that does not fit. */
function misfit(line: Line, name: string, what: string): DecodeError {
  const at = line.text.indexOf(`"${name}"`);
  return new DecodeError(`Cannot read a fact: ${what}`, { ...line, column: at < 0 ? 1 : at + 1 });
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

/**
 * Finds a line of fdinfo.
 *
 * @param fdinfo the text, as the kernel gives it
 * @param name what stands before its colon
 * @returns what follows colon and tabulator; `undefined` when there is no such line, or more than one
 *
 * @example
 * ```ts
 * import { fdinfoLine } from "./facts.ts";
 * import assert from "node:assert/strict";
 *
 * const fdinfo = "pos:\t0\nflags:\t02000002\nPid:\t310\nNSpid:\t310\t1\n";
 * assert.deepEqual([fdinfoLine(fdinfo, "Pid"), fdinfoLine(fdinfo, "NSpid")], ["310", "310\t1"]);
 * ```
 */
export function fdinfoLine(fdinfo: string, name: string): string | undefined {
  const found = fdinfo.split("\n").filter((line) => line.startsWith(`${name}:\t`));
  return found.length === 1 ? found[0]?.slice(name.length + 2) : undefined;
}
