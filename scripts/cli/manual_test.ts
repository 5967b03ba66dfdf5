import assert from "node:assert/strict";
import { parse } from "@optique/core/parser";
import type { Usage } from "@optique/core/usage";
import { grammar } from "./grammar.ts";
import { EXAMPLE_PREFIX, manual, pageName } from "./manual.ts";
import type { ManualPage } from "./manual.ts";
import { roffPage, roffText } from "./roff.ts";

const TOP = manual();
const PAGES = [TOP, ...TOP.commands];

/** A page and every command inside of it. */
function parts(page: ManualPage): readonly ManualPage[] {
  return [page, ...page.commands.flatMap(parts)];
}

/** Every name of an option, anywhere in the grammar. */
function optionNames(usage: Usage): readonly string[] {
  return usage.flatMap((term) => {
    if (term.type === "option") return [...term.names];
    if (term.type === "exclusive") return term.terms.flatMap(optionNames);
    return "terms" in term ? optionNames(term.terms) : [];
  });
}

Deno.test("manual() tells every option of the grammar, and explains it", () => {
  const told = new Set(parts(TOP).flatMap(({ options }) => options.flatMap(({ term }) => term.split(/,? /))));
  const names = optionNames(grammar.usage);
  assert.ok(names.includes("--json"));
  for (const name of names) assert.ok(told.has(name), name);
  for (const page of parts(TOP)) {
    assert.match(page.brief, /^[A-Z].*\.$/s, pageName(page));
    for (const { term, text } of page.options) assert.match(text, /^\S.*\.$/s, `${pageName(page)} ${term}`);
  }
});

Deno.test("manual() has examples for every command, and the grammar reads each of them", () => {
  for (const page of parts(TOP)) {
    assert.ok(page.examples.length > 0, `${pageName(page)} has no example`);
    for (const { line, text } of page.examples) {
      assert.ok(line.startsWith(EXAMPLE_PREFIX) && text !== "", line);
      const words = line.slice(EXAMPLE_PREFIX.length).split(" ");
      const dashes = words.indexOf("--");
      const own = (dashes < 0 ? words : words.slice(0, dashes)).filter((it) => it !== "--help");
      // A group of commands such as "lab" is no command line of its own, but shows its help.
      if (own.length < words.length && dashes < 0) continue;
      const result = parse(grammar, own);
      assert.ok(result.success, line);
    }
  }
});

Deno.test("manual() says how every command is called", () => {
  for (const page of parts(TOP)) {
    assert.ok(page.synopsis.length > 0);
    for (const line of page.synopsis) {
      assert.ok(line.startsWith(["trace-clone", ...page.words].join(" ")), line);
    }
  }
});

/** Starts a program that reads a page; its words, on either output, are what is wrong with the page. */
async function reader(words: readonly [string, ...string[]], text: string): Promise<string> {
  const [program, ...args] = words;
  const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  assert.equal(decoder.decode(stderr), "");
  return decoder.decode(stdout);
}

Deno.test("roffPage() gives pages that groff reads without a warning, with everything in it", async () => {
  for (const page of PAGES) {
    const text = roffPage(page, { version: "1.2.3", siblings: PAGES.filter((it) => it !== page) });
    const shown = await reader(["groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rLL=500n"], text);
    for (
      const title of ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "EXIT STATUS", "EVENTS", "SEE ALSO"]
    ) {
      assert.match(shown, new RegExp(`^${title}$`, "m"), pageName(page));
    }
    for (const { term } of page.options) assert.ok(shown.includes(term), `${pageName(page)} ${term}`);
    for (const { line } of page.examples) assert.ok(shown.includes(line), line);
  }
});

Deno.test("roffText() prints any text as it is", async () => {
  const hostile = [
    ".so /etc/passwd",
    "'br",
    "\\*(xx \\fBb",
    "a-b --c",
    `"q" 'q' \`q\``,
    "^~ \\",
    "x\n.sp 9",
    "\\&.z",
  ];
  const lines = hostile.flatMap((it) => [roffText(it), ".br"]);
  const page = `.TH A 1 "" "a" "b"\n.SH NAME\na \\- b\n.SH TEXT\n${lines.join("\n")}\n`;
  const shown = await reader(["groff", "-man", "-ww", "-Tascii", "-P-cbou"], page);
  for (const text of hostile) {
    assert.ok(shown.includes(`       ${text.replace("\n", " ")}\n`), `${text}\n${shown}`);
  }
  assert.equal(roffText("é"), "\\[u00E9]");
});
