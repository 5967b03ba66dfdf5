import assert from "node:assert/strict";
import fc from "fast-check";
import {
  durationValue,
  globExpression,
  globText,
  globValue,
  pathValue,
  programValue,
  rulesValue,
  sizeValue,
  targetValue,
} from "./values.ts";

Deno.test("durationValue() reads a number with a unit, and takes a bare one as seconds", () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ["30s", 30_000],
    ["5m", 300_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["7", 7000],
    ["0.25", 250],
    ["24h", 86_400_000],
    ["25h", undefined],
    ["0", undefined],
    ["0s", undefined],
    ["-1s", undefined],
    ["1e3", undefined],
    ["30x", undefined],
    ["s", undefined],
    ["", undefined],
    [" 1s", undefined],
    ["1s\n", undefined],
    ["1d", undefined],
  ];
  for (const [text, expected] of rows) {
    const result = durationValue().parse(text);
    assert.equal(result.success ? result.value : undefined, expected, JSON.stringify(text));
  }
});

Deno.test("durationValue() prints what it reads", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 86_400_000 }), (ms) => {
    assert.deepEqual(durationValue().parse(durationValue().format(ms)), { success: true, value: ms });
  }));
});

Deno.test("globExpression() lets * and ? be wild, and nothing else", () => {
  const rows: readonly (readonly [glob: string, matches: readonly string[], others: readonly string[]])[] = [
    ["sh", ["sh"], ["bash", "sh ", "SH", ""]],
    ["*sh", ["sh", "bash", "a\nsh"], ["shh"]],
    ["k?orker", ["kworker", "k?orker", "k😀orker"], ["korker", "kwworker"]],
    ["a.b", ["a.b"], ["axb"]],
    ["[x]", ["[x]"], ["x"]],
    ["^a$|(b){2}+\\/-", ["^a$|(b){2}+\\/-"], ["a", "bb"]],
    ["", [""], ["a"]],
    ["*", ["", "a\nb"], []],
  ];
  for (const [glob, matches, others] of rows) {
    for (const text of matches) assert.match(text, globExpression(glob), `${glob} ${text}`);
    for (const text of others) assert.doesNotMatch(text, globExpression(glob), `${glob} ${text}`);
  }
});

Deno.test("globExpression() matches every text that has no wild character, and only itself", () => {
  const plain = fc.string({ maxLength: 15 }).map((it) => it.replaceAll(/[*?]/g, "."));
  fc.assert(fc.property(plain, plain, (glob, text) => {
    assert.match(glob, globExpression(glob));
    assert.equal(globExpression(glob).test(text), glob === text);
    const result = globValue().parse(glob);
    // Nothing has an empty comm: a filter that lets nothing through is a mistake.
    assert.ok(result.success ? result.value.test(glob) : glob === "");
  }));
});

Deno.test("targetValue() reads a target, and says what would be one", () => {
  const read = (text: string) => targetValue().parse(text);
  assert.deepEqual(read("local"), { success: true, value: { kind: "local", name: "local" } });
  const lab = read("lab:6.12");
  assert.ok(lab.success && lab.value.kind === "lab" && targetValue().format(lab.value) === "lab:6.12");
  for (const [text, words] of [["labb", "lab:KERNEL"], ["lab:9.99", "6.12"], ["", "local"]] as const) {
    const result = read(text);
    assert.ok(!result.success && JSON.stringify(result.error).includes(words), text);
  }
});

Deno.test("pathValue() and programValue() take any name, but not what cannot be one", () => {
  const rows: readonly (readonly [text: string, path: boolean, program: boolean])[] = [
    ["/opt/b c/bpftrace", true, true],
    ["\n", true, true],
    ["-x", true, false],
    ["", false, false],
  ];
  for (const [text, path, program] of rows) {
    assert.equal(pathValue("FILE").parse(text).success, path, text);
    assert.equal(programValue().parse(text).success, program, text);
    assert.equal(pathValue("PATH").format(text), text);
  }
});

Deno.test("globText() gives back every shell pattern", () => {
  const glob = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[a*?.\\/\n\r\u2028[\]$]{0,8}$/));
  fc.assert(fc.property(glob, (it) => assert.equal(globText(globExpression(it)), it)), { numRuns: 2000 });
});

Deno.test("sizeValue() reads a number of bytes with a unit of either case, and no small one", () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ["512K", 524_288],
    ["512k", 524_288],
    ["1.5M", 1_572_864],
    ["2G", 2_147_483_648],
    ["1000000", 1_000_000],
    ["511K", undefined],
    ["0", undefined],
    ["-1M", undefined],
    ["1MB", undefined],
    ["1e9", undefined],
    ["99999999999G", undefined],
    ["M", undefined],
    ["", undefined],
    [" 1M", undefined],
    ["1M\n", undefined],
  ];
  for (const [text, expected] of rows) {
    const result = sizeValue().parse(text);
    assert.equal(result.success ? result.value : undefined, expected, JSON.stringify(text));
  }
});

Deno.test("rulesValue() reads ids in any case, in the order of the rules and each once", () => {
  const rows: readonly (readonly [string, readonly string[] | undefined])[] = [
    ["R5", ["R5"]],
    ["r5,R1 , r5", ["R1", "R5"]],
    ["r4A,R4B", ["R4a", "R4b"]],
    ["R4", undefined],
    ["R5,", undefined],
    ["", undefined],
    ["R5 R6", undefined],
  ];
  for (const [text, expected] of rows) {
    const result = rulesValue().parse(text);
    assert.deepEqual(result.success ? result.value : undefined, expected, JSON.stringify(text));
  }
});

Deno.test("rulesValue() completes the id behind the last comma", () => {
  const suggested = [...rulesValue().suggest?.("R5,r4") ?? []];
  assert.deepEqual(suggested, ["R5,R4a", "R5,R4b"].map((text) => ({ kind: "literal", text })));
});
