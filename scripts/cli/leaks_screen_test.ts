import assert from "node:assert/strict";
import { FakeScreen, settled } from "../../tests/support/fake_screen.ts";
import { leakBody, leaksBody } from "../../tests/support/leaks_answers.ts";
import { framesOf } from "../../tests/support/pseudo_terminal.ts";
import type { Ending } from "./endings.ts";
import type { LeaksLook } from "./leaks_display.ts";
import { LeaksScreen } from "./leaks_screen.ts";

const GROUP = leakBody();
const MANY = leakBody({ pid: 8, comm: "many", rule: null, verdict: "holds", pidfds: 90, dead: 0 });
const BODY = leaksBody({ groups: 2, shown: 2, pidfds: 91, watched_ns: "600000000000" });
const LOOK: LeaksLook = {
  result: { host: "lab:6.12", groups: [GROUP, MANY], body: BODY },
  ...{ watchedS: 5, losses: 0, utcNs: 0n },
};

interface Shown extends AsyncDisposable {
  readonly screen: LeaksScreen;
  readonly device: FakeScreen;
  readonly endings: Ending[];
  /** The frame that is seen now. */
  readonly frame: readonly string[];
}

function show(device = new FakeScreen(), look: () => LeaksLook = () => LOOK): Shown {
  const endings: Ending[] = [];
  const onEnd = (it: Ending) => endings.push(it);
  const screen = new LeaksScreen({ device, plain: true, look, onEnd, everyMs: 5 });
  return {
    ...{ screen, device, endings },
    get frame() {
      return framesOf(device.text).at(-1) ?? [];
    },
    [Symbol.asyncDispose]: () => screen[Symbol.asyncDispose](),
  };
}

Deno.test("LeaksScreen draws what is known, anew as time passes", async () => {
  let seconds = 0;
  await using shown = show(undefined, () => ({ ...LOOK, watchedS: seconds += 1 }));
  await settled();
  const first = shown.frame[0];
  assert.match(first ?? "", /^lab:6\.12 {2}\d+s {2}1 leak/);
  while (shown.frame[0] === first) await settled();
});

Deno.test("LeaksScreen sorts by the next column, or by the one whose key is pressed", async () => {
  await using shown = show();
  await settled();
  const state = () => [/\S+\*/.exec(shown.frame[1] ?? "")?.[0], /few|many/.exec(shown.frame[2] ?? "")?.[0]];
  assert.deepEqual(state(), ["VERDICT*", "few"]);
  await shown.device.press("s");
  assert.deepEqual(state(), ["PIDFDS*", "many"]);
  await shown.device.press("d");
  assert.deepEqual(state(), ["DEAD*", "few"]);
  await shown.device.press("s");
  await shown.device.press("s");
  assert.deepEqual(state(), ["/HOUR*", "few"]);
  await shown.device.press("s");
  assert.deepEqual(state(), ["VERDICT*", "few"]);
  // A key that means nothing changes nothing.
  await shown.device.press("p");
  await shown.device.press("Z");
  assert.deepEqual(state(), ["PIDFDS*", "many"]);
});

Deno.test("LeaksScreen says what the keys do, and hides it again", async () => {
  await using shown = show();
  for (const key of ["h", "?"]) {
    await shown.device.press(key);
    const last = shown.frame.at(-1) ?? "";
    assert.match(last, /p pidfds {2}d dead {2}a age {2}r rate/);
    assert.ok(last.length < 80);
    await shown.device.press(key);
    assert.equal(shown.frame.at(-1), "q end  s sort  h keys");
  }
});

Deno.test("LeaksScreen is drawn anew, and fits, when the terminal has another size", async () => {
  await using shown = show();
  await shown.device.resize(30, 4);
  assert.ok(shown.frame.length <= 4);
  assert.ok(shown.frame.every((it) => it.length <= 30), shown.frame.join("\n"));
  assert.equal(shown.frame.at(-1), "q end  s sort  h keys");
});

Deno.test("LeaksScreen ends the run well by q, and as a signal does by Ctrl-C", async () => {
  await using shown = show();
  await shown.device.press("\x03");
  await shown.device.press("q");
  assert.deepEqual(shown.endings.map((it) => it.code), [130, 0]);
});

Deno.test("LeaksScreen ends the run when its terminal has gone", async () => {
  const device = new FakeScreen();
  await using shown = show(device);
  await settled();
  device.takes = "gone";
  while (shown.endings.length === 0) await settled();
  assert.equal(shown.endings[0]?.code, 129);
});

Deno.test("LeaksScreen offers no key where none can be pressed, and shows remarks", async () => {
  await using shown = show(new FakeScreen({ keys: false }));
  shown.screen.note("something\nhappened\x1b[2J");
  await settled();
  assert.deepEqual(shown.frame.slice(-2), ["something happened\\x1b[2J", "Ctrl-C ends the run"]);
});
