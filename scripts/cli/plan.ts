/**
 * `plan`: the probes, what they cannot see, and the program; nothing is loaded.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import { checkup } from "../../kernel/mod.ts";
import { renderProgram } from "../../program/mod.ts";
import { EVENT_SCHEMA } from "../../schema/mod.ts";
import type { Answer } from "../../schema/mod.ts";
import type { TraceLimits } from "../../tracers/mod.ts";
import { depthOf } from "./depth.ts";
import { elsewhere } from "./elsewhere.ts";
import { watchEndings } from "./endings.ts";
import { BUFFER_PAGES } from "./grammar.ts";
import type { PlanOptions } from "./grammar.ts";
import { filterLimits } from "./filter_plan.ts";
import { openHost } from "./open_host.ts";
import { bufferPages, prepare } from "./prepare.ts";
import type { Prepared } from "./prepare.ts";
import { rungText } from "./rung_text.ts";
import type { Invocation } from "./invocation.ts";
import { EVENTS_MAX } from "./session.ts";
import { DEADLINE_SECONDS } from "./start_body.ts";

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param invocation the words of the user, and where text goes
 * @returns the exit code
 */
export async function plan(options: PlanOptions, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  await using endings = watchEndings();
  const { host } = await openHost(options.target, {
    timeLimitSeconds: 300,
    signal: endings.signal,
    onProgress: (text) => terminal.status(text),
  });
  await using _host = host;
  terminal.status(`${host.name}: looking at the kernel`);
  const filter = filterLimits(options, { command: false, isTried: true, keepsAll: false });
  const prepared = await prepare(host, {
    bpftrace: options.bpftrace,
    sudo: options.sudo,
    hint: elsewhere(options.target, invocation.args),
    signal: endings.signal,
    limits: (cpus) => ({ ...defaultLimits(cpus), ...depthOf(options), ...filter }),
  });
  await terminal.write(options.json ? jsonText(prepared) : planText(prepared));
  return 0;
}

/**
 * The limits of a run when nothing is said.
 *
 * @param cpus CPUs of the target
 * @returns the limits
 */
export function defaultLimits(cpus: number): TraceLimits {
  return {
    deadlineSeconds: DEADLINE_SECONDS,
    eventsMax: EVENTS_MAX,
    bufferPages: bufferPages(BUFFER_PAGES, cpus),
    follow: false,
  };
}

const PAGE_BYTES = 4096;

function bufferBytes({ description, plan }: Prepared): number {
  return plan.program.config.perfRbPages * PAGE_BYTES * description.cpus;
}

/** What is needed and could not be found out: the plan rests on the hope that it is there. */
function doubts({ facts, plan }: Prepared): readonly string[] {
  const unknown = checkup(facts)
    .filter((it) => it.needed && it.answer === "unknown")
    .map((it) => it.remedy === null ? it.says : `${it.says} (${it.remedy})`);
  return [...unknown, ...plan.unconfirmed].map(printableText);
}

function jsonText(prepared: Prepared): string {
  const { description, plan } = prepared;
  const answer: Answer<"plan"> = {
    schema: EVENT_SCHEMA,
    type: "plan",
    host: description.name,
    release: description.release,
    generation: plan.generation,
    law: plan.law,
    probes: plan.probes,
    ladder: plan.ladder.map(rungText),
    cannot_see: plan.cannotSee,
    left_out: plan.leftOut,
    doubts: doubts(prepared),
    buffer_bytes: bufferBytes(prepared),
    tracked_max: plan.trackedMax,
    deadline_s: DEADLINE_SECONDS,
    events_max: EVENTS_MAX,
    program: renderProgram(plan.program),
  };
  return `${JSON.stringify(answer)}\n`;
}

function planText(prepared: Prepared): string {
  const { description, plan } = prepared;
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [title, ...lines.map((it) => `  ${it}`), ""];
  const { perfRbPages } = plan.program.config;
  const mebibytes = (bytes: number) => `${bytes / 1024 / 1024} MiB`;
  return [
    `${description.name}: Linux ${description.release}, generation ${plan.generation}`,
    `One reference of a struct pid for the pid hash, and one ${
      plan.law === "per-inode" ? "for its pidfs inode" : "for each file"
    }`,
    "",
    ...list(`Probes (${plan.probes.length})`, plan.probes),
    ...list("How it is seen", plan.ladder.map(rungText)),
    ...list("Not seen", plan.cannotSee),
    ...list("Left out in the kernel", plan.leftOut),
    ...list("Could not be found out", doubts(prepared)),
    ...list("Limits", [
      `ring buffers: ${perfRbPages} pages of 4 KiB (${mebibytes(perfRbPages * PAGE_BYTES)}) for each of ` +
      `${description.cpus} CPUs, ${mebibytes(bufferBytes(prepared))} in all`,
      `at most ${plan.trackedMax} processes followed at once; beyond that some are missed`,
      `it ends by itself after ${DEADLINE_SECONDS} s or ${EVENTS_MAX} events, unless -d or -M say otherwise`,
    ]),
    "Program",
    ...renderProgram(plan.program).trimEnd().split("\n").map((it) => it === "" ? "" : `  ${it}`),
    "",
  ].join("\n");
}
