import assert from "node:assert/strict";
import { BENCH_TASKS, BUDGETS, budgetsOf } from "./budgets.ts";
import { PAGE, type Part, tableLines, updatePage } from "./page.ts";

const PART: Part = {
  task: "bench",
  on: "",
  command: "deno task bench",
  facts: ["date: today"],
  measurements: {
    "ndjson-rate": { kind: "measured", value: 0.4, detail: "a | b" },
    "replay-rss": { kind: "not measured", reason: "no memory" },
  },
  notes: ["a note"],
  whole: true,
};

Deno.test("budgetsOf() gives each budget to one task", () => {
  const ids = BENCH_TASKS.flatMap((task) => budgetsOf(task).map(([id]) => id));
  assert.deepEqual(ids.toSorted(), Object.keys(BUDGETS).toSorted());
});

Deno.test("tableLines() has a row for each budget, measured or not", () => {
  const lines = tableLines(PART);
  const cells = lines.map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
  assert.ok(cells.every((it) => it.length === 5));
  assert.deepEqual(cells.slice(2).map((it) => it[3]), [
    "not measured",
    "missed",
    "not measured",
    "not measured",
  ]);
  assert.deepEqual(cells[3]?.slice(1), ["≥ 0.5×", "0.400×", "missed", "a \\| b"]);
  assert.deepEqual(cells[5]?.slice(2), ["–", "not measured", "no memory"]);
});

Deno.test("updatePage() begins a page with one title", () => {
  const page = updatePage("", PART);
  assert.equal(page.match(/^# /gm)?.length, 1);
  assert.match(page, /\n## bench\n\n`deno task bench`\n\n- date: today\n/);
});

Deno.test("updatePage() writes its own part and leaves the others as they are", () => {
  const lab = { ...PART, task: "bench:lab", on: "6.12", measurements: {} } as const;
  const older = { ...lab, on: "6.1" } as const;
  const page = [PART, lab, older].reduce(updatePage, "");
  const changed = updatePage(page, { ...lab, facts: ["date: tomorrow"] });
  assert.equal(changed, page.replace(/(bench:lab 6\.12 -->[\s\S]*?)date: today/, "$1date: tomorrow"));
  assert.equal(updatePage(changed, lab), page);
});

Deno.test("updatePage() refuses a page whose part has no end", () => {
  const page = updatePage(updatePage("", PART), { ...PART, task: "bench:lab", on: "6.12" });
  assert.throws(() => updatePage(page.replace("<!-- end -->\n", ""), PART), /has no end/);
});

Deno.test("the page of this repository has every budget as it is now", async () => {
  const page = await Deno.readTextFile(new URL(`../${PAGE}`, import.meta.url));
  for (const { what } of Object.values(BUDGETS)) assert.ok(page.includes(`| ${what} |`), what);
});
