import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { ACTOR, COMMON_FIELDS, EVENT_SCHEMA, EVENT_TABLE, jsonSchema, STAMP, WIRE_TABLE } from "./mod.ts";
import { ANSWER_FIELDS, ANSWER_TABLE, answerSchema } from "./mod.ts";
import type { PublishedField, PublishedFields, WireRecord } from "./mod.ts";

const records: readonly (readonly [string, WireRecord])[] = Object.entries(WIRE_TABLE);

/** A value for a field: the first that its description allows. */
function example(field: PublishedField): unknown {
  if (field.fields !== undefined) return exampleObject(field.fields);
  if (field.items !== undefined) return [exampleObject(field.items)];
  if (field.values !== undefined) return field.values[0];
  const kind = field.kind ?? "text";
  switch (kind) {
    case "integer":
      return 7;
    case "decimal":
      return "18446744073709551615";
    case "text":
      return "x";
    case "boolean":
      return true;
    case "time":
      return "2026-01-02T03:04:05.000000006Z";
    case "integers":
      return [1, 2];
    case "texts":
      return ["a"];
    case "counts":
      return { 0: 7, 24: 1 };
    case "events":
      return [{ type: "end", seq: 7 }];
    default:
      return kind satisfies never;
  }
}

function exampleObject(fields: PublishedFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, example(field)]));
}

const validate = new Ajv2020({ strict: true, strictRequired: true }).compile(jsonSchema());

test("jsonSchema() accepts an example of every event, with and without what may be null", () => {
  for (const [type, { fields }] of Object.entries(EVENT_TABLE)) {
    const event = { ...exampleObject({ ...COMMON_FIELDS, ...fields }), type };
    assert.ok(validate(event), `${type}: ${JSON.stringify(validate.errors)}`);
    for (const [name, field] of Object.entries<PublishedField>({ ...COMMON_FIELDS, ...fields })) {
      assert.equal(validate({ ...event, [name]: null }), field.nullable === true, `${type}.${name} is null`);
    }
  }
});

test("jsonSchema() refuses what is missing, of another kind, or no event at all", () => {
  const event = { ...exampleObject({ ...COMMON_FIELDS, ...EVENT_TABLE.end.fields }), type: "end" };
  const rows: readonly (readonly [string, unknown])[] = [
    ["an unknown type", { ...event, type: "unknown" }],
    ["another version", { ...event, schema: "trace-clone/2" }],
    ["a fraction", { ...event, exit_code: 0.5 }],
    ["a number as text", { ...event, exit_code: "0" }],
    ["a text as number", { ...event, reason: 1 }],
    ["ns as number", { ...event, ktime_ns: 5 }],
    ["ns in hex", { ...event, ktime_ns: "0x5" }],
    ["a time with a zone", { ...event, time: "2026-01-02T03:04:05.000000006+01:00" }],
    ["no object", "end"],
  ];
  for (const [what, value] of rows) assert.equal(validate(value), false, what);
  for (const name of Object.keys(event)) {
    const { [name]: _missing, ...rest } = event as Record<string, unknown>;
    assert.equal(validate(rest), false, `without ${name}`);
  }
  assert.ok(validate({ ...event, added_later: 1 }), "unknown fields are allowed");
});

test("answerSchema() accepts an example of every answer, with and without what may be null, and nothing less", () => {
  const isAnswer = new Ajv2020({ strict: true, strictRequired: true }).compile(answerSchema());
  for (const [type, { fields }] of Object.entries(ANSWER_TABLE)) {
    const answer: Record<string, unknown> = { ...exampleObject({ ...ANSWER_FIELDS, ...fields }), type };
    assert.ok(isAnswer(answer), `${type}: ${JSON.stringify(isAnswer.errors)}`);
    for (const [name, field] of Object.entries<PublishedField>({ ...ANSWER_FIELDS, ...fields })) {
      assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, `${type}.${name}`);
      assert.equal(isAnswer({ ...answer, [name]: null }), field.nullable === true, `${type}.${name} is null`);
      const { [name]: _missing, ...rest } = answer;
      assert.equal(isAnswer(rest), false, `${type} without ${name}`);
    }
  }
  assert.equal(isAnswer({ ...exampleObject(ANSWER_FIELDS), type: "unknown" }), false);
  assert.deepEqual(ANSWER_FIELDS.schema.values, [EVENT_SCHEMA]);
});

test("EVENT_TABLE names its fields in snake_case and never hides a common one", () => {
  for (const [type, { fields }] of Object.entries(EVENT_TABLE)) {
    for (const name of Object.keys(fields)) {
      assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, `${type}.${name}`);
      assert.ok(!(name in COMMON_FIELDS), `${type}.${name}`);
    }
  }
  assert.deepEqual(COMMON_FIELDS.schema.values, [EVENT_SCHEMA]);
});

test("WIRE_TABLE gives every field of a record its own name", () => {
  for (const [tag, { fields }] of records) {
    const names = fields.map((it) => it.name);
    assert.equal(new Set(names).size, names.length, tag);
    for (const name of names) assert.match(name, /^[a-z][a-zA-Z0-9]*$/, `${tag}.${name}`);
  }
});

test("WIRE_TABLE begins every numbered record with STAMP, and then with ACTOR if there is one", () => {
  for (const [tag, { numbering, fields }] of records) {
    if (numbering === "none") continue;
    assert.deepEqual(fields.slice(0, STAMP.length), STAMP, tag);
    const at = fields.findIndex((it) => it.name === "tid");
    if (at >= 0) assert.deepEqual(fields.slice(STAMP.length, STAMP.length + ACTOR.length), ACTOR, tag);
  }
});
