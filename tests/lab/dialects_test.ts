// The quirks of bpftrace are really so, in a guest of each version that programs are written for.

import assert from "node:assert/strict";
import { run, startGuestHost } from "../../hosts/mod.ts";
import type { GuestHost } from "../../hosts/mod.ts";
import { QUIRK_TRIALS } from "../support/quirk_trials.ts";
import type { QuirkTrial, TrialResult, Tried } from "../support/quirk_trials.ts";

/** The guest that has each version. */
const GUESTS: Readonly<Record<Tried, string>> = { "0.17": "6.1+bookworm", "0.23": "6.12", "0.27": "7.2+sid" };

const LIMIT_MS = 120_000;

/** Starts after which what only some of them show must have been seen. */
const STARTS_MAX = 20;

async function start(host: GuestHost, trial: QuirkTrial): Promise<TrialResult> {
  const { program, words = [], environment = {}, around = [":", ":"] } = trial;
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const argv = ["timeout", "60", "env", ...settings, "bpftrace", ...words, "-e", program];
  const [before, after] = around;
  assert.equal((await run(host, ["sh", "-c", before])).code, 0, before);
  try {
    return await run(host, argv, { timeoutMs: LIMIT_MS });
  } finally {
    assert.equal((await run(host, ["sh", "-c", after])).code, 0, after);
  }
}

/** Starts a trial as often as it takes to see what it shows. */
async function tryIt(host: GuestHost, trial: QuirkTrial, version: Tried): Promise<void> {
  for (let starts = 1; starts <= STARTS_MAX; starts += 1) {
    const said = await start(host, trial);
    trial.check(said, version);
    if (trial.until?.(said, version) !== false) return;
  }
  assert.fail(`${trial.of.join(", ")} was not seen in ${STARTS_MAX} starts`);
}

for (const [version, kernel] of Object.entries(GUESTS) as [Tried, string][]) {
  Deno.test(`bpftrace ${version} has the quirks that are written down`, async (t) => {
    const onProgress = (line: string) => console.log(line);
    await using host = await startGuestHost({ kernel, timeLimitSeconds: 600, shared: false, onProgress });
    const said = await run(host, ["bpftrace", "--version"], { timeoutMs: LIMIT_MS });
    assert.ok(said.stdout.includes(`v${version}.`), said.stdout);
    for (const trial of QUIRK_TRIALS.filter((it) => it.on.includes(version))) {
      await t.step(trial.of.join(", "), () => tryIt(host, trial, version));
    }
  });
}
