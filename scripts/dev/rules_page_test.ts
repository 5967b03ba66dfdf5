import assert from "node:assert/strict";
import { ATTEMPTS, CONFIRM_RULES, FIXES } from "../../model/mod.ts";
import { CLONE_WATCH } from "../../tracers/mod.ts";
import { rulesPage } from "./rules_page.ts";

Deno.test("rulesPage() has every rule with all of its fields, every stimulus and every fix", () => {
  const page = rulesPage();
  const parts = page.split(/^## /m);
  for (const rule of CONFIRM_RULES) {
    const part = parts.find((it) => it.startsWith(`${rule.id}\n`)) ?? "";
    const names = [
      "Why",
      "Since",
      "Stimuli",
      "Smallest counter-example",
      "Undetermined, apart from lost records",
    ];
    for (const name of names) assert.match(part, new RegExp(`^- ${name}: .+\\.$`, "m"), rule.id);
    assert.equal(/^- Until: /m.test(part), rule.until !== undefined, rule.id);
    for (const witness of Object.keys(rule.witnesses)) {
      const necessary = rule.necessary.some((it) => it === witness) ? "necessary" : "not necessary";
      assert.match(part, new RegExp(`^- ${witness}, [^(]*\\(${necessary}\\): .+\\.$`, "m"), rule.id);
    }
  }
  for (const { name, risk } of ATTEMPTS) {
    assert.match(page, new RegExp(`^\\| \`${name}\`( \\*)? \\| ${risk} \\|`, "m"));
  }
  for (const { commit } of Object.values(FIXES)) assert.match(page, new RegExp(`^- ${commit}: `, "m"));
});

Deno.test("rulesPage() says of each function that is watched what its numbers are", () => {
  const steps = rulesPage().split("## Steps")[1] ?? "";
  for (const name of CLONE_WATCH) assert.ok(steps.includes(`\`${name}\``), name);
});
