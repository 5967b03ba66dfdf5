/**
 * Who holds pidfds, as `ls` and `grep` see it in /proc: it shares nothing with what the tool reads.
 *
 * @module
 */

import assert from "node:assert/strict";
import { run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";

/** The pidfds of one process. */
export interface HeldNow {
  /** How many it has. */
  readonly pidfds: number;
  /** How many of them lead to processes that have been waited for. */
  readonly dead: number;
}

/** Constant text: both programs meet processes that end meanwhile, and say so on their standard error. */
const LOOK = `LC_ALL=C ls -l /proc/[0-9]*/fd 2>/dev/null
echo ----
grep -H '^Pid:' /proc/[0-9]*/fdinfo/* 2>/dev/null
true`;

/** Longest time in milliseconds for one look. */
const LIMIT_MS = 60_000;

/**
 * Looks at all processes of a host.
 *
 * @param host the machine; who looks has to be root there
 * @returns what each process holds that holds any, by its pid
 */
export async function heldNow(host: Host): Promise<ReadonlyMap<number, HeldNow>> {
  const { code, stdout, stderr } = await run(host, ["sh", "-c", LOOK], { timeoutMs: LIMIT_MS });
  assert.equal(code, 0, stderr);
  return readLook(stdout);
}

/** Reads what the two programs printed: each link to a pidfd needs a line with what it leads to. */
export function readLook(text: string): ReadonlyMap<number, HeldNow> {
  const [links = "", infos = ""] = text.split(/^----\n/m);
  const targets = new Map<string, number>();
  for (const line of infos.split("\n")) {
    const [, pid, fd, target] = /^\/proc\/(\d+)\/fdinfo\/(\d+):Pid:\t(-?\d+)$/.exec(line) ?? [];
    if (target !== undefined) targets.set(`${pid} ${fd}`, Number(target));
  }
  const held = new Map<number, HeldNow>();
  let pid = 0;
  for (const line of links.split("\n")) {
    const [, process] = /^\/proc\/(\d+)\/fd:$/.exec(line) ?? [];
    if (process !== undefined) pid = Number(process);
    const [, fd] = / (\d+) -> (?:anon_inode:\[pidfd\]|pidfd:\[\d+\])$/.exec(line) ?? [];
    if (fd === undefined) continue;
    const target = targets.get(`${pid} ${fd}`);
    assert.ok(target !== undefined, `fd ${fd} of ${pid} is a pidfd, and leads nowhere`);
    const { pidfds, dead } = held.get(pid) ?? { pidfds: 0, dead: 0 };
    held.set(pid, { pidfds: pidfds + 1, dead: dead + (target === -1 ? 1 : 0) });
  }
  return held;
}
