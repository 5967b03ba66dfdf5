/**
 * What a line of bpftrace says, read in the plainest way: as JSON, always, and then looked at.
 *
 * @module
 */

import type { CaptureMessage } from "../../capture/mod.ts";

/** Returns what {@linkcode readMessage} must return; the detail of an error of a probe is left empty. */
export function plainMessage(line: string): CaptureMessage {
  if (line === "") return { kind: "other" };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: "unreadable", text: line };
  }
  return (isObject(value) ? ofType(value) : undefined) ?? { kind: "unreadable", text: line };
}

type JsonObject = Readonly<Record<string, unknown>>;

function ofType(value: JsonObject): CaptureMessage | undefined {
  const { type, data, count } = value;
  if (type === "printf" && typeof data === "string") {
    return { kind: "record", text: data.endsWith("\n") ? data.slice(0, -1) : data };
  }
  if (type === "lost_events") {
    const events = (isObject(data) ? data.events : undefined) ?? count;
    return {
      kind: "dropped",
      events: Number.isSafeInteger(events) && Number(events) >= 0 ? Number(events) : null,
    };
  }
  if (type === "map" && isObject(data)) return totals(data);
  if (type === "helper_error" || type === "runtime_error") return { kind: "probe-error", detail: "" };
  return type === "attached_probes" || type === "time" ? { kind: "other" } : undefined;
}

/** A map of ours has a number of so many events for each CPU; any other one is nothing to us. */
function totals(data: JsonObject): CaptureMessage {
  const [map] = Object.keys(data);
  const counts = map === undefined ? undefined : data[map];
  if (map === undefined || !isObject(counts)) return { kind: "other" };
  const pairs = Object.entries(counts);
  const isOurs = pairs.every(([cpu, many]) =>
    /^[0-9]{1,6}$/.test(cpu) && (typeof many === "number" || typeof many === "string") &&
    /^[0-9]{1,15}$/.test(`${many}`)
  );
  if (!isOurs) return { kind: "other" };
  const byCpu = new Map(pairs.map(([cpu, many]) => [Number(cpu), Number(many)]));
  return { kind: "totals", map: map.startsWith("@") ? map.slice(1) : map, byCpu };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
