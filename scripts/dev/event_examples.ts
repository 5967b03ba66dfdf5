/**
 * One event of each type as it is published, for the page about events.
 *
 * They are what the model says about the scenarios of `tests/scenarios/`, through the same writer as a real run.
 *
 * @module
 */

import { Correlator } from "../../model/mod.ts";
import { NdjsonReport } from "../../reports/mod.ts";
import type { EventBody } from "../../schema/mod.ts";
import { planLifecycle } from "../../tracers/mod.ts";
import { recordedMachine } from "../../tests/support/recorded_machines.ts";
import { factsOf } from "../../tests/support/kernel_machine.ts";
import { parseScenario } from "../../tests/support/scenario.ts";
import { EventOutput } from "../cli/event_output.ts";
import { EventWriter } from "../cli/publisher.ts";
import type { Terminal } from "../cli/terminal.ts";
import { TOOL } from "../version.ts";

const SCENARIOS = new URL("../../tests/scenarios/", import.meta.url);

/** The scenarios that are told first: a whole life without anything wrong, then the plainest faults, then slots. */
const FIRST: readonly string[] = [
  "three_pidfds.txt",
  "open_fails.txt",
  "emfile.txt",
  "count_too_low.txt",
  "slots_dup.txt",
  "slots_messages_in_order.txt",
];

/** UTC minus CLOCK_BOOTTIME in ns: the examples happen in January 2026. */
const UTC_OFFSET_NS = 1_767_225_600_000_000_000n;

/**
 * Returns the first line of each type that the scenarios give.
 *
 * @returns lines of NDJSON without their end, by type; always the same ones for the same scenarios
 */
export async function eventExamples(): Promise<ReadonlyMap<string, string>> {
  const examples = new Map<string, string>();
  for (const name of await scenarioNames()) {
    const file = await Deno.readTextFile(new URL(name, SCENARIOS));
    for (const line of await linesOf(file)) {
      const { type } = JSON.parse(line);
      if (!examples.has(type)) examples.set(type, line);
    }
  }
  return examples;
}

async function scenarioNames(): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(SCENARIOS)) {
    if (name.endsWith(".txt") && !FIRST.includes(name)) names.push(name);
  }
  return [...FIRST, ...names.sort()];
}

async function linesOf(file: string): Promise<readonly string[]> {
  const scenario = parseScenario(file);
  const correlator = new Correlator(scenario.options);
  let text = "";
  const terminal: Pick<Terminal, "write" | "note"> = {
    write: (words) => {
      text += words;
      return Promise.resolve(true);
    },
    note: () => {},
  };
  const output = new EventOutput({ ...terminal, status: () => {}, raw: () => {} }, {
    report: new NdjsonReport(),
  });
  const writer = new EventWriter(output, {
    origin: { host: "lab:6.12", utcOffsetNs: UTC_OFFSET_NS },
    outcome: "all",
  });
  await writer.start(await startBody());
  await writer.take(correlator.take(scenario.messages), Infinity);
  await writer.take(correlator.finish(), Infinity);
  const end = { reason: "the command ended", complete: true, exit_code: 0, command_status: 0 };
  await writer.end(correlator.trust, end);
  return text.trimEnd().split("\n");
}

async function startBody(): Promise<EventBody<"start">> {
  const facts = await factsOf(recordedMachine("6.12"));
  const limits = { deadlineSeconds: 630, eventsMax: 1_000_000, bufferPages: 4096, follow: true };
  const plan = planLifecycle(facts, limits);
  if ("reasons" in plan) throw new Error(`Cannot plan for the fixture: ${plan.reasons.join("; ")}`);
  return {
    tool: TOOL,
    targets: ["lab:6.12"],
    boot_id: "6e6fd3a2-6b2a-4d5c-9f0e-0c8c5a2f1b7d",
    release: "6.12.117+deb13-cloud-amd64",
    machine: "x86_64",
    cpus: 2,
    clock: "boottime",
    utc_offset_ns: UTC_OFFSET_NS.toString(),
    generation: plan.generation,
    law: plan.law,
    bpftrace: facts.bpftrace.kind === "known" ? facts.bpftrace.value.text : "unknown",
    buffer_pages: plan.program.config.perfRbPages,
    probes: plan.probes,
    cannot_see: plan.cannotSee,
    command: ["./prog"],
    command_pid: 100,
    deadline_s: 600,
    events_max: limits.eventsMax,
  };
}
