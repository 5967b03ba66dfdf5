import assert from "node:assert/strict";
import fc from "fast-check";
import { BOOT, checkArgv, encodeArgv, READY_LINE, REMOTE_COMMAND } from "./argv_frame.ts";
import { LocalHost } from "./local.ts";
import { run } from "./run.ts";

/** Shells that may be called sh on the far side. */
const SHELLS: readonly (readonly string[])[] = [["sh"], ["bash"], ["bash", "--posix"], ["busybox", "sh"]];
/** Words that a shell, printf, read or exec could take for something else. */
const WORDS: readonly string[] = [
  "",
  " ",
  "it's",
  'a "quoted" word',
  "$(id)",
  "`id`",
  "${HOME}",
  "a;b|c&d>e",
  "*",
  "~",
  "!x",
  "back\\slash\\n\\0101",
  "%s%d%",
  "-n",
  "--",
  "tab\tand\rreturn",
  "line\nfeed",
  "ends with line feeds\n\n",
  "\n",
  "é€😀\u{10ffff}",
  "\u0001\u001b\u007f\u0080\u009b",
  "x".repeat(100_000),
  "\\'".repeat(20_000),
];

/** What printf says, through the boot text as one shell runs it. */
async function printWords(shell: readonly string[], words: readonly string[]): Promise<readonly string[]> {
  const result = await run(new LocalHost(), [...shell, "-c", BOOT, "sh"], {
    input: encodeArgv(["printf", "%s\\0", ...words]),
  });
  assert.equal(result.stderr, "");
  assert.equal(result.code, 0);
  assert.ok(result.stdout.startsWith(READY_LINE));
  return result.stdout.slice(READY_LINE.length).split("\0").slice(0, -1);
}

for (const shell of SHELLS) {
  Deno.test(`BOOT hands over every word unchanged when it is run by ${shell.join(" ")}`, async () => {
    assert.deepEqual(await printWords(shell, WORDS), WORDS);
  });

  Deno.test(`BOOT leaves the rest of the input to the program when it is run by ${shell.join(" ")}`, async () => {
    const input = new Blob([encodeArgv(["cat"]), "a line\n.\nno line feed at the end"]);
    const result = await run(new LocalHost(), [...shell, "-c", BOOT, "sh"], { input: await input.bytes() });
    assert.equal(result.stdout, `${READY_LINE}a line\n.\nno line feed at the end`);
  });

  Deno.test(`BOOT passes on how the program ended when it is run by ${shell.join(" ")}`, async () => {
    const codeOf = async (...argv: string[]) =>
      (await run(new LocalHost(), [...shell, "-c", BOOT, "sh"], { input: encodeArgv(argv) })).code;
    assert.equal(await codeOf("sh", "-c", "exit 7"), 7);
    assert.equal(await codeOf("sh", "-c", "kill -9 $$"), 137);
    assert.equal(await codeOf("no such program"), 127);
    // Words of the shell's own are no programs.
    assert.equal(await codeOf("eval", "exit 7"), 127);
  });

  Deno.test(`BOOT starts nothing when its input is cut off and it is run by ${shell.join(" ")}`, async () => {
    const whole = encodeArgv(["printf", "%s", "word"]);
    for (const length of [0, 1, 8, whole.length - 1]) {
      const input = whole.subarray(0, length);
      const result = await run(new LocalHost(), [...shell, "-c", BOOT, "sh"], { input });
      assert.deepEqual([result.code, result.stdout], [125, ""]);
    }
  });
}

Deno.test("BOOT hands over any words unchanged", async () => {
  const word = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 12 }), async (words) => {
      assert.deepEqual(await printWords(["sh"], words), words);
    }),
    { numRuns: 60 },
  );
});

Deno.test("REMOTE_COMMAND has no character that a login shell changes between single quotes", () => {
  assert.match(REMOTE_COMMAND, /^exec sh -c '[^'\\!\n]+'$/);
  assert.match(REMOTE_COMMAND, /^[ -~]+$/);
});

Deno.test("encodeArgv() writes only plain characters when the words have any others", () => {
  assert.match(
    new TextDecoder().decode(encodeArgv(["printf", ...WORDS])),
    /^(a[A-Za-z0-9/_.,:=+\\-]*\n)+\.\n$/,
  );
});

Deno.test("checkArgv() throws when the words are no command", () => {
  for (const argv of [[], [""], ["-l"], ["--"], ["ls", "a\0b"], ["ls", "half \ud800"]]) {
    assert.throws(() => checkArgv(argv), TypeError);
    assert.throws(() => encodeArgv(argv), TypeError);
  }
  checkArgv(["ls", "-l", "", "--"]);
});
