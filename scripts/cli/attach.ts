/**
 * From a plan to a running program whose probes are known to fire.
 *
 * @module
 */

import { launch } from "../../capture/mod.ts";
import type { Capture, CaptureMessage, LineTap } from "../../capture/mod.ts";
import type { CounterPoint } from "../../events/mod.ts";
import { printableText } from "../../events/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { readSwitches } from "../../kernel/mod.ts";
import type { KernelFacts } from "../../kernel/mod.ts";
import { NO_STIMULUS } from "../../model/mod.ts";
import { environmentOf, renderProgram } from "../../program/mod.ts";
import { planLifecycle } from "../../tracers/mod.ts";
import type { Plan, TraceLimits } from "../../tracers/mod.ts";
import { unlessEnded } from "./endings.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { Prepared } from "./prepare.ts";
import { rehearse } from "./rehearse.ts";
import type { Rehearsed } from "./rehearse.ts";
import type { Terminal } from "./terminal.ts";

/** How often the next step of the ladder is taken before it is given up. */
const ATTEMPTS_MAX = 4;

/** What is attached, and how. */
export interface AttachOptions {
  /** The machine. */
  readonly host: Host;
  /** Who it is, and what was planned there. */
  readonly prepared: Prepared;
  /** The limits of the run. */
  readonly limits: TraceLimits;
  /** The one function whose probe tells of births, when the user says so. */
  readonly birthProbe: string | undefined;
  /** Adds probes to each plan that is made. @default {none are added} */
  readonly extend?: ((plan: Plan, silent: ReadonlyMap<string, string>) => Plan) | undefined;
  /** Whether the probes are tried first. */
  readonly stimulus: boolean;
  /** bpftrace there, and whether it runs by sudo. */
  readonly bpftrace: string;
  /** Whether it runs by sudo. */
  readonly sudo: boolean;
  /** Process id of CMD, 0 for none. */
  readonly commandPid: number;
  /** Hears every line. */
  readonly tap: LineTap;
  /** Where remarks go. */
  readonly terminal: Terminal;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** A running program. */
export interface AttachedProgram extends AsyncDisposable {
  /** The plan that is in force, which can be another one than was made first. */
  readonly plan: Plan;
  /** The program. */
  readonly capture: Capture;
  /** What it says from now on. */
  readonly stream: AsyncGenerator<readonly CaptureMessage[]>;
  /** CLOCK_BOOTTIME in ns from which on everything is seen. */
  readonly attachedNs: bigint;
  /** Where the numbering stands. */
  readonly counters: readonly CounterPoint[];
  /** Records that tell who was met before: they are not printed again. */
  readonly met: readonly string[];
  /** What is not known of the probes, one sentence each; empty when each was seen to fire. */
  readonly unconfirmed: readonly string[];
}

/**
 * Starts the planned program and tries its probes; where one stays silent, it takes the next step of the ladder.
 *
 * @param options see {@linkcode AttachOptions}
 * @returns the running program
 * @throws {CliError} with code 4 when no probe that tells of births fires
 * @throws {ProgramError} when bpftrace refuses the program
 * @throws {HostError} when the host is lost
 * @throws the signal's reason when it was aborted
 */
export async function attach(options: AttachOptions): Promise<AttachedProgram> {
  const { host, prepared, terminal, signal } = options;
  const silent = new Map<string, string>();
  const extend = options.extend ?? ((it) => it);
  let plan = extend(prepared.plan, silent);
  for (let attempt = 1;; attempt += 1) {
    terminal.status(`${host.name}: attaching ${plan.probes.length} probes`);
    await using disposables = new AsyncDisposableStack();
    const capture = disposables.use(
      await launch(host, {
        source: renderProgram(plan.program, prepared.facts.symbols.places),
        environment: environmentOf(plan.program),
        tap: options.tap,
        bpftrace: options.bpftrace,
        sudo: options.sudo,
        commandPid: options.commandPid,
        signal,
      }),
    );
    const stream = capture.messages();
    const tried = options.stimulus
      ? await unlessEnded(signal, tryProbes(options, { plan, stream }))
      : undefined;
    const bad = (tried?.trials ?? []).filter((it) => it.verdict === "silent" || it.verdict === "wrong");
    const fresh = bad.filter((it) => it.doors.some((door) => !silent.has(door)));
    if (fresh.length === 0 || attempt >= ATTEMPTS_MAX) {
      disposables.move();
      return {
        plan,
        capture,
        stream,
        attachedNs: tried?.attachedNs ?? capture.attachment.attachedNs,
        counters: tried?.counters ?? [],
        met: tried?.met ?? [],
        unconfirmed: unconfirmed(tried),
        [Symbol.asyncDispose]: () => capture[Symbol.asyncDispose](),
      };
    }
    for (const trial of fresh) {
      terminal.note(`trace-clone: ${host.name}: ${printableText(trial.says)}; taking the next step`);
      for (const door of trial.doors) silent.set(door, trial.says);
    }
    const facts = { ...prepared.facts, switches: await readSwitches(host) };
    plan = extend(nextPlan({ ...options, facts }, silent), silent);
  }
}

async function tryProbes(
  { host, prepared, terminal }: AttachOptions,
  running: { readonly plan: Plan; readonly stream: AsyncGenerator<readonly CaptureMessage[]> },
): Promise<Rehearsed> {
  terminal.status(`${host.name}: trying the probes with pidfds of our own`);
  const { cpus } = prepared.description;
  return await rehearse({ host, stream: running.stream, cpus, ladder: running.plan.ladder });
}

/** The plan for what is known by now: a door that stayed silent may have been switched off just then. */
function nextPlan(
  { host, facts, limits, birthProbe }: AttachOptions & { readonly facts: KernelFacts },
  silent: ReadonlyMap<string, string>,
): Plan {
  const plan = planLifecycle(facts, { ...limits, birthProbe, silent });
  if (!("reasons" in plan)) return plan;
  const reasons = plan.reasons.map((it) => `\n  - ${printableText(it)}`).join("");
  throw new CliError(
    `Cannot tell what pidfds there are on "${host.name}": no probe that tells of births fires:${reasons}`,
    {
      code: EXIT.undetermined,
      hint: birthProbe === undefined
        ? "Look at kernel.ftrace_enabled and /sys/kernel/debug/kprobes/enabled there, and run doctor"
        : "Run without --birth-probe",
    },
  );
}

function unconfirmed(tried: Rehearsed | undefined): readonly string[] {
  if (tried === undefined) {
    return ["no probe was tried before the run (--no-stimulus): one that stays silent goes unnoticed"];
  }
  if (tried.untried !== undefined) {
    return [`no probe was tried before the run: one that stays silent goes unnoticed: ${tried.untried}`];
  }
  return tried.trials.filter((it) => it.verdict !== "fired" && it.says !== NO_STIMULUS)
    .map((it) => `${it.what} could not be confirmed: ${it.says}`);
}
