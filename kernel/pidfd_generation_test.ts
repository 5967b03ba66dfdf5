import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBtf, type FixtureType } from "./_btf_fixture.ts";
import { type Btf, parseBtf } from "./btf.ts";
import { parseKallsyms } from "./kallsyms.ts";
import { known, notKnown } from "./known.ts";
import { GENERATION_SYMBOLS, type PidfdGeneration, pidfdGeneration } from "./pidfd_generation.ts";
import { Symbols } from "./symbols.ts";

/** The symbols of a kernel, as "type name" words. */
function withSymbols(words: string, btf?: Btf): PidfdGeneration {
  const lines = words.split(",").map((word, index) => `ffff${index}000 ${word.trim()}`);
  const symbols = new Symbols({
    names: GENERATION_SYMBOLS,
    kallsyms: known(parseKallsyms(words === "" ? [] : lines)),
    filterFunctions: notKnown("No tracefs"),
  });
  return pidfdGeneration(symbols, btf);
}

function withoutSymbols(btf: Btf | undefined): PidfdGeneration {
  const hidden = notKnown<never>("Cannot read it");
  const symbols = new Symbols({ names: GENERATION_SYMBOLS, kallsyms: hidden, filterFunctions: hidden });
  return pidfdGeneration(symbols, btf);
}

/** BTF with these members in struct pid, these functions, and these other structs. */
function btfWith(
  members: readonly string[],
  functions: readonly string[],
  structs: readonly string[] = [],
): Btf {
  const types: FixtureType[] = [
    { kind: "int", name: "int", size: 4 },
    {
      kind: "struct",
      name: "pid",
      size: 99,
      members: members.map((name, i) => ({ name, type: 1, bits: 32 * i })),
    },
    { kind: "proto", returns: 1, parameters: [] },
    ...functions.map((name) => ({ kind: "func", name, type: 3 } as const)),
    ...structs.map((name) => ({ kind: "struct", name, size: 4, members: [] } as const)),
  ];
  return parseBtf(encodeBtf(types));
}

const PIDFS = "T pidfs_alloc_file, t pidfs_evict_inode, T pidfd_prepare, t pidfd_show_fdinfo, t pidfd_poll";
const ANON = "t pidfd_release, t pidfd_show_fdinfo, t pidfd_poll, D pidfd_fops";
const CALLS = "T __x64_sys_pidfd_open, T __x64_sys_clone3";

test("pidfdGeneration() tells each generation from its symbols", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    [
      "G6",
      "per-inode",
      `t pidfs_file_release, T pidfs_free_pid, T pidfs_register_pid_gfp, ${PIDFS}, ${CALLS}`,
    ],
    ["G5", "per-inode", `T pidfs_free_pid, T pidfs_register_pid, ${PIDFS}, ${CALLS}`],
    ["G4", "per-inode", `T pidfs_register_pid, ${PIDFS}, ${CALLS}`],
    ["G3", "per-inode", `${PIDFS}, ${CALLS}`],
    ["G2", "per-file", `T pidfd_prepare, t __pidfd_prepare, T pidfd_create, ${ANON}, ${CALLS}`],
    ["G1b", "per-file", `T pidfd_create, ${ANON}, ${CALLS}`],
    ["G1", "per-file", `t pidfd_create, ${ANON}, ${CALLS}`],
    ["G1", "per-file", `${ANON}, T __arm64_sys_pidfd_open, T __arm64_sys_clone3`],
    ["G0", "per-file", `t pidfd_create, t pidfd_release, t pidfd_show_fdinfo, D pidfd_fops`],
    ["G0", "per-file", `t pidfd_create, t pidfd_create, ${ANON}, T __arm64_sys_pidfd_open`],
  ];
  for (const [generation, law, symbols] of rows) {
    const found = withSymbols(symbols);
    assert.deepEqual(
      [found.generation, found.law, found.pidfds.kind],
      [generation, law, "supported"],
      symbols,
    );
    assert.deepEqual(found.candidates, [generation]);
    assert.ok(found.reasons.length > 0);
  }
});

test("pidfdGeneration() finds a function that the compiler left only as a clone", () => {
  assert.equal(withSymbols(`t pidfs_free_pid.isra.0, ${PIDFS}, ${CALLS}`).generation, "G5");
});

test("pidfdGeneration() says what decided", () => {
  const { reasons } = withSymbols(`${PIDFS}, ${CALLS}`);
  assert.deepEqual(reasons, [
    "pidfs_file_release does not exist",
    "pidfs_free_pid does not exist",
    "pidfs_register_pid and pidfs_register_pid_gfp do not exist",
    "pidfs_alloc_file is among the symbols",
    "pidfs_evict_inode is among the symbols",
  ]);
});

test("pidfdGeneration() leaves the seed and 5.2 open when the compiler inlined what tells them apart", () => {
  const found = withSymbols("t pidfd_release, t pidfd_show_fdinfo, D pidfd_fops");
  assert.deepEqual([found.generation, found.candidates, found.law], [undefined, ["G1", "G0"], "per-file"]);
  assert.equal(found.reasons.at(-1), "Nothing that could be read tells G1 from G0");
});

test("pidfdGeneration() says that a kernel without any pidfd symbol has none", () => {
  const found = withSymbols("");
  assert.deepEqual([found.pidfds.kind, found.generation, found.candidates, found.law], [
    "unsupported",
    undefined,
    [],
    "unknown",
  ]);
});

test("pidfdGeneration() gives every generation and no law when nothing can be read", () => {
  const found = withoutSymbols(undefined);
  assert.equal(found.pidfds.kind, "unknown");
  assert.deepEqual(found.candidates, ["G6", "G5", "G4", "G3", "G2", "G1b", "G1", "G0"]);
  assert.equal(found.law, "unknown");
});

test("pidfdGeneration() narrows by BTF alone when the symbols are hidden", () => {
  const g6 = withoutSymbols(
    btfWith(["count", "stashed", "attr"], ["pidfs_file_release", "pidfs_alloc_file"]),
  );
  assert.deepEqual([g6.generation, g6.law], ["G6", "per-inode"]);

  const g5 = withoutSymbols(btfWith(["count", "stashed", "attr"], ["pidfs_alloc_file"]));
  assert.deepEqual([g5.candidates, g5.law], [["G6", "G5"], "per-inode"]);

  const g3 = withoutSymbols(btfWith(["count", "stashed"], ["pidfs_alloc_file"]));
  assert.deepEqual([g3.candidates, g3.law], [["G4", "G3"], "per-inode"]);

  const functions = ["pidfd_release", "pidfd_show_fdinfo", "pidfd_create"];
  const g1 = withoutSymbols(btfWith(["count"], functions, ["kernel_clone_args"]));
  assert.deepEqual([g1.candidates, g1.law], [["G2", "G1b", "G1"], "per-file"]);
});

test("pidfdGeneration() takes pid->attr for G5 when pidfs_free_pid was inlined", () => {
  assert.equal(withSymbols(`${PIDFS}, ${CALLS}`, btfWith(["stashed", "attr"], [])).generation, "G5");
});

test("pidfdGeneration() gives the per-file law to a 6.9 that was built without pidfs", () => {
  const found = withSymbols(`T pidfs_alloc_file, T pidfd_prepare, ${ANON}, ${CALLS}`, btfWith(["count"], []));
  assert.deepEqual([found.generation, found.law], ["G3", "per-file"]);
});

test("pidfdGeneration() gives no law when pidfs_alloc_file is all that is seen of pidfs", () => {
  const found = withSymbols(`T pidfs_alloc_file, T pidfd_prepare, ${CALLS}`);
  assert.deepEqual([found.generation, found.law], ["G3", "unknown"]);
});

test("pidfdGeneration() throws when the symbols were read without those that it needs", () => {
  const symbols = new Symbols({ names: ["put_pid"], kallsyms: known([]), filterFunctions: known(new Set()) });
  assert.throws(() => pidfdGeneration(symbols, undefined), RangeError);
});
