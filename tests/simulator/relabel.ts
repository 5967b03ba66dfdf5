/**
 * The same story under other names: records and updates with other pids, addresses and CPUs.
 *
 * @module
 */

import type { Update } from "../../model/mod.ts";
import { WIRE_TABLE } from "../../schema/mod.ts";
import type { WireField, WireTag } from "../../schema/mod.ts";

/** Other names for what has no meaning of its own; each must give different names for different ones. */
export interface Labels {
  /** A pid or tid, never 0. */
  pid(pid: number): number;
  /** An address in hex, never null. */
  address(address: string): string;
  /** A CPU. */
  cpu(cpu: number): number;
}

/** Fields of records that are a pid or a tid. */
const PID_FIELDS: readonly string[] = ["pid", "tid", "child", "childTid", "nr", "target"];

/** Fields of updates that are. */
const PID_KEYS: readonly string[] = ["pid", "tid", "child_pid", "asked_pid"];

/**
 * Gives a record other names.
 *
 * @param text the record
 * @param labels the names
 */
export function relabelled(text: string, labels: Labels): string {
  const [tag = "", ...words] = text.split(" ");
  const fields = WIRE_TABLE[tag as WireTag].fields
    .flatMap((it): readonly WireField[] => it.kind === "comm" ? [it, it] : [it]);
  const others = words.map((word, at) => {
    const { name = "", kind = "word" } = fields[at] ?? {};
    if (kind === "pointer") return isNothing(word) ? word : labels.address(word);
    if (name === "cpu") return String(labels.cpu(Number(word)));
    return PID_FIELDS.includes(name) && word !== "0" ? String(labels.pid(Number(word))) : word;
  });
  return [tag, ...others].join(" ");
}

/** Null, and what is an error and no address. */
function isNothing(hex: string): boolean {
  return hex === "0" || hex.startsWith("fffffffffffff");
}

/**
 * Gives updates other names.
 *
 * @param updates the updates
 * @param labels the names
 */
export function relabelledUpdates(updates: readonly Update[], labels: Labels): unknown {
  return mapped(updates, (key, value) => {
    if (typeof value !== "number") return value;
    if (key === "cpu") return labels.cpu(value);
    return PID_KEYS.includes(key) && value !== 0 ? labels.pid(value) : value;
  });
}

/** Keys that hold the place of another update. */
const SEQ_KEYS: readonly string[] = [
  "seq",
  "created_seq",
  "released_seq",
  "opened_by",
  "sent_seq",
  "evidence",
];

/** Names that this run made up. */
const RUN_NAME = /^[fpt][0-9]+$/;

/**
 * Numbers and names the updates as if there were no others.
 *
 * @param updates some of all updates of a run
 */
export function renumbered(updates: readonly Update[]): unknown {
  const places = new Map(updates.map((it, at) => [it.seq, at + 1]));
  const names = new Map<string, string>();
  return mapped(updates, (key, value) => {
    if (typeof value === "number" && SEQ_KEYS.includes(key)) return places.get(value) ?? "not among them";
    if (typeof value !== "string" || !RUN_NAME.test(value)) return value;
    const kind = value.slice(0, 1);
    const many = [...names.values()].filter((it) => it.startsWith(kind)).length;
    if (!names.has(value)) names.set(value, `${kind}${many + 1}`);
    return names.get(value);
  });
}

/** A value with each leaf changed; the leaves of a list have the key of the list. */
function mapped(value: unknown, change: (key: string, leaf: unknown) => unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((it) => mapped(it, change, key));
  if (typeof value !== "object" || value === null) return change(key, value);
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, mapped(it, change, name)]));
}
