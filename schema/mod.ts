/**
 * The events as data: what the kernel program prints, and what is published.
 *
 * @module
 */

export { ANSWER_FIELDS, ANSWER_TABLE } from "./answer_table.ts";
export type { Answer, AnswerType } from "./answer_table.ts";
export {
  COMMON_FIELDS,
  COUNT_FIELDS,
  OBSERVED_FIELDS,
  PROCESS_FIELDS,
  SLOT_FIELDS,
  TARGET_FIELDS,
} from "./event_parts.ts";
export { EVENT_TABLE, VERDICTS } from "./event_table.ts";
export type { EventBody, EventType, TraceEvent } from "./event_table.ts";
export type {
  Numbering,
  PublishedEvent,
  PublishedField,
  PublishedFields,
  PublishedKind,
  PublishedObject,
  PublishedTypes,
  PublishedValue,
  WireField,
  WireKind,
  WireRecord,
  WireTypes,
} from "./field.ts";
export { answerSchema, jsonSchema } from "./json_schema.ts";
export type { Json, JsonObject } from "./json_schema.ts";
export { EVENT_SCHEMA } from "./version.ts";
export { ACTOR, STAMP } from "./wire_parts.ts";
export { WIRE_TABLE } from "./wire_table.ts";
export type { WireEvent, WireTag } from "./wire_table.ts";
