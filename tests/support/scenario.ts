/**
 * Scenarios for the model: a story, what the kernel prints, and what is to be said about it, in one text file.
 *
 * ```text
 * # The story.
 * attached 1000
 * cpus 1
 *
 * clone 0 1 2000 …
 * ----
 * 1 pidfd.create clone f1 fd=3 p1=200 count=?>2/2 [pid hash, pidfs inode]
 * held f1 p1=200 alive by 100[3]
 * ```
 *
 * Lines before the records set `attached` (ns), `baseline` (a walk over all open files is told of), `cpus`, `scope`
 * (process ids), `follow`, and `law` where it is that of
 * kernels without pidfs, `per-file`. A line that begins with `{` is
 * one of bpftrace's own. Expected lines are made by {@linkcode describe}; those of the end by {@linkcode heldAtEnd}.
 *
 * @module
 */

import { readMessage } from "../../capture/mod.ts";
import type { CaptureMessage } from "../../capture/mod.ts";
import { Correlator } from "../../model/mod.ts";
import type { CorrelatorOptions, RefcountLaw, Update } from "../../model/mod.ts";
import type { EventBody } from "../../schema/mod.ts";
import { heldAtEnd } from "./scenario_end.ts";

/** A scenario file in its parts. */
export interface Scenario {
  /** Everything above the line of dashes, as it stands. */
  readonly text: string;
  /** How the model is set up. */
  readonly options: CorrelatorOptions;
  /** What bpftrace says. */
  readonly messages: readonly CaptureMessage[];
  /** Expected lines. */
  readonly expected: readonly string[];
}

const DASHES = "----";

/** Reads a scenario file. */
export function parseScenario(file: string): Scenario {
  const lines = file.trimEnd().split("\n");
  const dashes = lines.indexOf(DASHES);
  if (dashes < 0) throw new SyntaxError(`Cannot read a scenario: no line "${DASHES}"`);
  const above = lines.slice(0, dashes);
  const settings = new Map<string, string>();
  const messages: CaptureMessage[] = [];
  for (const line of above) {
    if (line === "" || line.startsWith("#")) continue;
    const [word = "", rest = ""] = line.split(/ (.*)/);
    if (["attached", "baseline", "cpus", "scope", "follow", "law"].includes(word)) settings.set(word, rest);
    else messages.push(line.startsWith("{") ? readMessage(line) : { kind: "record", text: line });
  }
  const scope = settings.get("scope");
  return {
    text: above.join("\n"),
    options: {
      law: lawOf(settings.get("law") ?? "per-inode"),
      attachedNs: BigInt(settings.get("attached") ?? "0"),
      baseline: settings.has("baseline"),
      cpus: Number(settings.get("cpus") ?? "1"),
      scope: {
        pids: scope === undefined ? undefined : new Set(scope.split(" ").map(Number)),
        comm: undefined,
        descendants: settings.has("follow"),
      },
    },
    messages,
    expected: lines.slice(dashes + 1),
  };
}

function lawOf(word: string): RefcountLaw {
  if (word === "per-file" || word === "per-inode") return word;
  throw new SyntaxError(`Cannot read a scenario: the law must be per-file or per-inode, got "${word}"`);
}

/** Writes a scenario file with the lines that are expected from now on. */
export function renderScenario(scenario: Scenario, expected: readonly string[]): string {
  return `${[scenario.text, DASHES, ...expected].join("\n")}\n`;
}

/** Runs a scenario to its end; returns all updates, and the lines that tell of them and of the end. */
export function runScenario(
  scenario: Scenario,
): { readonly updates: readonly Update[]; readonly lines: readonly string[] } {
  const correlator = new Correlator(scenario.options);
  const updates = [...correlator.take(scenario.messages), ...correlator.finish()];
  return { updates, lines: [...updates.map(describe), ...heldAtEnd(updates, correlator.slots)] };
}

/** One update as one line; a bystander's begins with `-`. */
export function describe(update: Update): string {
  return `${update.followed ? "" : "- "}${update.seq} ${update.type} ${words(update)}`.trimEnd();
}

function words(update: Update): string {
  switch (update.type) {
    case "pidfd.create": {
      const { origin, file, fd, released_seq: early, target, count } = update.body;
      const released = early === null ? "" : ` released=${early}`;
      return `${origin} ${file} fd=${fd ?? "?"}${released} ${who(target)} ${counts(count)}`;
    }
    case "pidfd.release": {
      const { file, created_seq: created, last_of_inode: last, target, count } = update.body;
      return `${file} created=${created ?? "?"} last=${last ?? "?"} ${who(target)} ${counts(count)}`;
    }
    case "pidfd.install":
    case "pidfd.dup":
    case "pidfd.send":
    case "pidfd.getfd":
      return slot(update.body);
    case "pidfd.receive":
      return `${slot(update.body)} sent=${update.body.sent_seq ?? "?"}`;
    case "pidfd.use": {
      const { file, use, uses, by, command, target } = update.body;
      return `${use} ${file} x${uses} by=${by ?? "-"} command=${command ?? "-"} ${who(target)}`;
    }
    case "pidfd.inherit": {
      const { from_table: from, heir } = update.body;
      return `${slot(update.body)} from=${from} heir=${heir.pid}/${heir.tid}`;
    }
    case "pidfd.close": {
      const { cause, opened_by: opened } = update.body;
      return `${cause} ${slot(update.body)} opened=${opened ?? "?"}`;
    }
    case "pidfd.stack":
      return `${update.body.table}[${update.body.fd}] ${update.body.stack} ${update.body.frames.join(" < ")}`;
    case "pidfd.close_again": {
      const { table, fd, held, closed_by: closer, filled_by: filler, doubtful } = update.body;
      return `${table}[${fd}]${doubtful ? "?" : ""} ${held} closed=${closer} filled=${filler ?? "-"}`;
    }
    case "clone.failed": {
      const { origin, errno, stage, integer, file, count } = update.body;
      const cleanup = file === null
        ? ""
        : ` ${file} released=${update.body.file_released ?? "?"} dropped=${update.body.pid_dropped ?? "?"}`;
      const read = count === null ? "" : ` ${counts(count)}`;
      return `${origin} ${errno} ${stage} integer=${integer ?? "?"}${cleanup}${read}`;
    }
    case "open.failed":
      return `${update.body.errno} pid=${update.body.asked_pid}`;
    case "process.start":
      return `${update.body.process?.pid} made ${update.body.child_pid}`;
    case "process.exit": {
      const { exit_status: status, exit_signal: signal, target, count } = update.body;
      return `${signal === null ? `status=${status}` : `signal=${signal}`} ${who(target)} ${counts(count)}`;
    }
    case "process.reap":
      return `${who(update.body.target)} ${counts(update.body.count)}`;
    case "pid.free":
      return `by=${update.body.by} ${who(update.body.target)} ${counts(update.body.count)}`;
    case "finding": {
      const { rule, verdict, expected, observed, evidence } = update.body;
      return `${rule} ${verdict}: expected ${expected}; observed ${observed}; events ${evidence.join(", ")}`;
    }
    case "lost": {
      const { reason, events, cpu, from_ns: from, to_ns: to } = update.body;
      return `${reason} events=${events ?? "?"} cpu=${cpu ?? "?"} from=${from ?? "?"} to=${to ?? "?"}`;
    }
    default:
      return "";
  }
}

/** `file table fd slots/references`. */
function slot(body: EventBody<"pidfd.dup">): string {
  const { file, table, fd, close_on_exec: closing, slots, references, by, target } = body;
  const mark = closing === null ? "?" : closing ? "x" : "";
  const others = (body.other_holders ?? []).map((it) => ` +${it}`).join("");
  return `${file} ${table}[${fd}]${mark} slots=${slots}/${references ?? "?"}${others} by=${by ?? "-"} ${
    who(target)
  }`;
}

function who(target: EventBody<"pidfd.create">["target"]): string {
  return `${target.id}=${target.pid ?? "?"}`;
}

/** `before>after/expected [holders] +unknown`. */
function counts(count: EventBody<"pidfd.create">["count"]): string {
  const unknown = count.unknown_holders ?? 0;
  const disturbed = count.disturbed ? " disturbed" : "";
  return `count=${count.before ?? "?"}>${count.after ?? "?"}/${count.expected ?? "?"} [${
    count.holders.join(", ")
  }]${unknown === 0 ? "" : ` +${unknown}`}${disturbed}`;
}
