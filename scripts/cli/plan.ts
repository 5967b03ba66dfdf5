/**
 * `plan`: the probes, what they cannot see, and the program; nothing is loaded.
 *
 * @module
 */

import { renderProgram } from "../../program/mod.ts";
import { elsewhere } from "./elsewhere.ts";
import { watchEndings } from "./endings.ts";
import { BUFFER_PAGES } from "./grammar.ts";
import type { PlanOptions } from "./grammar.ts";
import { openHost } from "./open_host.ts";
import { bufferPages, prepare } from "./prepare.ts";
import type { Prepared } from "./prepare.ts";
import type { Invocation } from "./terminal.ts";
import { DEADLINE_SECONDS, EVENTS_MAX } from "./session.ts";

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
  const prepared = await prepare(host, {
    bpftrace: options.bpftrace,
    hint: elsewhere(options.target, invocation.args),
    signal: endings.signal,
    limits: (cpus) => ({
      deadlineSeconds: DEADLINE_SECONDS,
      eventsMax: EVENTS_MAX,
      bufferPages: bufferPages(BUFFER_PAGES, cpus),
      follow: false,
    }),
  });
  await terminal.write(options.json ? jsonText(prepared) : planText(prepared));
  return 0;
}

function bufferBytes({ description, plan }: Prepared): number {
  return plan.program.config.perfRbPages * 4096 * description.cpus;
}

function jsonText(prepared: Prepared): string {
  const { description, plan } = prepared;
  return `${
    JSON.stringify({
      host: description.name,
      release: description.release,
      generation: plan.generation,
      law: plan.law,
      probes: plan.probes,
      cannot_see: plan.cannotSee,
      buffer_bytes: bufferBytes(prepared),
      tracked_max: plan.trackedMax,
      program: renderProgram(plan.program),
    })
  }\n`;
}

function planText(prepared: Prepared): string {
  const { description, plan } = prepared;
  const list = (title: string, lines: readonly string[]) => [title, ...lines.map((it) => `  ${it}`), ""];
  return [
    `${description.name}: Linux ${description.release}, generation ${plan.generation}`,
    `One reference of a struct pid for the pid hash, and one ${
      plan.law === "per-inode" ? "for its pidfs inode" : "for each file"
    }`,
    "",
    ...list(`Probes (${plan.probes.length})`, plan.probes),
    ...list("Not seen", plan.cannotSee),
    `Buffers: up to ${
      bufferBytes(prepared) / 1024 / 1024
    } MiB; at most ${plan.trackedMax} processes followed at once`,
    "",
    "Program",
    ...renderProgram(plan.program).trimEnd().split("\n").map((it) => it === "" ? "" : `  ${it}`),
    "",
  ].join("\n");
}
