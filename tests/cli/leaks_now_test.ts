// `leaks --now` on this machine, as a person types it: the numbers are those of a program that knows what it holds.

import assert from "node:assert/strict";
import { LocalHost } from "../../hosts/mod.ts";
import type { Answer } from "../../schema/mod.ts";
import { readAnswers } from "../support/answers.ts";
import { checkWords, wordOfHolder } from "../support/look_now.ts";
import { bringHolder, holdMany } from "../support/pidfd_holders.ts";
import { piped } from "../support/said.ts";

/** How often is looked whether all has gone; a look takes about half a second. */
const LOOKS_MAX = 20;

Deno.test("leaks --now tells what a program of this machine holds, and how much is of the dead", async () => {
  await using host = new LocalHost();
  const folder = await Deno.makeTempDir({ prefix: "leaks-now-" });
  try {
    await using holder = await holdMany(host, await bringHolder(host, folder));
    const { pid, sharer, many } = holder.what;
    const words = ["leaks", "--now", "-p", `${pid}`, "-p", `${sharer}`, "--fail-on", "dead"];
    const { code, stdout, stderr } = await piped([...words, "--json"]);
    assert.equal(code, 1, stderr);
    const answers = readAnswers(stdout);
    const end = answers.at(-1);
    assert.ok(end?.type === "leaks-now", stdout);
    checkWords(
      answers.filter((it): it is Answer<"holder"> => it.type === "holder"),
      wordOfHolder(holder.what),
    );
    const pidfds = 2 * (many.length + 2);
    assert.deepEqual([end.holders, end.pidfds, end.dead, end.missing], [2, pidfds, 2, []]);

    const text = await piped(words);
    assert.match(text.stdout, new RegExp(`^ *${pid} .*\\b${many.length + 2}\\b.*\\b1\\b`, "m"));
    // Nothing of it is left when it has gone; who shares its table is told to end by its end.
    await holder[Symbol.asyncDispose]();
    let after = await piped([...words, "--json"]);
    for (let looks = 1; after.code !== 0 && looks < LOOKS_MAX; looks += 1) {
      after = await piped([...words, "--json"]);
    }
    assert.deepEqual([after.code, readAnswers(after.stdout).length], [0, 1]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
