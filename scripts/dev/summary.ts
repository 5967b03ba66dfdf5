/**
 * Runs the checks and tests of this repository and ends with one line that counts them.
 *
 * Usage: `summary.ts ok | lab | all`. The output of each process goes to the terminal as it comes; that of a process
 * that may run beside another one when it has ended. The status is 0 only when something passed and nothing failed.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { canRunAtOnce, type Group, planGroups, type Selection, SELECTIONS } from "./groups.ts";
import { parseJunit } from "./junit.ts";
import { listRepository, REPOSITORY } from "./repository_files.ts";
import { runScheduled } from "./schedule.ts";
import { type GroupTally, summarize, tallyGroup } from "./tally.ts";

/** How long one process may run: a guest under emulation is slow, a guest that hangs is a failure. */
const GROUP_TIMEOUT_MS = 45 * 60 * 1000;

/** How many guests the machine has room for: each keeps one CPU busy. */
const GUESTS_AT_ONCE = 2;

/** Where the JUnit files go. */
const JUNIT_FOLDER = `${REPOSITORY}/.cache/junit`;

/** Where the JUnit file of a group goes. */
function junitPath(name: string): string {
  return `${JUNIT_FOLDER}/${name.replaceAll(/\W+/g, "_")}.xml`;
}

/** What ends a run before its end, with the status that it has then. */
const STOPS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Aborted with a status when we are told to end: what runs then ends too, also where it was not told so itself. */
function stopSignal(): AbortSignal {
  const stopped = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(name, () => stopped.abort(STOPS[name]));
  }
  return stopped.signal;
}

/** Runs one group and counts its result. */
async function runGroup(group: Group, stopped: AbortSignal): Promise<GroupTally> {
  stopped.throwIfAborted();
  const isShared = group.kind === "tests" && group.needs !== undefined;
  console.log(isShared ? `== ${group.name}: begins` : `\n== ${group.name}`);
  const [subcommand = "", ...rest] = group.args;
  const junit = group.kind === "tests" ? [`--junit-path=${junitPath(group.name)}`] : [];
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [subcommand, ...junit, ...rest],
    cwd: REPOSITORY,
    stdin: "null",
    stdout: isShared ? "piped" : "inherit",
    stderr: isShared ? "piped" : "inherit",
    signal: AbortSignal.any([stopped, AbortSignal.timeout(GROUP_TIMEOUT_MS)]),
  }).spawn();
  const output = isShared ? await collect(child.stdout, child.stderr) : "";
  const { code } = await child.status;
  stopped.throwIfAborted();
  const seconds = (performance.now() - started) / 1000;
  if (isShared) {
    console.log(`\n== ${group.name}: ended after ${Math.round(seconds)} s with status ${code}`);
    console.log(output);
  }
  return tallyGroup({
    group,
    code,
    seconds,
    junit: group.kind === "tests" ? await readIfThere(junitPath(group.name)) : undefined,
  });
}

/** What streams bring, in the order in which it comes. */
async function collect(...streams: readonly ReadableStream<Uint8Array<ArrayBuffer>>[]): Promise<string> {
  const pieces: string[] = [];
  await Promise.all(streams.map(async (stream) => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) pieces.push(piece);
  }));
  return pieces.join("");
}

/** How long each group took the last time, as far as its JUnit file is still there. */
async function readLastSeconds(files: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const last: Record<string, number> = {};
  for (const file of files) {
    const text = await readIfThere(junitPath(file));
    if (text === undefined) continue;
    try {
      last[file] = parseJunit(text).reduce((sum, { seconds }) => sum + seconds, 0);
    } catch (error) {
      // One that was not finished tells nothing.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return last;
}

/** Content of a file, or `undefined` when there is none. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes what an earlier run left, so that it cannot be taken for this one's. */
async function emptyJunitFolder(): Promise<void> {
  await Deno.mkdir(JUNIT_FOLDER, { recursive: true });
  for await (const entry of Deno.readDir(JUNIT_FOLDER)) await Deno.remove(`${JUNIT_FOLDER}/${entry.name}`);
}

/** The selection that the command line asks for, or `undefined` when it asks for none that there is. */
function selectionOf(args: readonly string[]): Selection | undefined {
  return args.length === 1 ? SELECTIONS.find((selection) => selection === args[0]) : undefined;
}

if (import.meta.main) {
  const selection = selectionOf(Deno.args);
  if (selection === undefined) {
    console.error(`Usage: summary.ts ${SELECTIONS.join(" | ")}`);
    Deno.exit(2);
  }
  const files = await listRepository();
  const lab = files.filter((file) => file.startsWith("tests/lab/"));
  const texts = await Promise.all(
    lab.map(async (file) => [file, await readIfThere(`${REPOSITORY}/${file}`)]),
  );
  const repository = {
    files,
    modules: Object.values(config.exports),
    labTexts: Object.fromEntries(texts),
    lastSeconds: await readLastSeconds(lab),
  };
  await emptyJunitFolder();
  const groups = planGroups(selection, repository);
  const stopped = stopSignal();
  const tallies = await runScheduled(groups, {
    width: GUESTS_AT_ONCE,
    canShare: canRunAtOnce,
    run: (group) => runGroup(group, stopped),
  }).catch((error): never => {
    if (!stopped.aborted) throw error;
    console.error("summary.ts: ended by a signal; what was begun is not counted");
    Deno.exit(stopped.reason);
  });
  const { lines, ok } = summarize(tallies);
  console.log(lines.join("\n"));
  Deno.exit(ok ? 0 : 1);
}
