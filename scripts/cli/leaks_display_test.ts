import assert from "node:assert/strict";
import type { LeakBody } from "../../reports/mod.ts";
import { FakeScreen, settled } from "../../tests/support/fake_screen.ts";
import { leakBody, leaksBody } from "../../tests/support/leaks_answers.ts";
import { LeaksDisplay } from "./leaks_display.ts";
import type { LeaksDisplayOptions, LeaksLook } from "./leaks_display.ts";
import type { Terminal } from "./terminal.ts";

const LEAVE = "\x1b[?25h\x1b[?1049l";
const GROUP = leakBody();
const BODY = leaksBody();

function lookAt(groups: readonly LeakBody[]): LeaksLook {
  return { result: { host: "lab:6.12", groups, body: BODY }, watchedS: 5, losses: 0, utcNs: 0n };
}

interface Given {
  readonly display: LeaksDisplay;
  /** What came to standard error and, marked, to standard output. */
  readonly said: string[];
}

function displayOf(more: Partial<LeaksDisplayOptions>): Given {
  const said: string[] = [];
  const terminal: Terminal = {
    write: (text) => Promise.resolve(said.push(`stdout ${text}`) > 0),
    note: (text) => said.push(text),
    status: (text) => said.push(`status ${text}`),
    raw: (bytes) => said.push(`raw ${bytes.length}`),
  };
  const options = { device: undefined, isShared: true, plain: true, shows: "changes" } as const;
  return { display: new LeaksDisplay({ terminal, ...options, everyMs: 1, ...more }), said };
}

const FOREVER = new AbortController().signal;

Deno.test("LeaksDisplay says on standard error what changes where there is no screen", async () => {
  const { display, said } = displayOf({});
  let looks = 0;
  display.begin(() => lookAt((looks += 1) === 2 ? [GROUP] : []), { signal: FOREVER });
  display.terminal.note("a remark");
  while (looks < 5) await settled();
  await display[Symbol.asyncDispose]();
  const after = looks;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(looks, after);
  assert.deepEqual(said, [
    "a remark",
    "00:00:00 lab:6.12: K1 broken: pid 7 (few), pidfd_open, 1 pidfd, 1 dead, oldest 31s, opened-process",
    "00:00:00 lab:6.12: K1 over: pid 7 (few), pidfd_open",
  ]);
});

Deno.test("LeaksDisplay does not even look where nothing is to be shown", async () => {
  const { display, said } = displayOf({ shows: "nothing" });
  display.begin(() => assert.fail("It was looked at"), { signal: FOREVER });
  await display[Symbol.asyncDispose]();
  assert.deepEqual(said, []);
});

Deno.test("LeaksDisplay holds back what is said until the screen has gone", async () => {
  const device = new FakeScreen();
  const { display, said } = displayOf({ device });
  display.terminal.status("before");
  display.begin(() => lookAt([GROUP]), { signal: FOREVER });
  display.terminal.note("a remark");
  display.terminal.status("progress");
  display.terminal.raw(new Uint8Array(3));
  await settled();
  assert.deepEqual(said, ["status before"]);
  assert.ok(device.text.includes("progress") && !device.text.includes(LEAVE));
  await display[Symbol.asyncDispose]();
  assert.ok(device.text.endsWith(LEAVE));
  assert.deepEqual(said, ["status before", "a remark", "raw 3"]);
  display.terminal.note("behind");
  assert.equal(said.at(-1), "behind");
});

Deno.test("LeaksDisplay holds nothing back that goes elsewhere", async () => {
  const { display, said } = displayOf({ device: new FakeScreen(), isShared: false });
  display.begin(() => lookAt([]), { signal: FOREVER });
  display.terminal.note("a remark");
  display.terminal.raw(new Uint8Array(3));
  assert.deepEqual(said, ["a remark", "raw 3"]);
  await display[Symbol.asyncDispose]();
  assert.equal(said.length, 2);
});

Deno.test("LeaksDisplay gives the terminal back as soon as the run is to end", async () => {
  const device = new FakeScreen();
  const { display } = displayOf({ device });
  const outside = new AbortController();
  display.begin(() => lookAt([]), { signal: AbortSignal.any([outside.signal, display.signal]) });
  await device.press("q");
  assert.deepEqual(display.signal.reason, { reason: "ended by the key q", code: 0 });
  assert.ok(device.text.endsWith(LEAVE));
  await display[Symbol.asyncDispose]();
  assert.equal(device.text.split(LEAVE).length, 2);
});
