/**
 * Whether a recorded machine is still what the live one says, and its bpftrace takes the programs that are planned.
 *
 * @module
 */

import assert from "node:assert/strict";
import { launch, readRecursion } from "../../capture/mod.ts";
import type { Capture } from "../../capture/mod.ts";
import { run } from "../../hosts/mod.ts";
import type { GuestHost } from "../../hosts/mod.ts";
import { discover } from "../../kernel/mod.ts";
import type { KernelFacts } from "../../kernel/mod.ts";
import { buildStimulus } from "../../lab/mod.ts";
import { environmentOf, renderProgram } from "../../program/mod.ts";
import { copyTo } from "../../scripts/cli/copy.ts";
import { LIFECYCLE_SYMBOLS, LIFECYCLE_TRACEPOINTS, planLifecycle, programPlaces } from "../../tracers/mod.ts";
import type { Plan } from "../../tracers/mod.ts";
import { factsOf } from "./kernel_machine.ts";
import { limitsOf } from "./plan_variants.ts";
import type { PlanVariant } from "./plan_variants.ts";
import { recordedMachine } from "./recorded_machines.ts";
import type { MachineName } from "./recorded_machines.ts";
import { ofType, STIMULUS_FOLDER, TracedGuest } from "./traced_guest.ts";

/** The counts of one process with three pidfds, by law, as lab/stimulus/README.md tells its steps. */
const COUNTS = {
  "per-inode": { births: [2, 2, 2], releases: [2, 2, 1] },
  "per-file": { births: [2, 3, 4], releases: [3, 2, 1] },
} as const;

/** Pidfds of one round of `three-pidfds`. */
const PIDFDS = 3;

/** Asks a live guest all that a plan asks. */
export function liveFacts(host: GuestHost): Promise<KernelFacts> {
  return discover(host, { symbols: LIFECYCLE_SYMBOLS, tracepoints: LIFECYCLE_TRACEPOINTS });
}

/** Plans one variant, which must be possible. */
export function planOf(facts: KernelFacts, variant: PlanVariant): Plan {
  const plan = planLifecycle(variant.facts(facts), limitsOf(variant));
  if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
  return plan;
}

/** The plan for a live guest, which is the one for its recording, word for word. */
export async function agreedPlan(
  name: MachineName,
  { live, variant }: { readonly live: KernelFacts; readonly variant: PlanVariant },
): Promise<Plan> {
  const plan = planOf(live, variant);
  const recorded = planOf(await factsOf(recordedMachine(name)), variant);
  const advice = "the recorded machine is out of date: deno task record:machines";
  assert.equal(renderProgram(plan.program), renderProgram(recorded.program), advice);
  assert.deepEqual(plan.ladder, recorded.ladder, advice);
  assert.deepEqual(plan.cannotSee, recorded.cannotSee, advice);
  return plan;
}

/** Attaches a program, as `plan` shows it, does something with it, and detaches it again. */
export async function attachOnce(
  host: GuestHost,
  { plan: { program }, work }: {
    readonly plan: Pick<Plan, "program">;
    readonly work?: (capture: Capture) => Promise<void>;
  },
): Promise<void> {
  const source = renderProgram(program);
  await using capture = await launch(host, { source, environment: environmentOf(program), commandPid: 0 });
  await work?.(capture);
  capture.stop();
  for await (const _messages of capture.messages()) { /* until it has ended */ }
  assert.equal(await capture.ended, "stopped");
}

/** Constant text: has the kernel count how often programs run, and prints what it has counted of a process's ones. */
const RUNS = 'echo 1 >/proc/sys/kernel/bpf_stats_enabled; grep -HE "^(prog_id|run_cnt):" /proc/"$0"/fdinfo/*';

/** Pidfds that are opened and closed. */
const OPENED = 37;

/** How often each program was run, by its id. */
async function runsOf(host: GuestHost, bpftracePid: number): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await run(host, ["sh", "-c", RUNS, `${bpftracePid}`]);
  const pairs = stdout.matchAll(/:prog_id:\t(\d+)\n[^\n]*:run_cnt:\t(\d+)$/gm);
  return new Map([...pairs].map(([, id = "", count]) => [id, Number(count)]));
}

/** What is attached to a guest that has the stimulus. */
interface Attached {
  readonly plan: Plan;
  readonly live: KernelFacts;
  readonly bpftracePid: number;
}

/**
 * Pidfds are opened and closed while a plan is attached: the programs that are taken for those at these functions ran as
 * often, whether the kernel tells the functions or the order of attaching does.
 */
async function checkPlaces(host: GuestHost, { plan, live, bpftracePid }: Attached): Promise<void> {
  const placesOf = programPlaces(plan, live.btf.kind === "known" ? live.btf.value : undefined);
  const before = await runsOf(host, bpftracePid);
  const made = await run(host, [`${STIMULUS_FOLDER}/stimulus`, "pidfd-open", `${OPENED}`], {
    timeoutMs: 60_000,
  });
  assert.equal(made.code, 0, made.stderr);
  const after = await runsOf(host, bpftracePid);
  const reading = await readRecursion(host, bpftracePid);
  if (reading.misses === null) assert.fail(reading.reason);
  const untold = reading.programs.map(({ id, place }) => ({
    id,
    place: place === undefined ? undefined : { ...place, functionId: undefined },
  }));
  const byOrder = placesOf(untold);
  assert.equal(byOrder.size, plan.program.probes.filter((it) => it.attach.kind === "fentry").length);
  const told = placesOf(reading.programs);
  for (const [id, place] of byOrder) assert.deepEqual(told.get(id), place);
  const runs = [...told].map(([id, { name }]) =>
    [name, (after.get(id) ?? 0) - (before.get(id) ?? 0)] as const
  );
  const opened = runs.find(([name]) => /^(fentry|kfunc):__x64_sys_pidfd_open$/.test(name));
  const released = runs.find(([name]) => /^(fentry|kfunc):(pidfd_release|pidfs_evict_inode)$/.test(name));
  assert.deepEqual([opened?.[1], released?.[1]], [OPENED, OPENED], JSON.stringify(runs));
}

/** Attaches a program to a guest that has the stimulus, and looks which program is which. */
export async function attachAndCheckPlaces(
  host: GuestHost,
  { plan, live }: Omit<Attached, "bpftracePid">,
): Promise<void> {
  await attachOnce(host, {
    plan,
    work: ({ attachment: { bpftracePid } }) => checkPlaces(host, { plan, live, bpftracePid }),
  });
}

/** Copies the stimulus to a guest. */
export async function bringStimulus(host: GuestHost): Promise<void> {
  assert.equal((await run(host, ["mkdir", "-p", STIMULUS_FOLDER])).code, 0);
  await copyTo(host, { path: await buildStimulus({ onProgress: console.log }), folder: STIMULUS_FOLDER });
}

/**
 * Attaches a program, makes three pidfds of each of some processes, and compares births, releases and counts.
 *
 * @param host the guest, which stays
 * @param options the plan to attach, what its machine is known to have, how many processes, and whether it is looked
 *   which program is which
 */
export async function checkCounts(
  host: GuestHost,
  { plan, live, rounds, hasPlaces }: Omit<Attached, "bpftracePid"> & {
    readonly rounds: number;
    readonly hasPlaces: boolean;
  },
): Promise<void> {
  const { cpus } = await host.describe();
  const guest = await TracedGuest.attach(host, plan, { cpus, places: live.symbols.places });
  try {
    const { calls, events } = await guest.stimulate("three-pidfds", rounds);
    const created = ofType(events, "pidfd.create");
    assert.equal(created.length, rounds * PIDFDS, `${calls.length} calls`);
    assert.deepEqual(
      created.map((it) => it.count.after),
      Array.from({ length: rounds }, () => COUNTS[plan.law].births).flat(),
    );
    assert.ok(created.every((it) => it.fd !== null), "the fd of each is known");
    const released = ofType(events, "pidfd.release");
    const expected = plan.releasesSeen
      ? Array.from({ length: rounds }, () => COUNTS[plan.law].releases).flat()
      : [];
    assert.deepEqual(released.map((it) => it.count.after), expected);
    assert.deepEqual(ofType(events, "lost"), []);
    if (!plan.releasesSeen) return;
    assert.deepEqual(ofType(events, "finding"), []);
    assert.ok(created.every((it) => it.count.expected === it.count.after));
    if (hasPlaces) await checkPlaces(host, { plan, live, bpftracePid: guest.bpftracePid });
  } finally {
    await guest.detach();
  }
}
