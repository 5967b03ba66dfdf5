// A real terminal that is drawn on: it is given back whatever ends the program.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { framesOf, PseudoTerminal } from "../support/pseudo_terminal.ts";

const PROGRAM = fileURLToPath(new URL("../support/ended_screen.ts", import.meta.url));

for (const [way, code] of [["exit", 7], ["throw", 1], ["reject", 1]] as const) {
  Deno.test(`a screen is given back when its program ends by ${way}`, async () => {
    const words = [Deno.execPath(), "run", "-q", "--no-prompt", "--allow-read", PROGRAM, way];
    await using terminal = new PseudoTerminal(words, { columns: 60, rows: 12 });
    const end = await terminal.end();
    assert.equal(end.code, code, end.shown);
    assert.equal(end.settings[1], end.settings[0]);
    assert.deepEqual(framesOf(end.shown), [[`TITLE${" ".repeat(55)}`, "drawn"]]);
    const [before = "", after] = end.shown.split("\x1b[?25h\x1b[?1049l");
    assert.ok(before.startsWith("\x1b[?1049h\x1b[?25l"), before);
    // What is said of the error stands on the screen that stays.
    assert.ok(after !== undefined && !before.includes("Nobody catches this"), end.shown);
    assert.equal(after.includes("Nobody catches this"), code === 1);
  });
}
