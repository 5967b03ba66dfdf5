// leaks on a terminal: keys, another size, the end by a key and by signals; and lines where there is no terminal.
// Guests: keeps lab:6.12.

import assert from "node:assert/strict";
import { GuestHost } from "../../hosts/mod.ts";
import { findKernel, registerGuest, startGuest } from "../../lab/mod.ts";
import { bringHolder, holdMany } from "../support/pidfd_holders.ts";
import { framesOf, PseudoTerminal } from "../support/pseudo_terminal.ts";
import type { TerminalEnd } from "../support/pseudo_terminal.ts";
import { call, TOOL_WORDS } from "../support/said.ts";

const LEAKS = ["leaks", "--target", "lab:6.12", "--older", "3s"];
const WORDS = [...TOOL_WORDS, ...LEAKS, "-d", "120s"];
const [ENTER, LEAVE] = ["\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"];
/** What the screen says of the holder's pidfd of a process that was reaped. */
const ROW = /K1 +broken +(\d+) pidfd_holder /;

Deno.test("leaks on a terminal", async (t) => {
  await using guest = await startGuest({ kernel: findKernel("6.12"), timeLimitSeconds: 900 });
  await registerGuest(guest);
  const { name, port, user, keyFile, knownHostsFile } = guest;
  await using host = await GuestHost.connect({ name, port, user, keyFile, knownHostsFile });
  await using holder = await holdMany(host, await bringHolder(host, "/tmp"));
  const { pid } = holder.what;

  await t.step("it shows a table, hears keys and another size, and ends well by q", () => useKeys(pid));
  await t.step("it gives the terminal back when it is interrupted by a key or by a signal", interrupt);
  await t.step(
    "it gives it back at its time limit, and shows no more than text where that is wanted",
    outlast,
  );
  await t.step(
    "it says what changes where there is no terminal, and the answer stands alone",
    () => pipe(pid),
  );
});

async function useKeys(pid: number): Promise<void> {
  await using terminal = new PseudoTerminal(WORDS, { columns: 110, rows: 20 });
  const row = await terminal.until(ROW, { from: 0 });
  assert.equal(Number(ROW.exec(terminal.seen)?.[1]), pid);
  assert.match(framesOf(terminal.seen).at(-1)?.[1] ?? "", /^RULE VERDICT\* /);
  assert.ok(terminal.seen.includes("\x1b[7mRULE "), "the titles are marked");
  await terminal.press("s");
  await terminal.until(/PIDFDS\*/, { from: row });
  await terminal.press("h");
  const help = await terminal.until(/p pidfds {2}d dead/, { from: row });
  await terminal.resize({ columns: 40, rows: 6 });
  await terminal.until(new RegExp(`~${"\x1b"}\\[J`), { from: help });
  await terminal.press("q");
  const end = await terminal.end();
  checkRestored(end);
  assert.equal(end.code, 1, "what it holds is a leak");
  const [drawn = "", report = ""] = end.shown.split(LEAVE);
  const small = framesOf(drawn).at(-1) ?? [];
  assert.ok(small.length <= 6 && small.every((it) => it.length <= 40), small.join("\n"));
  assert.match(report, new RegExp(`\r\n *${pid} pidfd_holder .* K1 `));
  assert.match(report, /lab:6\.12: 1 leak in \S+: 804 pidfds are held, 2 of processes/);
  // What was said meanwhile waited for its turn.
  assert.match(report, /trust: \d+ records, lost 0/);
}

async function interrupt(): Promise<void> {
  for (const [how, code] of [["key", 130], ["HUP", 129]] as const) {
    await using terminal = new PseudoTerminal(WORDS, { columns: 80, rows: 24 });
    await terminal.until(ROW, { from: 0 });
    if (how === "key") await terminal.press("\x03");
    else await terminal.signal(how, /scripts\/trace_clone\.ts/);
    const end = await terminal.end();
    checkRestored(end);
    assert.equal(end.code, code, end.shown.slice(-600));
    assert.match(end.shown.split(LEAVE)[1] ?? "", /lab:6\.12: 1 leak in /);
  }
}

async function outlast(): Promise<void> {
  const words = ["env", "NO_COLOR=1", ...TOOL_WORDS, ...LEAKS, "-d", "15s"];
  await using terminal = new PseudoTerminal(words, { columns: 80, rows: 24 });
  const end = await terminal.end();
  checkRestored(end);
  assert.equal(end.code, 1, end.shown.slice(-600));
  assert.match(end.shown.split(LEAVE)[0] ?? "", ROW);
  assert.ok(!end.shown.includes("\x1b[7m"));
}

async function pipe(pid: number): Promise<void> {
  const [tool, ...rest] = TOOL_WORDS;
  const said = await call(tool, [...rest, ...LEAKS, "-d", "15s"], { limitMs: 120_000 });
  assert.equal(said.code, 1, said.stderr);
  const lines = said.stderr.split("\n").filter((it) => it.includes(`pid ${pid} `));
  assert.equal(lines.length, 1, said.stderr);
  assert.match(
    lines[0] ?? "",
    /^\d\d:\d\d:\d\d lab:6\.12: K1 broken: pid \d+ \(pidfd_holder\), found, 804 pidfds/,
  );
  assert.ok(!(said.stdout + said.stderr).includes("\x1b"));
  assert.match(said.stdout, /^ *PID COMM /);
}

function checkRestored({ shown, settings }: TerminalEnd): void {
  assert.equal(settings[1], settings[0]);
  assert.equal(shown.split(ENTER).length, 2, "the screen is taken once");
  assert.equal(shown.split(LEAVE).length, 2, "and given back once");
}
