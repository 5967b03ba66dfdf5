import assert from "node:assert/strict";
import { LocalHost } from "../../hosts/mod.ts";
import { writeFact } from "../../model/mod.ts";
import { fact, failed } from "../../tests/support/told.ts";
import { moveAfterwards } from "./confirm_move.ts";
import type { Played } from "./confirm_play.ts";

const TAKEN = fact("confirm-integer clone holds-12345", { ret: 101 });
const REFUSED = fact("confirm-integer clone holds-12345", failed(22));
const MOVED = fact("confirm-pids-max clone pids-max", failed(11));
const UNMADE = fact("confirm-page clone read-only", failed(14));

const END = { scenario: "confirm-pids-max", rounds: 1, ok: true, why: null };
const HUNG = { ...END, rounds: 0, ok: false, why: "nothing ended within 30 s" };

const COMES: readonly string[] = [JSON.stringify(writeFact(MOVED)), JSON.stringify(END)];

/** Moves with a stimulus that prints these lines and ends with this status. */
async function move(
  played: Partial<Played>,
  stimulus: { readonly lines?: readonly string[]; readonly code?: number; readonly isLab?: boolean } = {},
) {
  const { lines = COMES, code = 0, isLab = true } = stimulus;
  const folder = await Deno.makeTempDir();
  await using host = new LocalHost();
  try {
    const program = `${folder}/stimulus`;
    const text = `#!/bin/sh\nprintf '%s\\n' ${lines.map((it) => `'${it}'`).join(" ")}\nexit ${code}\n`;
    await Deno.writeTextFile(program, text, { mode: 0o755 });
    const { signal } = new AbortController();
    const whole = {
      facts: [TAKEN, MOVED, UNMADE],
      torn: [],
      silent: new Map(),
      unfinished: new Set<string>(),
      ...played,
    };
    return await moveAfterwards({ host, program, isLab, signal, onProgress: () => undefined }, whole);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("moveAfterwards() tells that a process could move, or that the kernel did not come back", async () => {
  assert.deepEqual(await move({}), { facts: [MOVED], reason: undefined, hangs: false });
  assert.deepEqual(await move({}, { lines: [JSON.stringify(HUNG)], code: 4 }), {
    facts: [],
    reason: "confirm-pids-max: nothing ended within 30 s",
    hangs: true,
  });
  const lame = await move({}, { lines: [JSON.stringify({ ...HUNG, why: "needs root" })], code: 3 });
  assert.deepEqual([lame?.reason, lame?.hangs], ["confirm-pids-max: needs root", false]);
});

Deno.test("moveAfterwards() moves nothing where that shows nothing, or may hang a machine that is no guest", async () => {
  const rows: readonly (readonly [played: Partial<Played>, isLab: boolean, isMade: boolean])[] = [
    [{ facts: [TAKEN, UNMADE] }, true, false],
    [{ facts: [TAKEN, MOVED] }, true, false],
    [{ facts: [TAKEN, MOVED, { ...UNMADE, ret: 101, errno: 0 }] }, true, false],
    [{ unfinished: new Set(["confirm-page"]) }, true, false],
    [{ facts: [REFUSED, MOVED, UNMADE] }, true, true],
    [{ facts: [REFUSED, MOVED, UNMADE] }, false, false],
    [{ facts: [MOVED, UNMADE] }, false, false],
    [{}, false, true],
  ];
  for (const [at, [played, isLab, isMade]] of rows.entries()) {
    assert.equal(await move(played, { isLab }) !== undefined, isMade, `row ${at}`);
  }
});
