/**
 * `lab`: throw-away virtual machines with kernels to trace.
 *
 * @module
 */

import {
  buildGuestFiles,
  buildStimulus,
  DEFAULT_KERNEL,
  DEFAULT_ROOT,
  findKernel,
  LAB_KERNELS,
  LAB_ROOTS,
  listCache,
  listRunning,
  prepareMachine,
  registerGuest,
  removeCached,
  startGuest,
} from "../../lab/mod.ts";
import { endingOf, watchEndings } from "./endings.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { NO_FILTERS } from "./filters.ts";
import type { LabOptions, TraceOptions } from "./grammar.ts";
import type { Terminal } from "./terminal.ts";
import { trace } from "./trace.ts";

/** Seconds that a guest of `lab run` lives at most. */
const RUN_SECONDS = 4 * 3600;

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param terminal where text goes
 * @returns the exit code
 */
export async function lab(options: LabOptions, terminal: Terminal): Promise<number> {
  switch (options.command) {
    case "lab list":
      return await list(terminal);
    case "lab build":
      return await build(options.kernel, terminal);
    case "lab run":
      return await runGuest(options.kernel, terminal);
    case "lab demo":
      return await demo(options, terminal);
    case "lab rm": {
      const removed = await removeCached(options.name);
      if (removed.length === 0 && options.name !== undefined) {
        throw new CliError(`Cannot remove ${JSON.stringify(options.name)}: nothing of that name is built`, {
          code: EXIT.usage,
          hint: "See deno run trace-clone lab list",
        });
      }
      for (const it of removed) await terminal.write(`removed ${it.name} (${megabytes(it.sizeBytes)})\n`);
      if (removed.length === 0) terminal.note("Nothing to remove");
      return 0;
    }
    default:
      return options satisfies never;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}

async function list(terminal: Terminal): Promise<number> {
  const suites = Math.max(...LAB_KERNELS.map((it) => it.suite.length));
  const lines = [`KERNEL  ${"SUITE".padEnd(suites)}  WHY`];
  for (const it of LAB_KERNELS) lines.push(`${it.name.padEnd(7)} ${it.suite.padEnd(suites)}  ${it.why}`);
  lines.push("", "ROOT      BPFTRACE");
  for (const it of LAB_ROOTS) {
    const use = it.suite === DEFAULT_ROOT ? "the usual one" : `such as lab:6.1+${it.suite}`;
    lines.push(`${it.suite.padEnd(9)} ${it.bpftrace.padEnd(8)}  ${use}`);
  }
  const built = await listCache();
  lines.push("", built.length === 0 ? "Nothing is built yet" : "BUILT");
  const names = Math.max(24, ...built.map((it) => it.name.length));
  for (const it of built) {
    lines.push(`${it.name.padEnd(names)} ${megabytes(it.sizeBytes).padStart(8)}  ${it.path}`);
  }
  const running = await listRunning();
  if (running.length > 0) lines.push("", "RUNNING");
  for (const it of running) {
    lines.push(`${it.name.padEnd(18)} ${it.release}  127.0.0.1:${it.port}  since ${it.started}`);
  }
  await terminal.write(`${lines.join("\n")}\n`);
  return 0;
}

async function build(name: string, terminal: Terminal): Promise<number> {
  await using endings = watchEndings();
  const options = { signal: endings.signal, onProgress: (text: string) => terminal.status(text) };
  await prepareMachine(options);
  await buildGuestFiles(findKernel(name), options);
  const stimulus = await buildStimulus(options);
  await terminal.write(`${stimulus}\n`);
  return 0;
}

async function runGuest(name: string, terminal: Terminal): Promise<number> {
  await using endings = watchEndings();
  const { signal } = endings;
  const options = { signal, onProgress: (text: string) => terminal.status(text) };
  await prepareMachine(options);
  await using guest = await startGuest({
    kernel: findKernel(name),
    timeLimitSeconds: RUN_SECONDS,
    ...options,
  });
  await registerGuest(guest);
  await terminal.write(`${guest.name}: Linux ${guest.release} is up; trace it with --target ${guest.name}\n`);
  await terminal.write(
    `ssh -p ${guest.port} -i ${guest.keyFile} -o UserKnownHostsFile=${guest.knownHostsFile} root@127.0.0.1\n`,
  );
  terminal.status(`${guest.name}: Ctrl-C ends it, and so does its time limit of ${RUN_SECONDS / 3600} h`);
  const aborted = new Promise<string>((resolve) => {
    const done = () => resolve(endingOf(signal).reason);
    if (signal.aborted) done();
    signal.addEventListener("abort", done, { once: true });
  });
  const reason = await Promise.race([guest.ended, aborted]);
  terminal.note(`${guest.name}: ${reason}`);
  return signal.aborted ? endingOf(signal).code : 3;
}

/** The main job on a lab guest, with everything that it needs. */
async function demo(
  options: Extract<LabOptions, { command: "lab demo" }>,
  terminal: Terminal,
): Promise<number> {
  const onProgress = (text: string) => terminal.status(text);
  await prepareMachine({ onProgress });
  const stimulus = await buildStimulus({ onProgress });
  const traceOptions: TraceOptions = {
    command: "trace",
    targets: [{ kind: "lab", name: `lab:${DEFAULT_KERNEL}`, kernel: DEFAULT_KERNEL }],
    bpftrace: "bpftrace",
    modules: undefined,
    sudo: false,
    quiet: false,
    json: false,
    ...NO_FILTERS,
    follow: false,
    durationMs: undefined,
    eventsMax: undefined,
    copy: [stimulus],
    commandOutput: "/dev/null",
    noHeader: false,
    noStimulus: false,
    birthProbe: undefined,
    slots: false,
    uses: false,
    births: "usual",
    closes: false,
    ustack: false,
    redact: [],
  };
  const argv = ["./stimulus", options.scenario, `${options.rounds}`];
  return await trace(traceOptions, { args: ["lab", "demo"], argv, terminal });
}
