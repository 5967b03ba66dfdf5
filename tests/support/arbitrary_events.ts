/**
 * Random published events, from the table that describes them.
 *
 * @module
 */

import fc from "fast-check";
import { printableText } from "../../events/mod.ts";
import { COMMON_FIELDS, EVENT_SCHEMA, EVENT_TABLE } from "../../schema/mod.ts";
import type { EventType, PublishedField, PublishedFields, TraceEvent } from "../../schema/mod.ts";
import { anyText } from "./any_text.ts";

/** Text as it can stand in an event: whatever it was, it was made printable. */
const text = fc.oneof(anyText(40), fc.string({ maxLength: 300 }))
  .map(printableText);
const integer = fc.oneof(fc.nat(5000), fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }));

function valueOf(field: PublishedField): fc.Arbitrary<unknown> {
  const value = knownOf(field);
  return field.nullable === true ? fc.option(value) : value;
}

function knownOf(field: PublishedField): fc.Arbitrary<unknown> {
  if (field.fields !== undefined) return objectOf(field.fields);
  if (field.items !== undefined) return fc.array(objectOf(field.items), { maxLength: 5 });
  if (field.values !== undefined) return fc.constantFrom(...field.values);
  const kind = field.kind ?? "text";
  switch (kind) {
    case "integer":
      return integer;
    case "decimal":
      return fc.bigInt(0n, 2n ** 64n - 1n).map(String);
    case "text":
      return text;
    case "boolean":
      return fc.boolean();
    case "time":
      return fc.integer({ min: 0, max: 4_000_000_000 })
        .map((it) => new Date(it * 1000).toISOString().replace(".000Z", ".000000000Z"));
    case "integers":
      return fc.array(integer, { maxLength: 30 });
    case "texts":
      return fc.array(text, { maxLength: 5 });
    case "counts":
      return fc.dictionary(fc.nat(133).map(String), fc.nat(5000));
    case "events":
      return fc.array(fc.record({ type: text, seq: fc.nat(5000) }), { maxLength: 5 });
    default:
      return kind satisfies never;
  }
}

function objectOf(fields: PublishedFields): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(Object.entries(fields).map(([name, it]) => [name, valueOf(it)])));
}

/** Any event. */
export const anyEvent: fc.Arbitrary<TraceEvent> = fc.constantFrom(...Object.keys(EVENT_TABLE) as EventType[])
  .chain((type) =>
    objectOf({ ...COMMON_FIELDS, ...EVENT_TABLE[type].fields })
      .map((it) => ({ ...it, schema: EVENT_SCHEMA, type }) as unknown as TraceEvent)
  );
