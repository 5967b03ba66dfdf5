import assert from "node:assert/strict";
import { test } from "node:test";
import plugin from "./lint_plugin.ts";

/** One row: the file's name, its content, and the rules that must refuse it. */
type Row = readonly [file: string, source: string, refusedBy: readonly string[]];

const ERROR = ["error-message"];
const ARGUMENTS = ["exported-arguments-max"];
const STREAM = ["stream-direction"];
const LENGTH = ["function-length"];

const rows: readonly Row[] = [
  // Words of error messages.
  ["hosts/a.ts", `throw new HostError("Cannot read it: no such file", {});`, []],
  ["hosts/a.ts", `throw new HostError("cannot read it", {});`, ERROR],
  ["hosts/a.ts", `throw new HostError("read: not possible", {});`, ERROR],
  ["hosts/a.ts", `throw new HostError("Cannot read it.", {});`, ERROR],
  ["hosts/a.ts", `throw new Error("Can't read it");`, ERROR],
  ["hosts/a.ts", `throw new Error("Cannot read it: it’s gone");`, ERROR],
  ["hosts/a.ts", `throw new Error("Cannot run, saying \\"don't\\"");`, []],
  ["hosts/a.ts", `throw new Error("Cannot read the host's name");`, []],
  ["hosts/a.ts", `throw new TypeError("pidfd_open() is required, got nothing");`, []],
  ["hosts/a.ts", `throw new TypeError('"--pid" is required');`, []],
  ["hosts/a.ts", "throw new TypeError(`${name} is required`);", []],
  ["hosts/a.ts", "throw new TypeError(`cannot read ${name}`);", ERROR],
  ["hosts/a.ts", "throw new TypeError(`Cannot read ${name}.`);", ERROR],
  ["hosts/a.ts", "throw new TypeError(`Cannot read ` + `${name}.`);", ERROR],
  ["hosts/a.ts", "throw new TypeError(`Cannot read ${name}`, other);", []],
  ["hosts/a.ts", "throw new TypeError(message);", []],
  ["hosts/a.ts", `console.info(new Place("here."));`, []],

  // Parameters of exported functions.
  ["model/a.ts", "export function f(a: string, b: string) {}", []],
  ["model/a.ts", "export function f(a: string, b: string, options: Options = {}) {}", []],
  ["model/a.ts", "export function f(a: string, b: string, { c }: Options = {}) {}", []],
  ["model/a.ts", "export function f(a: string, b: string, hostOptions?: HostOptions) {}", []],
  ["model/a.ts", "export function f(a: string, b: string, c: string) {}", ARGUMENTS],
  ["model/a.ts", "export function f(a: string, b: string, options: string) {}", ARGUMENTS],
  ["model/a.ts", "export function f(a: A, b: B, c: C, options: Options) {}", ARGUMENTS],
  ["model/a.ts", "export const f = (a: A, b: B, c: C) => a;", ARGUMENTS],
  ["model/a.ts", "export default function (a: A, b: B, c: C) {}", ARGUMENTS],
  ["model/a.ts", "function f(a: A, b: B, c: C) {}", []],
  ["model/a.ts", "function f(a: A, b: B, c: C) {}\nexport { f };", ARGUMENTS],
  ["model/a.ts", "const f = (a: A, b: B, c: C) => a;\nexport { f as g };", ARGUMENTS],
  ["model/a.ts", "function f(a: A, b: B, c: C) {}\nexport default f;", ARGUMENTS],
  ["model/a.ts", `export { f } from "./f.ts";`, []],

  // Direction of imports.
  ["model/a.ts", `import { b } from "./b.ts";`, []],
  ["model/a.ts", `import { b } from "../events/b.ts";`, []],
  ["model/rules/a.ts", `import { b } from "../../events/b.ts";`, []],
  ["model/a.ts", `import { b } from "../reports/b.ts";`, STREAM],
  ["model/a.ts", `import type { B } from "../reports/b.ts";`, STREAM],
  ["model/a.ts", `export { b } from "../reports/b.ts";`, STREAM],
  ["model/a.ts", `export * from "../reports/b.ts";`, STREAM],
  ["model/a.ts", `const b = await import("../reports/b.ts");`, STREAM],
  ["model/a.ts", `type B = import("../reports/b.ts").B;`, STREAM],
  ["model/a.ts", `import { b } from "@trace-clone/trace-clone/events";`, []],
  ["model/a.ts", `import { b } from "@trace-clone/trace-clone/reports";`, STREAM],
  ["model/a.ts", `import { b } from "@trace-clone/trace-clone";`, STREAM],
  ["model/a.ts", `import { b } from "../mod.ts";`, STREAM],
  ["model/a.ts", `import { b } from "../scripts/b.ts";`, STREAM],
  ["model/a.ts", `import { b } from "../other/b.ts";`, STREAM],
  ["other/a.ts", `import { b } from "../model/b.ts";`, STREAM],
  ["model/a.ts", `import { b } from "../events/_b.ts";`, STREAM],
  ["model/a_test.ts", `import { b } from "../events/_b.ts";`, []],
  ["model/a.ts", `import { b } from "../../elsewhere/b.ts";`, STREAM],
  ["model/a.ts", `import { b } from "fast-check";`, []],
  ["model/a_test.ts", `import { b } from "../tests/support/b.ts";`, []],
  ["model/a.ts", `import { b } from "../tests/support/b.ts";`, STREAM],
  ["model/a_test.ts", `import { b } from "../tests/oracle.ts";`, STREAM],
  ["hosts/guest.ts", `import { b } from "../lab/b.ts";`, []],
  ["hosts/local.ts", `import { b } from "../lab/b.ts";`, STREAM],
  ["model/a.ts", `import { b } from "../lab/b.ts";`, STREAM],
  ["lab/a.ts", `import { b } from "../hosts/host.ts";`, []],
  ["lab/a.ts", `import { b } from "../kernel/b.ts";`, STREAM],
  ["lab/a.ts", `import { b } from "../scripts/b.ts";`, STREAM],
  ["mod.ts", `export { b } from "./reports/mod.ts";`, []],
  ["mod.ts", `export { b } from "./lab/mod.ts";`, STREAM],
  ["mod.ts", `export { b } from "./scripts/b.ts";`, STREAM],
  ["scripts/a.ts", `import { b } from "../reports/b.ts";\nimport { c } from "../lab/c.ts";`, []],
  ["tests/a_test.ts", `import { b } from "../scripts/cli/b.ts";`, []],
  ["bench/a_bench.ts", `import { b } from "../mod.ts";`, []],

  // Length of functions.
  ["model/a.ts", `function f() {${"\n".repeat(69)}}`, []],
  ["model/a.ts", `function f() {${"\n".repeat(70)}}`, LENGTH],
  ["model/a.ts", `class A { f() {${"\n".repeat(70)}} }`, LENGTH],
  ["model/a.ts", `const f = () => {${"\n".repeat(70)}};`, LENGTH],
  ["model/a_test.ts", `describe("f()", () => {${"\n".repeat(70)}});`, []],
  ["model/a_test.ts", `test("f()", () => {${"\n".repeat(70)}});`, LENGTH],
];

test("every rule refuses what it forbids and nothing else", () => {
  for (const [file, source, refusedBy] of rows) {
    const found = Deno.lint.runPlugin(plugin, file, source).map((diagnostic) => diagnostic.id);
    assert.deepEqual(found, refusedBy.map((rule) => `trace-clone/${rule}`), `${file}: ${source}`);
  }
});

test("every rule is refused by at least one row", () => {
  const exercised = new Set(rows.flatMap(([, , refusedBy]) => refusedBy));
  assert.deepEqual([...exercised].sort(), Object.keys(plugin.rules).sort());
});

test("stream-direction names both files and the reason", () => {
  const source = `import { b } from "../reports/b.ts";`;
  const [diagnostic] = Deno.lint.runPlugin(plugin, "model/a.ts", source);
  assert.equal(
    diagnostic?.message,
    `"model/a.ts" may not import "../reports/b.ts": ` +
      `"reports/" comes after "model/": this import goes against the stream`,
  );
});
