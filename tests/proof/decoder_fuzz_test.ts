// A million lines that nobody printed; see tests/decoder_fuzz_test.ts for a smaller number and for readers with mistakes.
//
// Each run has a seed of its own. A failure tells the command that reads that one line again:
// deno task fuzz record SEED LINE

import { test } from "node:test";
import { fuzzRun } from "../support/fuzz_run.ts";

test("decode() gives the fields of a million lines exactly when the schema of lines has them", async () => {
  await fuzzRun("record", 1_000_000);
});

test("readMessage() says what JSON says, of 300 000 lines", async () => {
  await fuzzRun("message", 300_000);
});
