/**
 * Watches a constant load and one slow leak in a guest for ten minutes: docs/leaks-long.md.
 *
 * Usage: `leaks_long.ts [--seconds N]`; the page is written when it is the ten minutes. The code is 1 when something
 * that is claimed is not so.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { machineFacts } from "../../bench/machine.ts";
import { watchLongLeak } from "../../tests/support/long_leak.ts";
import { longClaims } from "./long_claims.ts";
import { longPage } from "./long_page.ts";
import { REPOSITORY } from "./repository_files.ts";

const KERNEL = "6.12";
const SECONDS = 600;
const PAGE = `${REPOSITORY}/docs/leaks-long.md`;

if (import.meta.main) {
  const { values } = parseArgs({ options: { seconds: { type: "string", default: `${SECONDS}` } } });
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 60 || seconds > 86_400) {
    throw new RangeError(`Cannot watch for "${values.seconds}" seconds: 60 to 86400 are required`);
  }
  const run = await watchLongLeak({ kernel: KERNEL, seconds, onProgress: (line) => console.error(line) });
  const claims = longClaims(run);
  for (const { what, measured, kept } of claims) {
    console.log(`${kept ? "kept  " : "BROKEN"} ${what}: ${measured}`);
  }
  if (seconds === SECONDS) {
    await Deno.writeTextFile(PAGE, longPage(run, { facts: await machineFacts(), claims }));
    console.error(`wrote ${PAGE.slice(REPOSITORY.length + 1)}`);
  } else console.error("the page is left as it is: it is about ten minutes");
  Deno.exit(claims.every((it) => it.kept) ? 0 : 1);
}
