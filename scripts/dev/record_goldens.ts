/**
 * Records sessions on the kernels of the lab, with what the live runs said: tests/goldens/.
 *
 * ```sh
 * deno task record:goldens              # each session of each machine
 * deno task record:goldens 6.12 7.2     # those of some
 * ```
 *
 * A run that lost something, or that found something, is no golden: it is told and left out.
 *
 * @module
 */

import { buildStimulus } from "../../lab/mod.ts";
import { GOLDEN_SESSIONS, type GoldenSession } from "../../tests/support/golden_sessions.ts";
import { RECORDED_MACHINES } from "../../tests/support/recorded_machines.ts";
import { REPOSITORY } from "./repository_files.ts";

const FOLDER = `${REPOSITORY}/tests/goldens`;

/** The tool, as a user starts it. */
const TOOL = ["run", "-q", "--no-prompt", "-P=trace", `${REPOSITORY}/scripts/trace_clone.ts`];

/** Runs the tool and returns its standard output. */
async function tool(words: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...TOOL, ...words],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** The command that plays the scenarios; a kernel lacks what some of them ask for, and they say so. */
function command({ scenarios }: GoldenSession): readonly string[] {
  return ["sh", "-c", `for it in ${scenarios.join(" ")}; do ./stimulus $it; done; exit 0`];
}

/** Why a run is no golden; `undefined` when it is one. */
function flawOf(ndjson: string): string | undefined {
  const [summary, end] = ndjson.trimEnd().split("\n").slice(-2).map((line) => JSON.parse(line || "{}"));
  if (end?.type !== "end" || summary?.type !== "summary") return "it has no end";
  if (end.exit_code !== 0) return `its exit code is ${end.exit_code}: ${end.reason}`;
  return summary.unmatched === 0 ? undefined : `${summary.unmatched} records fit no lifecycle`;
}

/** Records one session, with its two outputs: of the live run as JSON, of the recording as a table. */
async function record(machine: string, session: GoldenSession, stimulus: string): Promise<boolean> {
  const path = `${FOLDER}/${machine}-${session.name}`;
  const folder = await Deno.makeTempDir();
  const draft = `${folder}/draft.rec.zst`;
  try {
    const words = [...session.options, "--cmd-output", "/dev/null", "--copy", stimulus];
    const target = ["--target", `lab:${machine}`, "--json"];
    const ndjson = await tool(["record", draft, ...target, ...words, "--", ...command(session)]);
    const flaw = flawOf(ndjson);
    if (flaw !== undefined) {
      console.error(`${machine}-${session.name} is no golden: ${flaw}`);
      return false;
    }
    await Deno.writeTextFile(`${path}.ndjson`, ndjson);
    await Deno.copyFile(draft, `${path}.rec.zst`);
    await Deno.chmod(`${path}.rec.zst`, 0o644);
    await Deno.writeTextFile(`${path}.table`, await tool(["replay", "-q", `${path}.rec.zst`]));
    return true;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const asked = Deno.args.length === 0
  ? RECORDED_MACHINES
  : RECORDED_MACHINES.filter((it) => Deno.args.includes(it));
const unknown = Deno.args.filter((it) => !(RECORDED_MACHINES as readonly string[]).includes(it));
if (unknown.length > 0) {
  console.error(`Cannot record ${unknown.join(", ")}: one of ${RECORDED_MACHINES.join(", ")} is required`);
  Deno.exit(2);
}
const stimulus = await buildStimulus({ onProgress: (line) => console.error(line) });
let failed = 0;
for (const machine of asked) {
  for (const session of GOLDEN_SESSIONS) {
    if (!await record(machine, session, stimulus)) failed += 1;
  }
}
Deno.exit(failed === 0 ? 0 : 1);
