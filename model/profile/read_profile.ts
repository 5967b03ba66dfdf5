/**
 * A profile, read back from the text that `profile` wrote.
 *
 * @module
 */

import { EVENT_SCHEMA } from "../../schema/mod.ts";
import type { Profile, ProfileFact } from "./profile.ts";

/** Longest text that is looked at: a profile has some ten thousand characters. */
const TEXT_MAX = 4_000_000;

/**
 * Reads a profile.
 *
 * @param text one JSON object; fields that are not known are left out
 * @returns the profile
 * @throws {SyntaxError} when it is no JSON
 * @throws {TypeError} when it is no profile
 *
 * @example
 * ```ts
 * import { readProfile } from "./read_profile.ts";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => readProfile("{}"), /Cannot read a profile: "schema" is undefined/);
 * ```
 */
export function readProfile(text: string): Profile {
  if (text.length > TEXT_MAX) {
    throw new TypeError(
      `Cannot read a profile: at most ${TEXT_MAX} characters are allowed, found ${text.length}`,
    );
  }
  const object = asObject(JSON.parse(text), "the file");
  if (object.schema !== EVENT_SCHEMA) throw misfit("schema", object.schema, `"${EVENT_SCHEMA}"`);
  if (object.type !== "profile") throw misfit("type", object.type, '"profile"');
  const { facts } = object;
  if (!Array.isArray(facts)) throw misfit("facts", facts, "a list");
  const read = facts.map((it) => readFact(asObject(it, "a fact")));
  const twice = read.find((it, at) => read.findIndex(({ id }) => id === it.id) < at);
  if (twice !== undefined) {
    throw new TypeError(`Cannot read a profile: the fact ${JSON.stringify(twice.id)} is there twice`);
  }
  return {
    schema: EVENT_SCHEMA,
    type: "profile",
    host: textOf(object, "host"),
    release: textOf(object, "release"),
    machine: textOf(object, "machine"),
    facts: read,
  };
}

function readFact(object: Readonly<Record<string, unknown>>): ProfileFact {
  const { value, unknown, rests_on } = object;
  const id = textOf(object, "id");
  if (value !== null && typeof value !== "string") throw misfit("value", value, "a text or null");
  if (unknown !== null && typeof unknown !== "string") throw misfit("unknown", unknown, "a text or null");
  if ((value === null) === (unknown === null)) {
    throw new TypeError(`Cannot read a profile: "${id}" needs either a value or a reason why there is none`);
  }
  if (!Array.isArray(rests_on) || !rests_on.every((it) => typeof it === "string")) {
    throw misfit("rests_on", rests_on, "a list of texts");
  }
  return { id, value, unknown, says: textOf(object, "says"), how: textOf(object, "how"), rests_on };
}

function textOf(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name];
  if (typeof value !== "string") throw misfit(name, value, "a text");
  return value;
}

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError(`Cannot read a profile: an object is required for ${what}`);
}

function misfit(name: string, value: unknown, required: string): TypeError {
  const found = JSON.stringify(value)?.slice(0, 60);
  return new TypeError(`Cannot read a profile: "${name}" is ${found}, ${required} is required`);
}
