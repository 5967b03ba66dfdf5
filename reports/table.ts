/**
 * Events as a live table for people, under 80 columns.
 *
 * @module
 */

import type { TraceEvent } from "../schema/mod.ts";
import { columnsOf, cutTo, wrap } from "./_columns.ts";
import type { Report } from "./report.ts";

interface Column {
  readonly title: string;
  readonly width: number;
  readonly right?: true;
}

/** Columns with one space between them: 79 characters in all. */
const COLUMNS: readonly Column[] = [
  { title: "TIME", width: 12 },
  { title: "EVENT", width: 7 },
  { title: "PID", width: 7, right: true },
  { title: "COMM", width: 12 },
  { title: "FD", width: 3, right: true },
  { title: "ORIGIN", width: 10 },
  { title: "TARGET", width: 7, right: true },
  { title: "COUNT", width: 7, right: true },
  { title: "NOTE", width: 6 },
];

/** The same with the host in front, for several targets; what makes room for it is cut shorter. */
const HOST_COLUMNS: readonly Column[] = [
  { title: "HOST", width: 9 },
  { title: "TIME", width: 8 },
  ...COLUMNS.slice(1).map((it) => it.title === "COMM" ? { ...it, width: 6 } : it),
];

/** What a table row shows of an event. */
interface Row {
  readonly event: string;
  readonly fd?: number | null;
  readonly origin?: string;
  readonly target?: { readonly pid: number | null } | null;
  readonly count?: {
    readonly after: number | null;
    readonly expected: number | null;
    readonly unknown_holders: number | null;
  } | null;
  readonly note?: string;
}

/** A header, then one line for each event; findings and losses are lines of text between them. */
export class TableReport implements Report {
  readonly #withHeader: boolean;
  readonly #withHosts: boolean;

  /**
   * Begins a table.
   *
   * @param options `header`: whether the line with the column titles is shown; `hosts`: whether each line says which
   *   host it is about
   */
  constructor(options: { readonly header: boolean; readonly hosts?: boolean } = { header: true }) {
    this.#withHeader = options.header;
    this.#withHosts = options.hosts === true;
  }

  /** Returns the line with the column titles. */
  header(): string {
    const columns = this.#columns();
    return this.#withHeader ? line(columns.map((it) => it.title), columns) : "";
  }

  /** Returns one line, or nothing for events that only JSON shows. */
  event(event: TraceEvent): string {
    switch (event.type) {
      case "finding":
        return said(`! ${this.#hostOf(event)}${event.rule} ${event.verdict}: ${event.statement}`) +
          said(`!   expected ${event.expected}; observed ${event.observed}`) +
          said(`!   events ${event.evidence.join(", ")}; next: ${event.next}`);
      case "lost":
        return said(`! ${this.#hostOf(event)}lost (${event.reason}): ${event.detail}`);
      case "start":
      case "summary":
      case "end":
        return "";
      default: {
        const row = rowOf(event);
        const time = event.time?.slice(11, this.#withHosts ? 19 : 23) ?? "?";
        const cells = [
          ...(this.#withHosts ? [shortHost(event.host), time] : [time]),
          row.event,
          event.process === null ? "-" : `${event.process.pid}`,
          event.process === null ? "-" : event.process.comm,
          row.fd === undefined ? "" : row.fd === null ? "?" : `${row.fd}`,
          row.origin ?? "",
          row.target === undefined ? "" : `${row.target?.pid ?? "?"}`,
          row.count === undefined || row.count === null ? "" : countText(row.count),
          row.note ?? "",
        ];
        return line(cells, this.#columns());
      }
    }
  }

  #columns(): readonly Column[] {
    return this.#withHosts ? HOST_COLUMNS : COLUMNS;
  }

  #hostOf(event: TraceEvent): string {
    return this.#withHosts ? `${event.host}: ` : "";
  }
}

/** What tells targets from each other: the way to them is cut off, then the begin. */
function shortHost(host: string): string {
  const characters = [...host.replace(/^(?:ssh|lab):(?:[^@]*@)?/, "")];
  const name = characters.join("");
  return characters.length <= HOST_LENGTH_MAX ? name : `~${characters.slice(1 - HOST_LENGTH_MAX).join("")}`;
}

type RowEvent = Exclude<TraceEvent, { type: "finding" | "lost" | "start" | "summary" | "end" }>;

function rowOf(event: RowEvent): Row {
  switch (event.type) {
    case "pidfd.create":
      return {
        event: "create",
        fd: event.fd,
        origin: event.origin,
        target: event.target,
        count: event.count,
      };
    case "pidfd.release":
      return {
        event: "release",
        target: event.target,
        count: event.count,
        ...(event.created_seq === null ? { origin: "baseline" } : {}),
      };
    case "pidfd.install":
    case "pidfd.dup":
    case "pidfd.send":
    case "pidfd.receive":
    case "pidfd.getfd":
      return { ...slotRow(event), event: event.type.slice("pidfd.".length) };
    case "pidfd.inherit":
      return { ...slotRow(event), event: "inherit", note: `>${event.heir.pid}` };
    case "pidfd.use":
      return { event: "use", origin: event.use, target: event.target, note: `x${event.uses}` };
    case "pidfd.close":
      return { ...slotRow(event), event: "close", origin: event.cause };
    case "pidfd.stack":
      return { event: "stack", fd: event.fd, note: event.frames[0] ?? "" };
    case "pidfd.close_again":
      return { event: "close", fd: event.fd, origin: "again", note: event.held };
    case "clone.failed":
      return {
        event: "failed",
        origin: event.origin,
        note: event.errno,
        ...(event.count === null ? {} : { count: event.count }),
      };
    case "open.failed":
      return { event: "failed", origin: "pidfd_open", target: { pid: event.asked_pid }, note: event.errno };
    case "process.start":
      return { event: "fork", target: { pid: event.child_pid } };
    case "process.exit": {
      const note = event.exit_signal === null ? `=${event.exit_status}` : `sig${event.exit_signal}`;
      return { event: "exit", target: event.target, count: event.count, note };
    }
    case "process.reap":
      return { event: "reap", target: event.target, count: event.count };
    case "pid.free":
      return { event: "free", target: event.target, count: event.count };
    default:
      return event satisfies never;
  }
}

/** What the events of a slot have in common; `xN` is the number of slots that hold the file now. */
function slotRow(
  event: Extract<RowEvent, { readonly slots: number }>,
): Pick<Row, "fd" | "target" | "note"> & { readonly origin?: string } {
  return {
    fd: event.fd,
    ...(event.by === null ? {} : { origin: event.by }),
    target: event.target,
    note: `x${event.slots}`,
  };
}

/** `after/expected`, `!` when it is lower, `+n` for unknown holders, `?` for what is not known. */
function countText(count: NonNullable<Row["count"]>): string {
  const { after, expected, unknown_holders: unknown } = count;
  const mark = after === null || expected === null || after === expected
    ? ""
    : after < expected
    ? "!"
    : `+${unknown ?? ""}`;
  return `${after ?? "?"}/${expected ?? "?"}${mark}`;
}

/** Columns of the longest line. */
const COLUMNS_MAX = 79;
/** Characters of a host's name in its column. */
const HOST_LENGTH_MAX = 9;

/**
 * One row. A cell that is too wide takes room from the padding of those after it; when that is not enough, the row
 * goes on in another line.
 */
function line(cells: readonly string[], columns: readonly Column[]): string {
  const lines: string[] = [];
  let text = "";
  let end = 0;
  columns.forEach(({ width, right }, at) => {
    const cell = cells[at] ?? "";
    // Numbers are never cut, text of the traced machine is.
    const shown = right === true ? cell : cutTo(cell, width);
    const begin = at === 0 || text === "" ? text : `${text} `;
    end += width + (at === 0 ? 0 : 1);
    const padding = " ".repeat(Math.max(0, end - columnsOf(begin) - columnsOf(shown)));
    const longer = right === true ? begin + padding + shown : begin + shown + padding;
    if (columnsOf(longer.trimEnd()) <= COLUMNS_MAX) {
      text = longer;
      return;
    }
    lines.push(text.trimEnd());
    text = `  ${shown}`;
    end = columnsOf(text);
  });
  return [...lines, text.trimEnd()].map((it) => `${it}\n`).join("");
}

/** A remark between the rows. */
function said(text: string): string {
  return wrap(text, COLUMNS_MAX, { indent: "!     " }).map((it) => `${it}\n`).join("");
}
