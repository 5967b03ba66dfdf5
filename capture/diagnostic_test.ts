import assert from "node:assert/strict";
import { type Diagnostic, programError, readDiagnostics } from "./diagnostic.ts";

type Row = readonly [log: string, level: Diagnostic["level"], text: RegExp, hint: RegExp | undefined];

const ROWS: readonly Row[] = [
  [
    "ERROR: bpftrace currently only supports running as the root user.",
    "error",
    /^bpftrace currently only/,
    /^Run as root/,
  ],
  [
    "ERROR: cannot attach kprobe, probe entry may not exist",
    "error",
    /^cannot attach kprobe/,
    /no such function/,
  ],
  ["stdin:1:1-23: ERROR: No BTF found for vmlinux:gone", "error", /^No BTF found/, /no such function/],
  ["program.bt:3:7: ERROR: syntax error, unexpected =", "error", /^syntax error/, /another dialect/],
  ["ERROR: No matches for fentry vmlinux:gone", "error", /^No matches/, /no such function/],
  [
    "FATAL: Invalid probe type made it to attachpoint parser",
    "error",
    /^Invalid probe type/,
    undefined,
  ],
  [
    "WARNING: gone is not traceable (either non-existing, inlined, ...)",
    "warning",
    /^gone is/,
    /no such function/,
  ],
  ["HINT: Use the 'config' block", "note", /^Use/, undefined],
  ["LOG: something", "note", /^something/, undefined],
  ["BUG: our own fault", "error", /^our own/, undefined],
  ["terminate called after throwing an instance of 'std::bad_alloc'", "error", /^after throwing/, undefined],
  ["ERROR: failed to mmap: Cannot allocate memory", "error", /^failed to mmap/, /smaller --buffer/],
  ["ERROR: bpf(): Operation not permitted", "error", /not permitted/, /lockdown/],
  [
    "ERROR: open(/sys/kernel/tracing/kprobe_events): No such file or directory",
    "error",
    /^open/,
    /Mount tracefs/,
  ],
];

Deno.test("readDiagnostics() reads one message of each kind", () => {
  for (const [log, level, text, hint] of ROWS) {
    const [found, ...more] = readDiagnostics(`${log}\n`);
    assert.ok(found !== undefined, log);
    assert.deepEqual(more, []);
    assert.equal(found.level, level, log);
    assert.match(found.text, text);
    if (hint === undefined) assert.equal(found.hint, undefined, log);
    else assert.match(found.hint ?? "", hint);
  }
});

Deno.test("readDiagnostics() drops excerpts of the program, and lines of nobody", () => {
  const log = "stdin:1:1-4: ERROR: syntax error\nkprobe:x { ERRORS }\n~~~~\n\nAttached 3 probes\n";
  assert.deepEqual(readDiagnostics(log).map((it) => it.text), ["syntax error"]);
  assert.deepEqual(readDiagnostics(""), []);
});

Deno.test("programError() has the first error as its message, and keeps everything", () => {
  const log = "WARNING: a is not traceable\nERROR: b\nERROR: c\n";
  const error = programError("BEGIN {}", { log, status: 255 });
  assert.equal(error.message, "Cannot start the program: bpftrace ended with status 255: b");
  assert.match(error.hint ?? "", /no such function/);
  assert.deepEqual([error.name, error.source, error.log], ["ProgramError", "BEGIN {}", log]);
});

Deno.test("programError() uses the last line when nothing is a message of bpftrace", () => {
  const of = (log: string) => programError("", { log, status: 1 }).message;
  assert.match(of("one\nSegmentation fault\n"), /status 1: Segmentation fault$/);
  assert.match(of(""), /status 1: no message$/);
});
