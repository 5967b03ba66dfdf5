import assert from "node:assert/strict";
import { test } from "node:test";
import { readRepository } from "../scripts/dev/repository_files.ts";
import { tidy } from "../scripts/dev/tidy.ts";

/** One row: files by path, and for each expected problem a part of it. */
type Row = readonly [files: Readonly<Record<string, string>>, expected: readonly RegExp[]];

/** Puts a banned text together, so that it does not stand in this file. */
function glue(...parts: readonly string[]): string {
  return parts.join("");
}

const rows: readonly Row[] = [
  // Length.
  [{ "a_test.ts": "\n".repeat(400) }, []],
  [{ "a_test.ts": "\n".repeat(401) }, [/401 lines/]],
  [{ "lab/a.c": "\n".repeat(401) }, [/401 lines/]],
  [{ "tests/goldens/a.c": "\n".repeat(401) }, []],
  [{ "docs/a.md": `# A\n${"\n".repeat(401)}` }, []],

  // Banned text.
  [{ "a_test.ts": glue("// TO", "DO: later") }, [/Line 1 has "TO.*: do it/]],
  [{ "docs/a.md": glue("# A\n\nFIX", "ME") }, [/Line 3/]],
  [{ "a_test.ts": "const todos = 1;" }, []],
  [{ "a_test.ts": glue("test.on", "ly('x')") }, [/run all tests/]],
  [{ "a_test.ts": glue("{ ign", "ore: true }") }, [/nothing is skipped/]],
  [{ "a_test.ts": glue("test.sk", "ip('x')") }, [/nothing is skipped/]],
  [{ "a_test.ts": glue("test('x', (t) => t.sk", "ip());") }, [/nothing is skipped/]],
  [{ "a_test.ts": glue('import a from "ht', 'tps://x/a.ts";') }, [/npm package/]],
  [{ "a_test.ts": glue('await import("j', 'sr:@a/b")') }, [/npm package/]],
  [{ "a_test.ts": 'const home = "https://example.org";' }, []],
  [{ "deno.json": glue('{ "a": "j', 'sr:@a/b" }\n').replace(" }", "\n}") }, [/npm package/]],
  [{ "scripts/a.sh": glue("deno run -", "A x.ts") }, [/name the permissions/]],
  [{ "scripts/a.sh": "grep -A 3 x" }, []],
  [{ "docs/a.md": glue("# A\n\n`deno run --allow-", "all x`") }, [/name the permissions/]],
  [{ "lab/a.c": glue("// SPDX-License-Identifier: G", "PL-2.0") }, [/own words/]],
  [{ "lab/a.c": glue("EXPORT_SYM", "BOL_GPL(f);") }, [/own words/]],
  [{ "lab/a.c": "// SPDX-License-Identifier: MIT" }, []],

  // Markdown.
  [{ "docs/a.md": "# A\n" }, []],
  [{ "docs/a.md": "text\n" }, [/0 titles/]],
  [{ "docs/a.md": "# A\n\n# B\n" }, [/2 titles/]],
  [{ "docs/a.md": "# A\n\n```sh\n# a comment\n[x](gone.md)\n```\n" }, []],
  [{ "docs/a.md": "# A\n\n[b](b.md) [c](../c.md#d-e) [f](#a)\n", "docs/b.md": "# B", "c.md": "# D, e" }, []],
  [{ "docs/a.md": "# A\n\n[b](b.md)\n" }, [/"b.md" leads nowhere/]],
  [{ "docs/a.md": "# A\n\n[b]\n\n[b]: ../b.md\n" }, [/leads nowhere/]],
  [{ "docs/a.md": "# A\n\n[b](b.md#none)\n", "docs/b.md": "# B" }, [/no heading/]],
  [{ "docs/a.md": "# A\n\n[top](../) [docs](.) [web](https://example.org) `[x](y)`\n" }, []],

  // mod.ts.
  [{ "deno.json": "./model/mod.ts", "model/mod.ts": 'export { a } from "./a.ts";', "model/a.ts": "" }, []],
  [{ "deno.json": "model/mod.ts model/a.ts", "model/mod.ts": "", "model/a.ts": "" }, [/from "\.\/a\.ts"/]],
  [{ "deno.json": "model/a.ts", "model/a.ts": "" }, [/has no mod\.ts/]],
  [{ "deno.json": "model/mod.ts", "model/mod.ts": glue("export", ' * from "./a.ts";'), "model/a.ts": "" }, [
    /name what/,
    /Nothing is re-exported/,
  ]],
  [{
    "deno.json": "model/mod.ts",
    "model/mod.ts": 'export {\n  type A,\n  b,\n} from "./a.ts";',
    "model/a.ts": 'import "./_b.ts";',
    "model/a_test.ts": "",
    "model/_b.ts": "",
  }, []],

  // Files that nothing needs.
  [{ "scripts/a.ts": "" }, [/use it or remove it/]],
  [{ "scripts/a.ts": "", "scripts/a_test.ts": 'import "./a.ts";' }, [/use it or remove it/]],
  [{ "scripts/a.ts": "", "tests/a_test.ts": 'import "../scripts/a.ts";' }, []],
  [{ "scripts/a.ts": ' * import "./a.ts";' }, [/use it or remove it/]],
  [{ "scripts/a.ts": "", "deno.json": '"deno run scripts/a.ts"' }, []],
  [{ "scripts/a.ts": "", ".ci/run": "deno run scripts/a.ts" }, []],
];

test("tidy() finds what is wrong and nothing else", () => {
  for (const [contents, expected] of rows) {
    const files = Object.entries(contents).map(([path, text]) => ({ path, text }));
    const found = tidy(files).map((problem) => `${problem.path}: ${problem.message}`);
    const row = `${JSON.stringify(contents).slice(0, 200)}\ngave ${JSON.stringify(found)}`;
    assert.equal(found.length, expected.length, row);
    for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? "", pattern, row);
  }
});

test("tidy() finds nothing in this repository", async () => {
  const files = await readRepository();
  assert.ok(files.length > 0);
  const problems = tidy(files).map(({ path, message }) => `${path}: ${message}`);
  assert.deepEqual(problems, [], `\n${problems.join("\n")}\n`);
});
