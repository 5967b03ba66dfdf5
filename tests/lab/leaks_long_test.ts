// leaks beside a constant load and one slow leak: the same as `deno task leaks:long`, for a shorter time.
// Guests: alone.

import assert from "node:assert/strict";
import { longClaims } from "../../scripts/dev/long_claims.ts";
import { watchLongLeak } from "../support/long_leak.ts";

/** Enough to see that it grows; that it is no garbage collector's work is certain only after five minutes. */
const SECONDS = 120;

Deno.test("leaks under a load finds a slow leak, and tells its rate and what it cost itself", async () => {
  const run = await watchLongLeak({
    ...{ kernel: "6.12", seconds: SECONDS },
    onProgress: (line) => console.log(line),
  });
  const claims = longClaims(run);
  for (const { what, measured } of claims) console.log(`${what}: ${measured}`);
  assert.deepEqual(claims.filter((it) => !it.kept), []);
  const own = run.groups.find((it) => it.pid === run.leaker);
  assert.deepEqual([own?.growth, own?.way, own?.origin], ["young", "opened", "pidfd_open"]);
  // Who keeps what it uses, and closes the rest, is the next process to be looked at, and breaks no rule.
  const others = run.groups.filter((it) => it.pid !== run.leaker);
  assert.deepEqual(others.map((it) => it.verdict).filter((it) => it !== "holds"), []);
  assert.ok(others.some((it) => it.pid === run.loader && it.pidfds >= 8));
});
