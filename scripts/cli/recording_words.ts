/**
 * What the grammar cannot say of `record`, `replay` and of recordings as targets.
 *
 * @module
 */

import type { Target } from "../../hosts/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { CommandLine, RecordOptions, TraceOptions } from "./grammar.ts";
import type { ReplayRequest } from "./replay.ts";

/**
 * Refuses words that contradict each other.
 *
 * @param line the parsed words
 * @param argv CMD
 * @throws {CliError} with code 2
 */
export function checkRecordingWords(line: CommandLine, argv: readonly string[]): void {
  if (line.command !== "trace" && line.command !== "record") return;
  if (line.command === "record" && line.targets.length > 1) {
    throw usage("Cannot record several targets in one file", "Record each of them in a file of its own");
  }
  if (line.redact.includes("comm") && line.comm !== undefined) {
    throw usage(
      "Cannot match names with -n that --redact comm takes out",
      "Leave one of both away; -p matches process ids",
    );
  }
  const recording = line.targets.find((it) => it.kind === "replay");
  if (recording !== undefined) checkReplay(line, { argv, recording });
}

/** What is recorded has happened: it cannot be changed any more. */
function checkReplay(
  line: TraceOptions | RecordOptions,
  options: { readonly argv: readonly string[]; readonly recording: Target },
): void {
  const { argv, recording } = options;
  const found = line.command === "record"
    ? "be recorded"
    : line.targets.length > 1
    ? "be shown together with other targets"
    : argv.length > 0
    ? "run a command"
    : line.durationMs !== undefined || line.eventsMax !== undefined
    ? "be given a limit by -d or -M"
    : line.follow
    ? "be asked what other processes forked"
    : line.redact.length > 0
    ? "be redacted"
    : undefined;
  if (found === undefined) return;
  throw usage(
    `Cannot use the target ${JSON.stringify(recording.name)}: a recording cannot ${found}`,
    "A recording is shown with -p, -t, -n, -u, -c, --container, -x, --ok and --json, and nothing else",
  );
}

/**
 * Returns what is asked when the target of `trace` is a recording.
 *
 * @param options what was asked of `trace`
 * @returns the same, asked of `replay`; `undefined` when the target is a machine
 */
export function replayRequest(options: TraceOptions): ReplayRequest | undefined {
  const [target] = options.targets;
  if (target?.kind !== "replay") return undefined;
  const { json, noHeader, quiet, pids, tids, comm, uids, cgroups, containers, failed, ok } = options;
  const filters = { pids, tids, comm, uids, cgroups, containers, failed, ok };
  return { file: target.path, json, noHeader, quiet, ...filters };
}

function usage(text: string, hint: string): CliError {
  return new CliError(text, { code: EXIT.usage, hint });
}
