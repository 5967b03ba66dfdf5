/**
 * `deno task bench:lab`: what tracing costs in a guest, beside the tracers that others use.
 *
 * @module
 */

import type { GuestHost } from "../hosts/mod.ts";
import { findKernel } from "../lab/mod.ts";
import type { LabKernel } from "../lab/mod.ts";
import { BUFFER_PAGES } from "../scripts/cli/grammar.ts";
import { bufferPages, prepare } from "../scripts/cli/prepare.ts";
import type { Prepared } from "../scripts/cli/prepare.ts";
import type { TraceLimits } from "../tracers/mod.ts";
import { BenchFault } from "./bench_fault.ts";
import { startBenchGuest } from "./bench_guest.ts";
import { checkedRun } from "./checked_run.ts";
import { measureFirstEvent } from "./first_event.ts";
import { instructionRatios, measureInstructionTime } from "./instruction_time.ts";
import type { InstructionTimeOptions, LoopTimes } from "./instruction_time.ts";
import { lossMeasurements } from "./loss_verdicts.ts";
import { machineFacts } from "./machine.ts";
import type { Part } from "./page.ts";
import { planSources } from "./plans.ts";
import { smallestScript } from "./smallest_script.ts";
import { readWords, runTask, type TaskContext } from "./task.ts";
import type { Measurement, Measurements } from "./verdict.ts";
import { measureWallTime } from "./wall_time.ts";

const USAGE = `Usage: deno task bench:lab [--kernel NAME] [--only instructions|wall]
  --kernel  a kernel of "trace-clone lab list" (6.12)
  --only    instructions: what counts executed instructions; wall: what goes by the clock (all);
            a run that measures less than all leaves the page as it is`;

const LIMIT_MINUTES = 40;

/** The program's own deadline in seconds: in instruction time the clock runs ahead whenever the guest is idle. */
const DEADLINE_SECONDS = 86_400;

/** How often a void run is taken again. */
const ATTEMPTS_MAX = 2;

/** What was measured of one guest. */
interface Measured {
  readonly measurements: Measurements;
  readonly facts: readonly string[];
  readonly notes: readonly string[];
}

async function measure(context: TaskContext): Promise<Part> {
  const words = readWords(Deno.args, { kernel: "6.12", only: "all" });
  if (!["all", "instructions", "wall"].includes(words.only)) {
    throw new TypeError(`Cannot measure only "${words.only}": "instructions" or "wall" is required`);
  }
  const kernel = findKernel(words.kernel);
  const skipped: Measured = { measurements: {}, facts: [], notes: [] };
  const instructions = words.only === "wall" ? skipped : await withGuest(kernel, true, context);
  const wall = words.only === "instructions" ? skipped : await withGuest(kernel, false, context);
  const facts = new Set([...await machineFacts(), ...instructions.facts, ...wall.facts]);
  return {
    task: "bench:lab",
    on: kernel.name,
    command: ["deno task bench:lab", ...Deno.args].join(" "),
    facts: [...facts],
    measurements: { ...instructions.measurements, ...wall.measurements },
    notes: [...instructions.notes, ...wall.notes],
    whole: words.only === "all",
  };
}

/** Boots a guest, prepares it as a run does, and takes the measurements that belong to its clock. */
async function withGuest(
  kernel: LabKernel,
  instructionTime: boolean,
  { signal, onProgress }: TaskContext,
): Promise<Measured> {
  await using host = await startBenchGuest({
    kernel,
    instructionTime,
    timeLimitSeconds: LIMIT_MINUTES * 60,
    signal,
    onProgress,
  });
  const prepared = await prepare(host, {
    bpftrace: "bpftrace",
    hint: undefined,
    signal,
    limits,
  });
  const { facts, description, plan } = prepared;
  const bpftrace = facts.bpftrace.kind === "known"
    ? facts.bpftrace.value.text
    : "bpftrace of an unknown version";
  const said = [
    `kernel: ${description.release}, ${bpftrace}, ${plan.probes.length} probes in the default plan`,
    `beside: ${(await checkedRun(host, ["strace", "-V"], { signal })).split("\n")[0]}; ` +
    `${(await checkedRun(host, ["perf", "--version"], { signal })).trim()}`,
  ];
  const measured = instructionTime
    ? await byInstructions(host, {
      sources: planSources(facts, limits(description.cpus)),
      smallest: smallestScript(plan.law, plan.program.config.perfRbPages),
      signal,
      onProgress,
    })
    : await byClock(host, { prepared, signal, onProgress });
  return { ...measured, facts: said };
}

function limits(cpus: number): TraceLimits {
  return {
    deadlineSeconds: DEADLINE_SECONDS,
    eventsMax: 1_000_000,
    bufferPages: bufferPages(BUFFER_PAGES, cpus),
    follow: false,
  };
}

async function byInstructions(
  host: GuestHost,
  options: InstructionTimeOptions,
): Promise<Omit<Measured, "facts">> {
  const times = await repeatVoid(() => measureInstructionTime(host, options), options.onProgress);
  return {
    measurements: instructionRatios(times),
    notes: [
      "instruction time: QEMU with `-accel tcg,thread=single -icount shift=1,sleep=off` and one CPU; the first of " +
      "five rounds is dropped, the medians of the others stand here; addresses are not randomized in the guest",
      "the output of every tracer went to a file in the guest's memory; bpftrace ran as `bpftrace -f json -e PROGRAM " +
      "0 PID`, without the guard of a run and without ssh",
      "with kprobes: the plan of a kernel whose fentry and fexit probes are silent; every plan had to tell of every " +
      "clone of its own run of the clone loop",
      "the loops without pidfds run before the clones, of which bpftrace has records left to read when their loop is " +
      "over; reading those is in nobody's time",
    ],
  };
}

/** Takes a measurement again when it is void. */
async function repeatVoid(
  take: () => Promise<LoopTimes>,
  onProgress: (line: string) => void,
): Promise<LoopTimes> {
  for (let attempt = 1;; attempt += 1) {
    try {
      return await take();
    } catch (error) {
      if (!(error instanceof BenchFault) || attempt === ATTEMPTS_MAX) throw error;
      onProgress(`${error.message}; once more`);
    }
  }
}

async function byClock(
  host: GuestHost,
  options: TaskContext & { readonly prepared: Prepared },
): Promise<Omit<Measured, "facts">> {
  const { prepared: { plan, description: { cpus } }, signal, onProgress } = options;
  const common = { plan, cpus, signal, onProgress };
  const tried = async (name: string, take: () => Promise<Measurement>): Promise<Measurement> => {
    try {
      return await take();
    } catch (error) {
      // One that fails does not take the others with it; an interrupted run has none.
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      onProgress(`${name}: ${reason}`);
      return { kind: "not measured", reason };
    }
  };
  return {
    measurements: {
      "clone-strace-wall": await tried("wall time", () => measureWallTime(host, common)),
      "first-event": await tried("first event", () => measureFirstEvent(host, common)),
      ...await lossMeasurements(host, { ...common, tried }),
    },
    notes: [
      "by the clock: two CPUs under `-accel tcg,thread=single`, which take turns on one CPU of this machine, and a " +
      "machine that others use too; the medians stand in the table, the spread beside them",
      "losses: the tool's own capture over ssh, with its own correlator; the stimulus opens and closes one pidfd again " +
      "and again, which makes three records each time",
    ],
  };
}

if (import.meta.main) await runTask({ usage: USAGE, limitMinutes: LIMIT_MINUTES }, measure);
