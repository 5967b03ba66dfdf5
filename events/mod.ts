/**
 * What was said: records decoded, checked for gaps, and put in order.
 *
 * @module
 */

export { decode, DecodeError } from "./decode.ts";
export type { DecodeErrorOptions } from "./decode.ts";
export type { Loss } from "./loss.ts";
export { NumberingCheck } from "./numbering.ts";
export type { Counter, CounterPoint, Hole } from "./numbering.ts";
export { Order, ORDER_LIMITS } from "./order.ts";
export type { OrderLimits, Placed, TimedEvent } from "./order.ts";
export { commText, printable, printableText } from "./printable.ts";
