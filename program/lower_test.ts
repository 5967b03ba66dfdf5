import assert from "node:assert/strict";
import {
  argument,
  binary,
  builtin,
  cast,
  emit,
  exit,
  fentry,
  fexit,
  field,
  int,
  kprobe,
  lowerToKprobe,
  mergePlaces,
  probe,
  set,
} from "./mod.ts";
import type { Probe } from "./mod.ts";
import { DIALECTS, renderProgram } from "./mod.ts";

const SIGNATURE = {
  parameters: [{ name: "pid", type: "struct pid *" }, { name: "flags", type: "uint32" }],
  returns: "struct file *",
};

function text(probes: readonly Probe[]): string {
  const config = { perfRbPages: 64, maxMapKeys: 16, onStackLimit: 256 };
  return renderProgram({ dialect: DIALECTS[0], commOffset: 0, config, probes });
}

Deno.test("lowerToKprobe() gives an entry its arguments by number, with their types", () => {
  const entry = probe(fentry("f"), "An entry.", {
    when: binary(argument("flags"), "!=", int(0)),
    body: [set("m", cast("uint64", builtin("tid")), cast("uint64", field(argument("pid"), "->level")))],
  });
  assert.match(
    text(lowerToKprobe(entry, SIGNATURE)),
    /kprobe:f \/\(\(uint32\)arg1\) != 0\/ \{\n {2}@m\[\(uint64\)tid\] = \(uint64\)\(\(struct pid \*\)arg0\)->level;/,
  );
});

Deno.test("lowerToKprobe() keeps the arguments that a return needs, and forgets them on every path", () => {
  const back = probe(fexit("f"), "A return.", {
    when: binary(argument("flags"), "!=", int(0)),
    body: emit("put", { pidAddress: argument("pid"), count: field(builtin("retval"), "->f_flags") }),
  });
  const [keep, returned, ...more] = lowerToKprobe(back, SIGNATURE);
  assert.deepEqual([keep?.attach, returned?.attach, more], [kprobe("f"), {
    kind: "kretprobe",
    function: "f",
  }, []]);
  const source = text([keep, returned].filter((it) => it !== undefined));
  // What is kept under the same condition is all that is taken away.
  assert.match(
    source,
    /kprobe:f \/\(\(uint32\)arg1\) != 0\/ \{\n {2}@in_0_f\[.*\] = \(uint64\)arg0;\n {2}@in_1_f\[/,
  );
  assert.match(source, /kretprobe:f \/\(\(uint32\)@in_1_f\[\(uint64\)tid\]\) != 0\/ \{/);
  assert.match(source, /\(\(struct file \*\)retval\)->f_flags/);
  assert.match(source, /delete\(@in_0_f\[\(uint64\)tid\]\);/);
  assert.match(source, /delete\(@in_1_f\[\(uint64\)tid\]\);/);
});

Deno.test("lowerToKprobe() keeps everything where the condition is about what is returned", () => {
  const when = binary(cast("int32", builtin("retval")), "==", argument("flags"));
  const [keep, back] = lowerToKprobe(probe(fexit("f"), "A return.", { when, body: [exit()] }), SIGNATURE);
  assert.equal(keep?.when, undefined);
  // A return that does not concern us takes away what was kept for it as well.
  assert.match(
    text([back].filter((it) => it !== undefined)),
    /kretprobe:f \{\n {2}if \(.*\) \{\n {4}exit\(\);\n {2}\}\n {2}if \(@in_1_f\[.*\] != 0\) \{\n {4}delete\(@in_1_f/,
  );
});

Deno.test("lowerToKprobe() refuses an argument that the function does not have", () => {
  const entry = probe(fentry("f"), "An entry.", { body: [set("m", argument("file"), int(1))] });
  assert.throws(() => lowerToKprobe(entry, SIGNATURE), /one of "pid, flags" is required, got "file"/);
});

Deno.test("lowerToKprobe() leaves other probes as they are", () => {
  const other = probe({ kind: "BEGIN" }, "The begin.", { body: [exit()] });
  assert.deepEqual(lowerToKprobe(other, SIGNATURE), [other]);
});

Deno.test("mergePlaces() attaches to each place once, and guards each body by its own condition", () => {
  const one = probe(kprobe("f"), "One.", { when: builtin("pid"), body: [set("a", int(1), int(1))] });
  const two = probe(kprobe("f"), "Two.", { body: [set("b", int(1), int(1))] });
  const same = { ...one, why: "Again.", body: [set("c", int(1), int(1))] };
  assert.match(
    text(mergePlaces([one, two])),
    /\/\/ One\. Two\.\nkprobe:f \{\n {2}if \(pid\) \{\n {4}@a\[1\] = 1;\n {2}\}\n {2}@b/,
  );
  assert.match(text(mergePlaces([one, same])), /kprobe:f \/pid\/ \{\n {2}@a\[1\] = 1;\n {2}@c/);
  assert.equal(mergePlaces([one, probe(kprobe("g"), "Three.", { body: [] })]).length, 2);
});

Deno.test("mergePlaces() takes what was kept for a return away when both have read it", () => {
  const [flags, pid] = [argument("flags"), argument("pid")];
  const one = probe(fexit("f"), "One.", { when: binary(flags, "!=", int(0)), body: [set("a", pid, flags)] });
  const two = probe(fexit("f"), "Two.", { when: binary(flags, "==", int(7)), body: [set("b", pid, flags)] });
  const source = text(mergePlaces([one, two].flatMap((it) => lowerToKprobe(it, SIGNATURE))));
  const back = source.slice(source.indexOf("kretprobe:f"));
  assert.match(back, /@a\[.*\n {2}\}\n {2}if \(.*\) == 7\) \{\n {4}@b\[/);
  assert.equal(back.match(/delete\(@in_/g)?.length, 2, "each once");
  assert.ok(back.indexOf("delete(") > back.indexOf("@b["), "at the end");
});
