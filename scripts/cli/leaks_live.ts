/**
 * `leaks`: who keeps pidfds too long, watched for a time, or read out of a recording.
 *
 * @module
 */

import { HostError } from "../../hosts/mod.ts";
import type { Host, Target } from "../../hosts/mod.ts";
import { notKnown, readFdTables, readMemoryMaps, readProcessFacts } from "../../kernel/mod.ts";
import { LeakBook } from "../../model/mod.ts";
import { leaksJson, leaksText, NdjsonReport } from "../../reports/mod.ts";
import { openCommandOutput } from "./command_output.ts";
import { checkCopies } from "./copy.ts";
import { CostWatch } from "./cost_watch.ts";
import { watchEndings } from "./endings.ts";
import { EventOutput } from "./event_output.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import type { TraceOptions } from "./grammar.ts";
import { FdTableWatch } from "./fd_table_watch.ts";
import type { Invocation } from "./invocation.ts";
import { LeaksDisplay } from "./leaks_display.ts";
import type { LeaksLook } from "./leaks_display.ts";
import type { LeaksOptions } from "./leaks_grammar.ts";
import { NO_FILTERS } from "./filters.ts";
import { HolderPlaces } from "./holder_filter.ts";
import { brokenOff } from "./leaks_broken_off.ts";
import { resultOf } from "./leaks_result.ts";
import type { Told, Watched } from "./leaks_result.ts";
import { LeaksWriter } from "./leaks_writer.ts";
import type { RunParts } from "./publisher.ts";
import { replay } from "./replay.ts";
import { ownScreen } from "./screen.ts";
import { runSession } from "./session.ts";
import { userPath } from "./user_path.ts";

/**
 * Watches a machine, or reads a recording, and says who keeps pidfds too long.
 *
 * @param options what was asked for
 * @param invocation where text goes
 * @returns the exit code: our own, or the command's where ours is that all is well
 * @throws {CliError} when the target cannot be traced
 * @throws {HostError} when it cannot be reached, or goes before it is traced
 * @throws {ProgramError} when bpftrace refuses the program
 */
export async function watchLeaks(options: LeaksOptions, invocation: Invocation): Promise<number> {
  const { target } = options;
  const watched = target.kind === "replay"
    ? await readRecorded(target.path, options, invocation)
    : await watchLive(target, options, invocation);
  if (typeof watched === "number") return watched;
  const result = resultOf(target.name, watched, options);
  await invocation.terminal.write(options.json ? leaksJson(result) : leaksText(result));
  const own = result.body.exit_code as ExitCode;
  return own === EXIT.well ? (result.body.command_status ?? own) : own;
}

async function watchLive(
  target: Target,
  options: LeaksOptions,
  invocation: Invocation,
): Promise<Watched | ExitCode> {
  await using endings = watchEndings();
  await using display = displayOf(options, invocation);
  const { terminal } = display;
  const { argv } = invocation;
  await checkCopies(options.copy.map(userPath));
  await using commandOutput = argv.length > 0
    ? await openCommandOutput(terminal, { file: options.commandOutput, sources: 1 })
    : undefined;
  const events = new EventOutput(terminal, { report: new NdjsonReport() });
  let told: Told | undefined;
  let read: Read = NOTHING_READ;
  let costs: CostWatch | undefined;
  const signal = AbortSignal.any([endings.signal, display.signal]);
  using running = new DisposableStack();
  try {
    const { code } = await runSession({
      target,
      targets: [target.name],
      options: traceOptions(target, options),
      invocation,
      terminal,
      events,
      commandOutput,
      signal,
      writer: (run) => {
        const book = bookOf({ ...options, isCommand: argv.length > 0 }, run);
        const atEnd = async () => {
          if (run.host !== undefined) read = await readHolders(run.host, { book, options });
        };
        const places = new HolderPlaces();
        costs = costsOf(run);
        const atDetach = costs?.last.bind(costs);
        const writer = new LeaksWriter(events, { origin: run.origin, book, places, atEnd, atDetach });
        const parts = { book, writer, places, slotsSeen: run.slotsSeen, unseen: unseenBy(run) };
        told = parts;
        const fill = display.isScreen ? running.use(watchTables(run.host, book)) : undefined;
        const now = () => ({ ...read, ...(fill === undefined ? {} : { tables: fill.tables }) });
        display.begin(() => lookAt(target.name, { ...parts, ...now() }, { options, run }), { signal });
        return writer;
      },
    });
    return told === undefined
      ? code
      : { ...endedOf(told, { isCommand: argv.length > 0 }), code, ...read, cost: costs?.cost };
  } catch (error) {
    const { code, reason } = brokenOff(error, { isTold: told !== undefined, signal, terminal });
    return told === undefined
      ? code
      : { ...endedOf(told, { isCommand: argv.length > 0 }), code, reason, ...read };
  }
}

/** What is shown while a run lasts. */
function displayOf({ json, quiet }: LeaksOptions, { terminal, argv }: Invocation): LeaksDisplay {
  return new LeaksDisplay({
    terminal,
    // The output of a command needs the screen itself.
    device: json || argv.length > 0 ? undefined : ownScreen(),
    isShared: Deno.stderr.isTerminal(),
    plain: Deno.noColor,
    shows: json || quiet ? "nothing" : "changes",
  });
}

/** Returns what is known while a run lasts: some seconds ago everything was told. */
function lookAt(
  host: string,
  parts: Told & Read,
  { options, run }: { readonly options: LeaksOptions; readonly run: RunParts },
): LeaksLook {
  const { settledNs: nowNs, watchedNs, isSettled, losses } = parts.writer;
  return {
    result: resultOf(host, { ...parts, code: EXIT.well, nowNs }, { ...options, top: Infinity }),
    watchedS: isSettled ? Number(watchedNs / 1_000_000_000n) : undefined,
    losses,
    utcNs: nowNs + run.origin.utcOffsetNs,
  };
}

function watchTables(host: Host | undefined, book: LeakBook): FdTableWatch {
  return new FdTableWatch({
    pids: () => host === undefined ? new Set() : holdersOf(book),
    read: (pids) =>
      host === undefined ? Promise.resolve(notKnown("It is a recording")) : readFdTables(host, pids),
  });
}

function costsOf({ host, bpftracePid }: RunParts): CostWatch | undefined {
  return host === undefined || bpftracePid === undefined ? undefined : new CostWatch(host, { bpftracePid });
}

function holdersOf(book: LeakBook): ReadonlySet<number> {
  return new Set(book.groups().flatMap((it) => it.holder?.pid ?? []));
}

async function readRecorded(
  file: string,
  options: LeaksOptions,
  { terminal }: Invocation,
): Promise<Watched | ExitCode> {
  const { quiet } = options;
  if (options.uids.length > 0) {
    throw new CliError("Cannot filter by -u: a recording does not tell whose the holders of pidfds are", {
      code: EXIT.cannotRun,
      hint: "Filter by -p, -n, -c or --container instead",
    });
  }
  let told: Told | undefined;
  const code = await replay({
    ...{ file, quiet, json: true, noHeader: true, ...NO_FILTERS },
    writer: (events, run) => {
      const book = bookOf(options, run);
      const places = new HolderPlaces();
      const writer = new LeaksWriter(events, { origin: run.origin, book, places });
      told = { book, writer, places, slotsSeen: run.slotsSeen, unseen: unseenBy(run) };
      return writer;
    },
  }, terminal) as ExitCode;
  return told === undefined ? code : { ...endedOf(told, { isCommand: false }), code, ...NOTHING_READ };
}

/** How long in ms a pidfd may be kept when nothing is said: a command that is tested does not run for long. */
const OLDER_MS = 30_000;
const COMMAND_OLDER_MS = 1000;

function bookOf(
  { olderMs, by, isCommand }: Pick<LeaksOptions, "olderMs" | "by"> & { readonly isCommand?: boolean },
  run: RunParts,
): LeakBook {
  const ms = olderMs ?? (isCommand === true ? COMMAND_OLDER_MS : OLDER_MS);
  return new LeakBook({
    olderNs: BigInt(ms) * 1_000_000n,
    usesSeen: seesUses(run),
    by,
    onlyFollowed: isCommand,
  });
}

/** Whether it is told when a pidfd is used: by both functions that every kernel has, or a used one would be blamed. */
function seesUses({ program }: RunParts): boolean {
  return ["pidfd_pid", "pidfd_poll"].every((it) =>
    new RegExp(String.raw`^(?:fentry|kfunc|kprobe):${it}\b`, "m").test(program)
  );
}

/** What a run does not tell of, and so is not judged. */
function unseenBy(run: RunParts): readonly string[] {
  return [
    ...(run.slotsSeen
      ? []
      : ["Who holds a pidfd is not told here, and so no leak can be: a recording needs --slots"]),
    ...(seesUses(run)
      ? []
      : ["Whether a pidfd is used is not told here, or not all of it: a recording needs --uses"]),
    ...(run.program.includes('printf("again ')
      ? []
      : ["Whether a number is closed twice is not told here: a recording needs --closes"]),
  ];
}

/** Adds what is known only at the end: a run that ends soon has not heard what was there before it. */
function endedOf(told: Told, { isCommand }: { readonly isCommand: boolean }): Told {
  // A command has no past, and nobody else is judged.
  if (isCommand || !told.slotsSeen || told.writer.isBeforeKnown) return told;
  const unknown = "Which pidfds were there before the probes is not known, and so not whether they are kept";
  return { ...told, unseen: [...told.unseen, unknown] };
}

/** What `trace` would be asked for. */
function traceOptions(target: Target, options: LeaksOptions): TraceOptions {
  const { durationMs, eventsMax, bpftrace, modules, sudo, quiet, copy, commandOutput } = options;
  return {
    // The book needs everything to be right: what is shown is chosen at the end.
    ...{ command: "trace", targets: [target], ...NO_FILTERS, follow: false, durationMs, eventsMax },
    ...{ bpftrace, modules, sudo, quiet, slots: true, uses: true, births: "all", json: true },
    ...{
      closes: true,
      ustack: !options.noUstack,
      copy,
      commandOutput,
      noStimulus: false,
      birthProbe: undefined,
    },
    ...{ noHeader: true, redact: [] },
  };
}

/** What was read of the holders. */
type Read = Pick<Watched, "tables" | "facts" | "maps">;

const NOTHING_READ: Read = { tables: new Map(), facts: new Map(), maps: new Map() };

/** How full the tables of those are who hold pidfds, and who they are; nothing when nobody can say so any more. */
async function readHolders(
  host: Host,
  { book, options }: { readonly book: LeakBook; readonly options: LeaksOptions },
): Promise<Read> {
  const pids = holdersOf(book);
  try {
    const tables = await readFdTables(host, pids);
    const byPlace = options.cgroups.length + options.containers.length > 0;
    const facts = byPlace ? await readProcessFacts(host, pids) : undefined;
    const maps = options.noUstack ? undefined : await readMemoryMaps(host, unnamedOf(book));
    return {
      tables: tables.kind === "known" ? tables.value : new Map(),
      facts: facts?.kind === "known" ? facts.value : new Map(),
      maps: maps?.kind === "known" ? maps.value : new Map(),
    };
  } catch (error) {
    if (error instanceof HostError) return NOTHING_READ;
    throw error;
  }
}

/** Who has frames in a stack that bpftrace had no name for. */
function unnamedOf(book: LeakBook): ReadonlySet<number> {
  const unnamed = book.groups().filter(({ frames }) => frames?.some((it) => it.startsWith("0x")) === true);
  return new Set(unnamed.flatMap((it) => it.holder?.pid ?? []));
}
