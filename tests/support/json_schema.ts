/**
 * Published events against the published JSON Schema.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { jsonSchema } from "../../schema/mod.ts";
import type { TraceEvent } from "../../schema/mod.ts";

const validate = new Ajv2020({ strict: true, strictRequired: true, allowMatchingProperties: false })
  .compile(jsonSchema());

/** Asserts that an event, as it stands in its line, is what the schema says. */
export function assertValid(event: TraceEvent): void {
  const line: unknown = JSON.parse(JSON.stringify(event));
  const isValid = validate(line);
  assert.ok(isValid, `${JSON.stringify(validate.errors)}\n${JSON.stringify(event)}`);
}
