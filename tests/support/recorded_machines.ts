/**
 * Machines of the lab as they were asked once, for plans without a guest: `deno task record:machines` asks them again.
 *
 * @module
 */

import type { PlannedMachine } from "./kernel_machine.ts";

/** The guests that are recorded: each kernel with the usual root, and each other bpftrace. */
export const RECORDED_MACHINES = [
  "5.10",
  "5.10+bookworm",
  "6.1",
  "6.1+bookworm",
  "6.12",
  "6.18",
  "7.2",
  "7.2+sid",
] as const;

/** The name of one of them. */
export type MachineName = (typeof RECORDED_MACHINES)[number];

/** Where the recording of a machine is. */
export function machineFile(name: MachineName): URL {
  return new URL(`../machines/${name}.json`, import.meta.url);
}

/** Reads a machine's recording. */
export function recordedMachine(name: MachineName): PlannedMachine {
  return JSON.parse(Deno.readTextFileSync(machineFile(name)));
}
