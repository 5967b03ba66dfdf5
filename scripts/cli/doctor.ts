/**
 * `doctor`: what the target has of all that tracing needs; nothing is loaded or changed.
 *
 * @module
 */

import { checkup } from "../../kernel/mod.ts";
import { checkupJson, checkupText } from "../../reports/mod.ts";
import type { CheckupResult } from "../../reports/mod.ts";
import { traceElsewhere } from "./elsewhere.ts";
import { watchEndings } from "./endings.ts";
import { EXIT } from "./exit_code.ts";
import type { DoctorOptions } from "./grammar.ts";
import { obstacles } from "./obstacles.ts";
import { openHost } from "./open_host.ts";
import { defaultLimits } from "./plan.ts";
import { survey } from "./prepare.ts";
import type { Survey } from "./prepare.ts";
import type { Invocation } from "./invocation.ts";

/** Seconds that a guest of ours lives at most. */
const GUEST_SECONDS = 300;

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param invocation where text goes
 * @returns the exit code: 0 when there is a plan, 3 when there is none
 */
export async function doctor(options: DoctorOptions, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  await using endings = watchEndings();
  const { signal } = endings;
  const { host } = await openHost(options.target, {
    timeLimitSeconds: GUEST_SECONDS,
    signal,
    onProgress: (text) => terminal.status(text),
  });
  await using _host = host;
  terminal.status(`${host.name}: looking at the kernel`);
  const { bpftrace, sudo } = options;
  const found = await survey(host, { bpftrace, sudo, limits: defaultLimits, signal });
  const result = diagnosis(found, traceElsewhere(options.target));
  await terminal.write(options.json ? checkupJson(result) : checkupText(result));
  return result.verdict.exit_code;
}

/**
 * Returns what follows from what was found on a host.
 *
 * @param found the facts, and the plan if there is one
 * @param command a command that works where this host does not
 * @returns all checks and the verdict
 */
export function diagnosis(found: Survey, command: string | undefined): CheckupResult {
  const { description, facts, plan } = found;
  const about = { release: description.release, machine: description.machine };
  const checks = checkup(facts);
  if (!("reasons" in plan)) {
    const { generation, law } = plan;
    const probes = plan.probes.length;
    const verdict = { ...about, plan: true, probes, generation, law, blocked_by: [], command: null };
    return { host: description.name, checks, verdict: { ...verdict, exit_code: EXIT.well } };
  }
  const blocking = obstacles(facts, plan);
  const places = blocking.filter((it) => !checks.some(({ id }) => id === it.id));
  return {
    host: description.name,
    checks: [...checks, ...places],
    verdict: {
      ...about,
      plan: false,
      probes: null,
      generation: null,
      law: null,
      blocked_by: [...new Set(blocking.map((it) => it.id))],
      command: command ?? null,
      exit_code: EXIT.cannotRun,
    },
  };
}
