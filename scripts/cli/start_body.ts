/**
 * The `start` event of a run.
 *
 * @module
 */

import { printableText } from "../../events/mod.ts";
import type { Known } from "../../kernel/mod.ts";
import type { EventBody } from "../../schema/mod.ts";
import { TOOL } from "../version.ts";
import type { Attached } from "./session.ts";

/** Seconds after which a run ends when the user gave no duration. */
export const DEADLINE_SECONDS = 600;
/** Which cgroup has which path, as far as it is known. */
export type CgroupPaths = Known<ReadonlyMap<bigint, string>>;

/** Seconds after which the run ends. */
export function deadlineOf(options: Attached["options"]): number {
  return Math.ceil((options.durationMs ?? DEADLINE_SECONDS * 1000) / 1000);
}

/** What is not known of cgroups, beyond what the plan says. */
function cgroupsUnseen({ prepared: { plan } }: Attached, paths: CgroupPaths): readonly string[] {
  if (!plan.cgroupsSeen || paths.kind === "known") return [];
  return [`the cgroup and container of a process are not told: ${printableText(paths.reason)}`];
}

function commandWords({ options, invocation }: Attached): readonly string[] {
  return options.redact.includes("command") ? ["redacted"] : invocation.argv;
}

/**
 * Returns the body of the event.
 *
 * @param session the run
 * @param more its limit of events, and the paths of cgroups
 */
export function startBody(
  session: Attached,
  { eventsMax, paths }: { readonly eventsMax: number; readonly paths: CgroupPaths },
): EventBody<"start"> {
  const { prepared: { description, facts, plan }, program, command } = session;
  const { capture } = program;
  return {
    tool: TOOL,
    targets: session.targets,
    boot_id: description.bootId,
    release: description.release,
    machine: description.machine,
    cpus: description.cpus,
    clock: "boottime",
    utc_offset_ns: capture.attachment.utcOffsetNs.toString(),
    generation: plan.generation,
    law: plan.law,
    bpftrace: facts.bpftrace.kind === "known" ? facts.bpftrace.value.text : "unknown",
    buffer_pages: plan.program.config.perfRbPages,
    probes: plan.probes,
    cannot_see: [
      ...plan.cannotSee,
      ...plan.leftOut,
      ...cgroupsUnseen(session, paths),
      ...plan.unconfirmed,
      ...program.unconfirmed,
    ],
    command: command === undefined ? null : commandWords(session),
    command_pid: command?.pid ?? null,
    deadline_s: deadlineOf(session.options),
    events_max: eventsMax,
  };
}
