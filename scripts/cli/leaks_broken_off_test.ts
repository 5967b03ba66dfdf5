import assert from "node:assert/strict";
import { HostError } from "../../hosts/mod.ts";
import type { Ending } from "./endings.ts";
import { brokenOff } from "./leaks_broken_off.ts";

const GONE = new HostError('Connection to "ssh:a" is gone', { host: "ssh:a", kind: "lost" });
const INTERRUPTED: Ending = { reason: "interrupted", code: 130 };

/** Calls it, and returns what was said too. */
function broken(error: unknown, options: { readonly isTold: boolean; readonly aborted?: boolean }) {
  const said: string[] = [];
  const signal = options.aborted === true ? AbortSignal.abort(INTERRUPTED) : new AbortController().signal;
  const ending = brokenOff(error, {
    isTold: options.isTold,
    signal,
    terminal: { note: (it) => void said.push(it) },
  });
  return { ending, said };
}

Deno.test("brokenOff() leaves what was told to be reported when the machine is lost", () => {
  const { ending, said } = broken(GONE, { isTold: true });
  assert.deepEqual(ending, { code: 4, reason: GONE.message });
  assert.deepEqual(said, [`trace-clone: ${GONE.message}`]);
});

Deno.test("brokenOff() throws where there is nothing to report, and faults of the tool's own", () => {
  assert.throws(() => broken(GONE, { isTold: false }), GONE);
  const fault = new TypeError("Cannot read it");
  assert.throws(() => broken(fault, { isTold: true }), fault);
});

Deno.test("brokenOff() gives the ending from outside, and says so where nothing was told", () => {
  const early = broken(INTERRUPTED, { isTold: false, aborted: true });
  assert.deepEqual(early.ending, INTERRUPTED);
  assert.deepEqual(early.said, ["trace-clone: interrupted before anything was traced"]);
  assert.deepEqual(broken(GONE, { isTold: true, aborted: true }), { ending: INTERRUPTED, said: [] });
});
