import assert from "node:assert/strict";
import { HostError, LocalHost } from "../hosts/mod.ts";
import { ProgramError } from "./diagnostic.ts";
import { FAKE_WAIT, FakeBpftrace } from "./_fake_bpftrace.ts";
import { type OnceResult, runOnce, type RunOnceOptions } from "./run_once.ts";

const host = new LocalHost();

/** What bpftrace prints around what an iterator prints. */
const WALK = String.raw`
printf '%s\n' '{"type": "attached_probes", "data": {"probes": 1}}'
printf 'found 1\nfound 2\n'
printf '%s\n' '{"type": "printf", "data": "said\n"}' '' '' '{"type": "map", "data": {"@files_seen": {"0": 55}}}'
`;

async function once(script: string, options: Partial<RunOnceOptions> = {}): Promise<OnceResult> {
  await using fake = await FakeBpftrace.create();
  const bpftrace = await fake.script(script);
  return await runOnce(host, { source: "iter:task_file {}", ...options, bpftrace });
}

Deno.test("runOnce() gives all that a program said, when it has ended", async () => {
  const { lines, totals, beganNs, endedNs } = await once(WALK);
  assert.deepEqual(lines, ["found 1", "found 2", "said"]);
  assert.equal(totals.get("files_seen")?.get(0), 55);
  assert.ok(beganNs <= endedNs);
});

Deno.test("runOnce() hands the program and its settings over as they are", async () => {
  const source = "iter:task_file { $(id) ' \" }";
  const { lines } = await once('printf "%s\\n" "$@" "$SETTING"', { source, environment: { SETTING: "a b" } });
  assert.deepEqual(lines.slice(0, 4), ["-f", "json", "-e", source]);
  assert.equal(lines.at(-1), "a b");
});

Deno.test("runOnce() tells how a program failed, and never gives a part of what it said", async () => {
  const error = '{"type": "helper_error", "msg": "Invalid argument", "helper": "seq_printf", "retcode": -22}';
  const rows: readonly (readonly [script: string, options: Partial<RunOnceOptions>, message: RegExp])[] = [
    [`${WALK}echo 'ERROR: iter task_file not available' >&2; exit 1`, {}, /status 1: iter task_file not/],
    [`${WALK}printf '%s\\n' '${error}'`, {}, /Invalid argument/],
    [`${WALK}exit 127`, {}, /no such program/],
    [`${WALK}${FAKE_WAIT}`, { limitMs: 500 }, /did not end within 0\.5 s/],
    [`while :; do ${WALK}\ndone`, { linesMax: 100 }, /more than 100 lines/],
  ];
  for (const [script, options, message] of rows) {
    await assert.rejects(once(script, options), (it) => {
      assert.ok(it instanceof HostError || it instanceof ProgramError, String(it));
      assert.match(it.message, message);
      return true;
    });
  }
});

Deno.test("runOnce() ends with its signal", async () => {
  const signal = AbortSignal.timeout(300);
  await assert.rejects(once(FAKE_WAIT, { signal }), { name: "TimeoutError" });
});
