import assert from "node:assert/strict";
import { makeProfile, type Profile } from "./profile.ts";
import { readProfile } from "./read_profile.ts";

const PROFILE: Profile = {
  schema: "trace-clone/1",
  type: "profile",
  host: "local",
  release: "6.12.1",
  machine: "x86_64",
  facts: makeProfile([], new Map([["confirm-flags", "it was not made"]])),
};
const FACT = { id: "a", value: "1", unknown: null, says: "", how: "", rests_on: [] };

/** The profile with other fields, as a file holds it. */
function file(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...PROFILE, ...fields });
}

Deno.test("readProfile() gives what was written, without fields that it does not know", () => {
  assert.deepEqual(readProfile(JSON.stringify(PROFILE)), PROFILE);
  assert.deepEqual(readProfile(file({ facts: [{ ...FACT, colour: "red" }], moon: 1 })).facts, [FACT]);
});

Deno.test("readProfile() refuses what is no profile, and says what is wrong", () => {
  const rows: readonly (readonly [text: string, error: RegExp])[] = [
    ["[]", /an object is required for the file/],
    ["null", /an object is required for the file/],
    [file({ schema: "trace-clone/2" }), /"schema" is "trace-clone\/2", "trace-clone\/1" is required/],
    [file({ type: "plan" }), /"type" is "plan", "profile" is required/],
    [file({ host: 1 }), /"host" is 1, a text is required/],
    [file({ release: undefined }), /"release" is undefined, a text is required/],
    [file({ facts: {} }), /"facts" is \{\}, a list is required/],
    [file({ facts: [1] }), /an object is required for a fact/],
    [file({ facts: [{ ...FACT, id: null }] }), /"id" is null, a text is required/],
    [file({ facts: [{ ...FACT, value: 1 }] }), /"value" is 1, a text or null is required/],
    [file({ facts: [{ ...FACT, unknown: false }] }), /"unknown" is false/],
    [file({ facts: [{ ...FACT, value: null }] }), /"a" needs either a value or a reason/],
    [file({ facts: [{ ...FACT, unknown: "x" }] }), /"a" needs either a value or a reason/],
    [file({ facts: [{ ...FACT, rests_on: [1] }] }), /"rests_on" is \[1\], a list of texts is required/],
    [file({ facts: [FACT, FACT] }), /the fact "a" is there twice/],
    [" ".repeat(4_000_001), /at most 4000000 characters are allowed, found 4000001/],
  ];
  for (const [text, error] of rows) assert.throws(() => readProfile(text), error);
  assert.throws(() => readProfile("{"), SyntaxError);
});
