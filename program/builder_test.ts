import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyText } from "../tests/support/any_text.ts";
import {
  argument,
  builtin,
  cast,
  clear,
  DIALECTS,
  fentry,
  fexit,
  field,
  increment,
  int,
  kaddr,
  kprobe,
  let_,
  load,
  loadUser,
  lookup,
  positional,
  probe,
  remove,
  renderProgram,
  set,
  tracepoint,
  variable,
} from "./mod.ts";

const key = int(1);
const CONFIG = { perfRbPages: 64, maxMapKeys: 16, onStackLimit: 256 };

/** Every constructor that takes a word, by what the word is. */
const NAMES: Readonly<Record<string, (word: string) => unknown>> = {
  argument,
  builtin,
  variable,
  clear,
  lookup: (word) => lookup(word, key),
  let_: (word) => let_(word, key),
  set: (word) => set(word, key, key),
  increment: (word) => increment(word, key),
  remove: (word) => remove(word, key),
  "tracepoint category": (word) => tracepoint(word, "x"),
  "tracepoint name": (word) => tracepoint("x", word),
};
const SYMBOLS: Readonly<Record<string, (word: string) => unknown>> = { kaddr, fentry, fexit, kprobe };
const TYPES: Readonly<Record<string, (word: string) => unknown>> = {
  cast: (word) => cast(word, key),
  load: (word) => load(word, key),
  loadUser: (word) => loadUser(word, key),
};
const PATHS: Readonly<Record<string, (word: string) => unknown>> = { field: (word) => field(key, word) };

/** Words that nothing takes. */
const BAD = [
  "",
  " ",
  "a b",
  'a"b',
  "a'b",
  "a`b",
  "a\nb",
  "a\n",
  "\na",
  "a;b",
  "a/*b",
  "a//b",
  "a)b",
  "a{b",
  "a}b",
  "a[b",
  "a,b",
  "a\\b",
  "a\0b",
  "$a",
  "@a",
  "1a",
  "a-b",
  "a*",
  "*",
  "a:b",
  "ä",
  "a\u202eb",
  'system("x")',
];

test("builder refuses words that could become code", () => {
  for (const [name, build] of Object.entries({ ...NAMES, ...SYMBOLS, ...TYPES, ...PATHS })) {
    for (const word of BAD) {
      assert.throws(
        () => build(word),
        { name: "TypeError", message: /^Cannot put an? / },
        `${name}(${word})`,
      );
    }
  }
});

test("builder refuses what belongs elsewhere: dots in names, pointers to pointers, paths without a first step", () => {
  const rows: readonly (readonly [Readonly<Record<string, (word: string) => unknown>>, readonly string[]])[] =
    [
      [NAMES, ["a.b", "struct a", "->a"]],
      [SYMBOLS, ["a..b", ".a", "a.", "struct a", "->a"]],
      [TYPES, ["struct  a", "struct a**", "struct a *  ", "union a", "a.b"]],
      [PATHS, ["a", "->", ".", "->a.", "->a[]", "->a[-1]", "->a[1000]", "->a[i]", "->a ->b", "->a->b;"]],
    ];
  for (const [builders, words] of rows) {
    for (const [name, build] of Object.entries(builders)) {
      for (const word of words) assert.throws(() => build(word), TypeError, `${name}(${word})`);
    }
  }
});

test("builder takes the words that programs need", () => {
  const rows: readonly (readonly [Readonly<Record<string, (word: string) => unknown>>, readonly string[]])[] =
    [
      [NAMES, ["pid", "arg0", "_x", "task_records"]],
      [SYMBOLS, ["put_pid", "put_pid.part.0", "__x64_sys_pidfd_open", "f.isra.0.cold"]],
      [TYPES, ["uint64", "struct pid *", "struct pid", "int32"]],
      [PATHS, ["->a", ".a", "->count.refs.counter", "->tasks[0].first", "->signal->pids[1]"]],
    ];
  for (const [builders, words] of rows) {
    for (const build of Object.values(builders)) for (const word of words) build(word);
  }
});

test("int() takes 64 bits and refuses numbers that are not whole", () => {
  assert.deepEqual(int(2n ** 64n - 1n), { kind: "integer", value: 2n ** 64n - 1n });
  for (const value of [0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => int(value), { name: "RangeError", message: /must be a safe integer, got/ });
  }
});

test("positional() counts from 1", () => {
  assert.deepEqual(positional(2), { kind: "positional", index: 2 });
  for (const index of [0, -1, 1.5, NaN]) assert.throws(() => positional(index), RangeError);
});

test("builder lets no random word through that is more than one token", () => {
  const word = anyText(12);
  fc.assert(
    fc.property(word, (it) => {
      for (const build of Object.values(NAMES)) {
        if (/^[A-Za-z_]\w*$/.test(it)) build(it);
        else assert.throws(() => build(it), TypeError);
      }
    }),
    { numRuns: 300 },
  );
});

test("probe() refuses an explanation that would end its comment", () => {
  const build = (why: string) => probe(fentry("f"), why, { body: [] });
  for (const why of ["a\nfentry:f { }", "a\rb", "a\u2028b", "a\0b", "a\u0085b"]) {
    assert.throws(() => build(why), { name: "TypeError", message: /Cannot put an explanation/ });
  }
  assert.match(
    renderProgram({
      dialect: DIALECTS[1] ?? DIALECTS[0],
      commOffset: 2976,
      config: CONFIG,
      probes: [build("All is well.")],
    }),
    /\/\/ All is well\./,
  );
});
