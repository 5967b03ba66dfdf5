import assert from "node:assert/strict";
import { FakeScreen, settled } from "../../tests/support/fake_screen.ts";
import { Screen } from "./screen.ts";
import type { ScreenEvents } from "./screen.ts";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const LINES = [{ text: "NAME", isTitle: true }, { text: "one", isTitle: false }];

function open(device: FakeScreen, more: Partial<ScreenEvents & { plain: boolean }> = {}): Screen {
  return Screen.open(device, { plain: true, onKey() {}, onResize() {}, onGone() {}, ...more });
}

Deno.test("Screen gives back the terminal as it was, once", async () => {
  const device = new FakeScreen();
  const screen = open(device);
  await settled();
  assert.deepEqual([device.text, device.isRaw, device.listeners.size], [ENTER, true, 1]);
  await screen.close();
  await screen.close();
  assert.deepEqual([device.text, device.isRaw, device.listeners.size], [ENTER + LEAVE, false, 0]);
  screen.draw(LINES);
  await settled();
  assert.equal(device.text, ENTER + LEAVE);
});

Deno.test("Screen gives it back when the process ends without closing it", async () => {
  for (const name of ["unload", "error", "unhandledrejection"]) {
    const device = new FakeScreen();
    const screen = open(device);
    await settled();
    globalThis.dispatchEvent(new Event(name));
    assert.deepEqual([device.text, device.isRaw], [ENTER + LEAVE, false], name);
    await screen.close();
    assert.equal(device.text, ENTER + LEAVE, name);
  }
});

Deno.test("Screen draws over what was there, and marks titles only where that is wanted", async () => {
  const [plain, marked] = [new FakeScreen(), new FakeScreen()];
  await using screen = open(plain);
  await using other = open(marked, { plain: false });
  await settled();
  screen.draw(LINES);
  other.draw(LINES);
  await settled();
  assert.equal(plain.text, `${ENTER}\x1b[H\x1b[2KNAME\r\n\x1b[2Kone\x1b[J`);
  assert.ok(marked.text.includes(`\x1b[7mNAME${" ".repeat(96)}\x1b[0m`));
});

Deno.test("Screen leaves out frames that a slow terminal has not begun, and is left after all", async () => {
  const device = new FakeScreen();
  const screen = open(device);
  for (let at = 0; at < 10; at += 1) screen.draw([{ text: `frame ${at}`, isTitle: false }]);
  await settled();
  assert.deepEqual(device.text.match(/frame \d/g), ["frame 9"]);
  device.takes = "never";
  screen.draw(LINES);
  await screen.close();
  assert.equal(device.isRaw, false);
});

Deno.test("Screen tells of each key, of no arrow, and of a terminal that has gone", async () => {
  const device = new FakeScreen();
  const said: string[] = [];
  await using screen = open(device, { onKey: (key) => said.push(key), onGone: () => said.push("gone") });
  assert.ok(screen.hasKeys);
  await device.press("s");
  await device.press("\x1b[A");
  await device.press("dq");
  assert.deepEqual(said, ["s", "d", "q"]);
  device.takes = "gone";
  screen.draw(LINES);
  await settled();
  assert.deepEqual(said, ["s", "d", "q", "gone"]);
  await device.press(undefined);
  await device.press("x");
  assert.equal(said.length, 4);
});

Deno.test("Screen leaves a terminal alone on whose keyboard nobody can press a key", async () => {
  const device = new FakeScreen({ keys: false });
  const screen = open(device);
  assert.ok(!screen.hasKeys);
  await screen.close();
  assert.equal(device.isRaw, undefined);
});
