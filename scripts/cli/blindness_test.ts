import assert from "node:assert/strict";
import { blindness, tellSteps } from "./blindness.ts";

function audience() {
  const notes: string[] = [];
  return { notes, host: "h", terminal: { note: (text: string) => void notes.push(text) } };
}

const ROWS = [
  ["all was seen and tried", { releasesSeen: true, unconfirmed: [], seen: 0 }, 0],
  [
    "something was seen though nothing was tried",
    { releasesSeen: true, unconfirmed: ["no perl"], seen: 1 },
    0,
  ],
  ["nothing was seen and nothing was tried", { releasesSeen: true, unconfirmed: ["no perl"], seen: 0 }, 1],
  ["releases are not seen", { releasesSeen: false, unconfirmed: [], seen: 3 }, 1],
] as const;

for (const [what, { releasesSeen, unconfirmed, seen }, reasons] of ROWS) {
  Deno.test(`blindness() gives ${reasons} reasons when ${what}`, () => {
    const heard = audience();
    const codes = blindness({ plan: { releasesSeen }, unconfirmed, seen }, heard);
    assert.deepEqual(codes, Array(reasons).fill(4));
    assert.equal(heard.notes.length, reasons);
  });
}

Deno.test("tellSteps() tells what is seen by tracepoints or not at all, and why", () => {
  const heard = audience();
  const rung = { functions: [], doors: [], loses: [], instead: ["ftrace is \u001b off"] };
  tellSteps({
    ladder: [
      { what: "births", step: "tracepoint", ...rung },
      { what: "releases", step: "none", ...rung },
      { what: "frees", step: "kprobe", ...rung },
    ],
  }, heard);
  assert.deepEqual(heard.notes.map((it) => it.slice(0, 40)), [
    "trace-clone: h: births: seen by tracepoi",
    "trace-clone: h: releases: not seen: ftra",
  ]);
  assert.ok(!heard.notes.join("").includes("\u001b"));
});
