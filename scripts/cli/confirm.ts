/**
 * `confirm`: whether a kernel keeps the rules about pidfds, each with a verdict and with what it rests on.
 *
 * @module
 */

import { buildStimulus } from "../../lab/mod.ts";
import { ATTEMPTS, withheld } from "../../model/mod.ts";
import {
  confirmJson,
  confirmJunit,
  confirmListText,
  confirmTap,
  confirmText,
  consentText,
} from "../../reports/mod.ts";
import type { ConfirmResult } from "../../reports/mod.ts";
import { TOOL } from "../version.ts";
import { SEED_MAX } from "./confirm_grammar.ts";
import type { CONFIRM_OUTPUTS, ConfirmOptions } from "./confirm_grammar.ts";
import { confirmCode, namesPlayed, rulesAsked, verdictsOf } from "./confirm_judge.ts";
import { deadlineOf } from "./confirm_run.ts";
import type { Confirmed } from "./confirm_run.ts";
import { confirmWhole } from "./confirm_whole.ts";
import { askConsent, terminalAnswers } from "./consent.ts";
import type { Answers } from "./consent.ts";
import { elsewhere } from "./elsewhere.ts";
import { endingOf, watchEndings } from "./endings.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { openHost } from "./open_host.ts";
import type { Terminal } from "./terminal.ts";

/** Seconds that a guest of ours lives longer than the longest run in it. */
const GUEST_MARGIN_SECONDS = 300;

type Output = (typeof CONFIRM_OUTPUTS)[number];

const WRITERS: Readonly<Record<Output, (result: ConfirmResult) => string>> = {
  table: confirmText,
  json: confirmJson,
  tap: confirmTap,
  junit: confirmJunit,
};

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param invocation the words of the user, and where text goes
 * @returns the exit code: 1 when a rule is broken, 4 when one is undetermined, 0 otherwise
 */
export async function confirm(options: ConfirmOptions, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const output = outputOf(options);
  const names = namesPlayed(options.only);
  if (options.list) {
    const attempts = ATTEMPTS.filter((it) => names.includes(it.name));
    await terminal.write(confirmListText(rulesAsked(options.only), attempts));
    return EXIT.well;
  }
  await using endings = watchEndings();
  const { signal } = endings;
  try {
    if (!isLab(options)) await consented(options, { names, answers: terminalAnswers(), terminal, signal });
    const seed = options.seed ?? 1 + (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % SEED_MAX;
    const told = await confirmed(options, { names, seed, invocation, signal });
    const result = resultOf(told, { options, names, seed, host: options.target.name });
    await terminal.write(WRITERS[output](result));
    return result.exitCode;
  } catch (error) {
    if (!signal.aborted) throw error;
    terminal.note(`trace-clone: ${endingOf(signal).reason} before anything was confirmed`);
    return endingOf(signal).code;
  }
}

/** How the verdicts are written. */
function outputOf({ output, json, list }: ConfirmOptions): Output {
  if (json && output !== undefined && output !== "json") {
    throw new CliError(`Cannot write both "json" and "${output}" in one run`, {
      code: EXIT.usage,
      hint: "Leave out --json or -o",
    });
  }
  const chosen = output ?? (json ? "json" : "table");
  if (list && chosen !== "table") {
    throw new CliError(`Cannot write --list as "${chosen}": it is a list for people`, {
      code: EXIT.usage,
      hint: "Leave out -o or --json; docs/rules.md has all fields of the rules",
    });
  }
  return chosen;
}

/** Whether the target is a guest that is made for this run, and thrown away. */
function isLab({ target }: Pick<ConfirmOptions, "target">): boolean {
  return target.kind === "lab" || target.kind === "image";
}

/**
 * Asks before anything is played on a machine that is no guest.
 *
 * @param options the target, whether yes was said before, and what is wanted in spite of its risk
 * @param asking what is to be played, who is asked, and what ends it
 * @throws {CliError} with code 2 without a yes
 */
export async function consented(
  { target, yes, dangerous }: Pick<ConfirmOptions, "target" | "yes" | "dangerous">,
  asking: {
    readonly names: readonly string[];
    readonly answers: Answers;
    readonly terminal: Terminal;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  // A recording is refused in the words of every other command.
  if (yes || target.kind === "replay") return;
  const all = ATTEMPTS.filter((it) => asking.names.includes(it.name));
  // Whether the kernel is like that of the first pidfds is not known yet.
  const reason = (it: (typeof all)[number]) =>
    withheld(it, { risk: it.risk, isLab: false, isSeedLike: false, wanted: dangerous });
  const played = all.filter((it) => reason(it) === undefined);
  const leftOut = all.filter((it) => reason(it) !== undefined);
  await askConsent({
    text: consentText(target.name, { played, leftOut }),
    question: `Play them on ${target.name}?`,
    refused: `Cannot play stimuli on "${target.name}" without a yes`,
    hint: "Add --yes when that may be done there, or use a guest, such as --target lab:6.12",
  }, asking);
}

/** Opens the target, and has it confirmed. */
async function confirmed(
  options: ConfirmOptions,
  run: {
    readonly names: readonly string[];
    readonly seed: number;
    readonly invocation: Invocation;
    readonly signal: AbortSignal;
  },
): Promise<Confirmed> {
  const { target, rounds, lives, dangerous, bpftrace, sudo } = options;
  const { names, seed, invocation: { terminal, args }, signal } = run;
  const onProgress = (text: string) => terminal.status(text);
  const { host, lost } = await openHost(target, {
    timeLimitSeconds: deadlineOf({ names, rounds, lives }) + GUEST_MARGIN_SECONDS,
    // It may be hung by what is played: nobody else's guest.
    shared: false,
    signal,
    onProgress,
  });
  await using _host = host;
  return await confirmWhole({
    host,
    lost,
    stimulus: () => buildStimulus({ signal, onProgress }),
    names,
    rounds,
    lives,
    seed,
    isLab: isLab(options),
    wanted: dangerous,
    bpftrace,
    sudo,
    hint: elsewhere(target, args),
    signal,
    onProgress,
    terminal,
  });
}

/** Everything that is written, out of everything that was told. */
function resultOf(
  told: Confirmed,
  run: {
    readonly options: ConfirmOptions;
    readonly names: readonly string[];
    readonly seed: number;
    readonly host: string;
  },
): ConfirmResult {
  const { prepared: { description, facts: { bpftrace } }, plan, evidence, silent, unfinished } = told;
  const { rules, backport } = verdictsOf(told, run.options.only);
  const { records, lost, late, unmatched } = told.trust;
  const losses = evidence.updates.flatMap((it) => it.type === "lost" ? [it.body.detail] : []);
  return {
    origin: { host: run.host, utcOffsetNs: told.utcOffsetNs },
    tool: TOOL,
    seed: run.seed,
    about: {
      release: description.release,
      machine: description.machine,
      bpftrace: bpftrace.kind === "known" ? bpftrace.value.text : "unknown",
      generation: plan.generation,
      law: plan.law,
      cannot_see: told.unwatched,
      probes: plan.probes,
      trust: { records, lost, late, unmatched, losses: [...new Set(losses)] },
    },
    stimuli: ATTEMPTS.filter((it) => run.names.includes(it.name)).map(({ name, risk, summary }) => ({
      name,
      risk,
      summary,
      facts: evidence.all.filter((it) => it.scenario === name).length,
      silent: silent.get(name) ?? null,
    })),
    rules,
    backport,
    updates: evidence.updates,
    ...endOf(told),
    exitCode: confirmCode(rules, { codes: told.result.outside.codes, unfinished }),
  };
}

/** Why a run ended, and whether everything was seen. */
function endOf({ result, unfinished }: Confirmed): Pick<ConfirmResult, "reason" | "complete"> {
  if (!result.outside.complete) return { reason: result.reason, complete: false };
  if (result.outside.codes.some((it) => it !== EXIT.well)) return { reason: result.reason, complete: false };
  if (unfinished.size > 0) {
    return { reason: `${[...unfinished].join(", ")} did not come to an end`, complete: false };
  }
  return result.complete
    ? { reason: "all stimuli were played", complete: true }
    : { reason: "something of the trace was lost", complete: false };
}
