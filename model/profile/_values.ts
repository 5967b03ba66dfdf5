/** Values as several rows read them. */

import { errnoName } from "../errno.ts";
import { type Fact, fdinfoLine } from "../rules/facts.ts";

const FD_CLOEXEC = 1;

/** Flags of files that are told by name; x86-64 and arm64 number O_LARGEFILE differently. */
const FILE_FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x80, "O_EXCL"],
  [0x200, "O_TRUNC"],
  [0x800, "O_NONBLOCK"],
  [0x80000, "O_CLOEXEC"],
];
const LARGE_FILE = 0x8000 | 0x20000;

const ACCESS = ["O_RDONLY", "O_WRONLY", "O_RDWR"];

/** include/uapi/asm-generic/poll.h. */
const POLL_BITS: readonly (readonly [bit: number, name: string])[] = [
  [0x1, "POLLIN"],
  [0x4, "POLLOUT"],
  [0x8, "POLLERR"],
  [0x10, "POLLHUP"],
  [0x20, "POLLNVAL"],
  [0x40, "POLLRDNORM"],
  [0x100, "POLLWRNORM"],
];

/** "success", for calls whose errors are what counts. */
export function success(): string {
  return "success";
}

/** Whether a call with CLONE_PIDFD made one: a kernel that does not know the flag makes a child all the same. */
export function pidfd([fact]: readonly Fact[]): string | undefined {
  if (fact === undefined) return undefined;
  return fact.fd === null ? "a child without a pidfd" : "a pidfd";
}

/** Bits as their names, the rest as a number. */
function named(bits: number, names: readonly (readonly [bit: number, name: string])[]): readonly string[] {
  const known = names.filter(([bit]) => (bits & bit) !== 0);
  const rest = known.reduce((left, [bit]) => left & ~bit, bits);
  return [...known.map(([, name]) => name), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])];
}

/** What a poll told. */
export function polled(facts: readonly Fact[]): string | undefined {
  const revents = facts.at(-1)?.revents ?? null;
  if (revents === null) return undefined;
  return revents === 0 ? "nothing" : named(revents, POLL_BITS).join(" | ");
}

/** F_GETFL of what was made. */
export function fileFlags([fact]: readonly Fact[]): string | undefined {
  const flags = fact?.flFlags ?? null;
  if (flags === null || flags < 0) return undefined;
  const rest = named(flags & ~3 & ~LARGE_FILE, FILE_FLAGS);
  return [ACCESS[flags & 3] ?? "an access mode of 3", ...rest].join(" | ");
}

/** F_GETFD of what was made. */
export function descriptorFlags([fact]: readonly Fact[]): string | undefined {
  const flags = fact?.fdFlags ?? null;
  if (flags === null || flags < 0) return undefined;
  return flags === FD_CLOEXEC ? "FD_CLOEXEC" : flags === 0 ? "none" : `0x${flags.toString(16)}`;
}

/** A line of fdinfo: whose number it is, so that runs can be compared. */
export function fdinfoValue(fact: Fact | undefined, name: string, pid: number | null): string | undefined {
  if (fact === undefined || fact.fdinfo === null) return undefined;
  const line = fdinfoLine(fact.fdinfo, name);
  if (line === undefined) return "no such line";
  return line.split("\t").map((it) => Number(it) === pid ? "the pid" : it).join(" ");
}

/** What the user's integer holds after a call that failed. */
export function integerAfter(facts: readonly Fact[]): string | undefined {
  const fact = facts.at(-1);
  if (fact === undefined || fact.integerAfter === null || fact.integerBefore === null) return undefined;
  if (fact.errno === 0) return "the call succeeds";
  return fact.integerAfter === fact.integerBefore ? "what it held before" : "a number that is no descriptor";
}

/** How many descriptors a call that failed has left behind. */
export function descriptorsLeft(facts: readonly Fact[]): string | undefined {
  const fact = facts.at(-1);
  if (fact === undefined || fact.openFdsAfter === null || fact.openFdsBefore === null) return undefined;
  if (fact.errno === 0) return "the call succeeds";
  const left = fact.openFdsAfter - fact.openFdsBefore;
  return left === 0 ? "none" : `${left}`;
}

/** How the last of the calls ended. */
export function outcome(facts: readonly Fact[]): string | undefined {
  const errno = facts.at(-1)?.errno ?? null;
  return errno === null ? undefined : errno === 0 ? "success" : errnoName(-errno);
}
