/**
 * How long it takes from the start of a capture to its first event, beside bare bpftrace with the same program.
 *
 * @module
 */

import { launch, lineChunks, readMessage } from "../capture/mod.ts";
import type { CaptureMessage } from "../capture/mod.ts";
import type { GuestHost } from "../hosts/mod.ts";
import { renderProgram } from "../program/mod.ts";
import type { Plan } from "../tracers/mod.ts";
import { BenchFault } from "./bench_fault.ts";
import { LOOP } from "./bench_guest.ts";
import { spread } from "./statistics.ts";
import type { Measurement } from "./verdict.ts";

/** Both ways in turn, so often. */
const TURNS = 3;

/** Pidfds a second that are opened meanwhile. */
const RATE = 50;

/** Runs a program until nobody holds its input open any more. */
const UNTIL_CLOSED = '"$@" & read -r line; kill "$!"; wait';

/**
 * Measures both ways in turn, while a loop opens pidfds all the time; discovery has been done.
 *
 * @param host a guest
 * @param options the plan
 * @returns the ratio
 * @throws {BenchFault} when no event comes
 */
export async function measureFirstEvent(
  host: GuestHost,
  options: { readonly plan: Plan; readonly signal: AbortSignal; readonly onProgress: (line: string) => void },
): Promise<Measurement> {
  const { plan, signal, onProgress } = options;
  const source = renderProgram(plan.program);
  const stimulus = host.spawn([
    "sh",
    "-c",
    UNTIL_CLOSED,
    "stimulus",
    LOOP,
    "pidfd",
    "1",
    "1000000",
    `${RATE}`,
  ]);
  const input = stimulus.stdin.getWriter();
  const ours: number[] = [];
  const bare: number[] = [];
  try {
    for (let turn = 1; turn <= TURNS; turn += 1) {
      signal.throwIfAborted();
      ours.push(await oursOnce(host, source, signal));
      bare.push(await bareOnce(host, source));
      onProgress(
        `first event, turn ${turn}: ours ${ours.at(-1)?.toFixed(1)} s, bare ${bare.at(-1)?.toFixed(1)} s`,
      );
    }
  } finally {
    // Nothing of it may be left when others count pidfds.
    await input.close().catch(() => undefined);
    await stimulus.status;
  }
  const words = (name: string, times: readonly number[]) => {
    const { median, min, max } = spread(times);
    return `${name} ${median.toFixed(1)} s (${min.toFixed(1)} to ${max.toFixed(1)})`;
  };
  return {
    kind: "measured",
    value: spread(ours).median / spread(bare).median,
    detail: `${words("ours", ours)}, ${words("bare", bare)}`,
  };
}

function isEvent(message: CaptureMessage): boolean {
  return message.kind === "record" && message.text.startsWith("open ");
}

async function oursOnce(host: GuestHost, source: string, signal: AbortSignal): Promise<number> {
  const started = performance.now();
  await using capture = await launch(host, { source, commandPid: 0, signal });
  for await (const messages of capture.messages()) {
    if (messages.some(isEvent)) return (performance.now() - started) / 1000;
  }
  throw new BenchFault("Cannot measure the first event: the capture ended without one");
}

async function bareOnce(host: GuestHost, source: string): Promise<number> {
  const started = performance.now();
  // It ends by itself at its deadline; SIGINT comes from the shell when its input is closed.
  const script = 'bpftrace -f json -e "$1" 0 0 & read -r line; kill -INT $!; wait';
  const process = host.spawn(["sh", "-c", script, "bare", source]);
  const writer = process.stdin.getWriter();
  try {
    for await (const lines of lineChunks(process.stdout)) {
      if (lines.map(readMessage).some(isEvent)) return (performance.now() - started) / 1000;
    }
  } finally {
    await writer.close().catch(() => undefined);
    await process.status;
  }
  throw new BenchFault("Cannot measure the first event: bpftrace ended without one");
}
