/**
 * The JSON Schema of the published events, made from their table.
 *
 * @module
 */

import { ANSWER_FIELDS, ANSWER_TABLE } from "./answer_table.ts";
import { COMMON_FIELDS } from "./event_parts.ts";
import { EVENT_TABLE } from "./event_table.ts";
import type { PublishedEvent, PublishedField, PublishedFields, PublishedKind } from "./field.ts";

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

const KINDS: Readonly<Record<PublishedKind, JsonObject>> = {
  integer: { type: "integer" },
  decimal: { type: "string", pattern: "^-?[0-9]{1,20}$" },
  text: { type: "string" },
  boolean: { type: "boolean" },
  time: { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z$" },
  integers: { type: "array", items: { type: "integer" } },
  texts: { type: "array", items: { type: "string" } },
  counts: { type: "object", additionalProperties: { type: "integer" } },
  events: {
    type: "array",
    items: {
      type: "object",
      required: ["type", "seq"],
      properties: { type: { type: "string" }, seq: { type: "integer" } },
    },
  },
};

/**
 * Returns the JSON Schema (draft 2020-12) of one line of a published stream.
 *
 * Unknown fields are allowed, because later versions may add some.
 *
 * @returns the schema as a JSON value
 * @example
 * ```ts
 * import { jsonSchema } from "./json_schema.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(jsonSchema().$schema, "https://json-schema.org/draft/2020-12/schema");
 * ```
 */
export function jsonSchema(): JsonObject {
  return linesSchema(EVENT_TABLE, {
    common: COMMON_FIELDS,
    title: "trace-clone event",
    description: "One line of the NDJSON stream of trace-clone",
  });
}

/**
 * Returns the JSON Schema (draft 2020-12) of one line of `doctor --json` or `matrix --json`, or of the one of `plan --json`,
 * `confirm --json`, `profile --json` or `profile diff --json`.
 *
 * Unknown fields are allowed, because later versions may add some.
 *
 * @returns the schema as a JSON value
 * @example
 * ```ts
 * import { answerSchema } from "./json_schema.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(answerSchema().title, "trace-clone answer");
 * ```
 */
export function answerSchema(): JsonObject {
  return linesSchema(ANSWER_TABLE, {
    common: ANSWER_FIELDS,
    title: "trace-clone answer",
    description:
      "One line of trace-clone doctor --json or matrix --json, or the line of plan, confirm, profile or profile diff --json",
  });
}

/** The schema of lines that are told apart by their `type`. */
function linesSchema(
  table: { readonly [type: string]: PublishedEvent },
  about: { readonly common: PublishedFields; readonly title: string; readonly description: string },
): JsonObject {
  const { common, title, description } = about;
  const lines = Object.entries(table).map(([type, line]) => {
    const shape = objectSchema({ ...common, ...line.fields });
    const properties = { ...(shape.properties as JsonObject), type: { const: type } };
    return { title: type, description: line.meaning, ...shape, properties };
  });
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title, description, oneOf: lines };
}

function objectSchema(fields: PublishedFields): JsonObject {
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)]),
  );
  return { type: "object", required: Object.keys(fields), properties };
}

function fieldSchema(field: PublishedField): JsonObject {
  const value = field.fields !== undefined
    ? objectSchema(field.fields)
    : field.items !== undefined
    ? { type: "array", items: objectSchema(field.items) }
    : field.values !== undefined
    ? { enum: field.values }
    : KINDS[field.kind ?? "text"];
  return field.nullable === true
    ? { description: field.meaning, anyOf: [value, { type: "null" }] }
    : { description: field.meaning, ...value };
}
