/**
 * What was said: records decoded, checked for gaps, and put in order.
 *
 * @module
 */

export { decode, DecodeError } from "./decode.ts";
export type { DecodeErrorOptions } from "./decode.ts";
export { decodeFound } from "./found.ts";
export type { FoundSlot } from "./found.ts";
export type { Loss } from "./loss.ts";
export { NumberingCheck } from "./numbering.ts";
export type { Counter, CounterPoint, Hole } from "./numbering.ts";
export { isTimed, Order, ORDER_LIMITS } from "./order.ts";
export type { OrderLimits, Placed, TimedEvent, UntimedKind } from "./order.ts";
export { WitnessCheck } from "./witnesses.ts";
export type { WitnessCount, WitnessRecord, WitnessTotals } from "./witnesses.ts";
export { commText, printable, printableText } from "./printable.ts";
