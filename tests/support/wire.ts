/**
 * Writes records as the program in the kernel prints them, from the same table.
 *
 * @module
 */

import { WIRE_TABLE } from "../../schema/mod.ts";
import type { WireRecord, WireTag } from "../../schema/mod.ts";

/** A value of a field; `comm` is given as its bytes, or as ASCII. */
export type WireValue = string | number | bigint | Uint8Array;

/** Values by name of their field. */
export type WireValues = Readonly<Record<string, WireValue>>;

/** Returns one record as a line, without its end. */
export function encodeRecord(tag: WireTag, values: WireValues): string {
  const record: WireRecord = WIRE_TABLE[tag];
  const words = record.fields.map(({ name, kind }) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`Cannot print a record "${tag}": no "${name}"`);
    if (kind !== "comm") return String(value);
    const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode(String(value));
    return commWords(bytes).join(" ");
  });
  return [tag, ...words].join(" ");
}

/** The two little-endian words of a `char comm[16]`, in hex. */
export function commWords(bytes: Uint8Array): readonly [low: string, high: string] {
  const comm = new Uint8Array(16);
  comm.set(bytes.subarray(0, 16));
  const view = new DataView(comm.buffer);
  return [view.getBigUint64(0, true).toString(16), view.getBigUint64(8, true).toString(16)];
}
