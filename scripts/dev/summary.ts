/**
 * Runs the checks and tests of this repository and ends with one line that counts them.
 *
 * Usage: `summary.ts ok | lab | all`. The output of each process goes to the terminal as it comes. The status is 0
 * only when something passed and nothing failed.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { type Group, planGroups, type Selection, SELECTIONS } from "./groups.ts";
import { listRepository, REPOSITORY } from "./repository_files.ts";
import { type GroupTally, summarize, tallyGroup } from "./tally.ts";

/** How long one process may run: a guest under emulation is slow, a guest that hangs is a failure. */
const GROUP_TIMEOUT_MS = 45 * 60 * 1000;

/** Where the JUnit files go. */
const JUNIT_FOLDER = `${REPOSITORY}/.cache/junit`;

/** Runs one group and counts its result. */
async function runGroup(group: Group): Promise<GroupTally> {
  console.log(`\n== ${group.name}`);
  const junitPath = `${JUNIT_FOLDER}/${group.name.replaceAll(/\W+/g, "_")}.xml`;
  const [subcommand = "", ...rest] = group.args;
  const junit = group.kind === "tests" ? [`--junit-path=${junitPath}`] : [];
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [subcommand, ...junit, ...rest],
    cwd: REPOSITORY,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
    signal: AbortSignal.timeout(GROUP_TIMEOUT_MS),
  }).spawn();
  const { code } = await child.status;
  const seconds = (performance.now() - started) / 1000;
  return tallyGroup({
    group,
    code,
    seconds,
    junit: group.kind === "tests" ? await readIfThere(junitPath) : undefined,
  });
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
  await emptyJunitFolder();
  const repository = { files: await listRepository(), modules: Object.values(config.exports) };
  const tallies: GroupTally[] = [];
  for (const group of planGroups(selection, repository)) tallies.push(await runGroup(group));
  const { lines, ok } = summarize(tallies);
  console.log(lines.join("\n"));
  Deno.exit(ok ? 0 : 1);
}
