import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { readSymbols, type Symbols } from "./symbols.ts";

const KALLSYMS = [
  "ffffffff81000010 T put_pid",
  "ffffffff81000000 t put_pid.part.0",
  "ffffffff81000020 t put_pid.part.0.cold",
  "ffffffff81000030 T __pfx_put_pid",
  "ffffffff81000040 r __ksymtab_put_pid",
  "ffffffff81000050 t only_clone.isra.0",
  "ffffffff81000060 t twice",
  "ffffffffc0000060 t twice\t[mod]",
  "ffffffff81000070 t notrace_function",
  "ffffffff81000080 d pidfs_file_operations",
  "ffffffffc0000090 t in_module\t[mod]",
].join("\n");

const FILTER = [
  "put_pid",
  "put_pid.part.0",
  "only_clone.isra.0",
  "twice",
  "twice [mod]",
  "in_module [mod]",
  "put_pid_ns",
].join("\n");

const NAMES = [
  "put_pid",
  "only_clone",
  "twice",
  "notrace_function",
  "in_module",
  "gone",
  "pidfs_file_operations",
];

function read(files: Record<string, string | { fails: "denied" | "missing" | "failed" }>): Promise<Symbols> {
  return readSymbols(fakeHost({ files: { "/sys/kernel/tracing/events/enable": "", ...files } }), NAMES);
}

const FILTER_PATH = "/sys/kernel/tracing/available_filter_functions";
const both = { "/proc/kallsyms": KALLSYMS, [FILTER_PATH]: FILTER };

test("readSymbols() keeps the asked names and their clones, exactly", async () => {
  const symbols = await read(both);
  assert.deepEqual(symbols.entries("put_pid").map((entry) => entry.name), ["put_pid", "put_pid.part.0"]);
  assert.deepEqual(symbols.variants("put_pid").map((entry) => entry.name), ["put_pid.part.0"]);
  assert.deepEqual(symbols.variants("gone"), []);
});

test("has() is about the exact name", async () => {
  const symbols = await read(both);
  assert.equal(symbols.has("put_pid"), true);
  assert.equal(symbols.has("put_pid.part.0"), true);
  assert.equal(symbols.has("only_clone"), false);
  assert.equal(symbols.has("only_clone.isra.0"), true);
  assert.equal(symbols.has("gone"), false);
});

test("exists() says unsupported and names the clone that is there instead", async () => {
  const symbols = await read(both);
  assert.deepEqual(symbols.exists("only_clone"), {
    kind: "unsupported",
    reason: "No symbol is named only_clone, only only_clone.isra.0",
  });
});

test("traceable() follows available_filter_functions", async () => {
  const symbols = await read(both);
  const kinds = ["put_pid", "put_pid.part.0", "in_module", "notrace_function", "gone", "twice"]
    .map((name) => `${name} ${symbols.traceable(name).kind}`);
  assert.deepEqual(kinds, [
    "put_pid supported",
    "put_pid.part.0 supported",
    "in_module supported",
    "notrace_function unsupported",
    "gone unsupported",
    "twice unknown",
  ]);
});

test("address() is undefined when it is hidden, missing or shared", async () => {
  const symbols = await read(both);
  assert.equal(symbols.address("put_pid"), 0xffffffff81000010n);
  assert.equal(symbols.address("pidfs_file_operations"), 0xffffffff81000080n);
  assert.equal(symbols.address("twice"), undefined);
  assert.equal(symbols.address("gone"), undefined);
  const hidden = await read({ ...both, "/proc/kallsyms": KALLSYMS.replace(/^f{8}\w{8}/gm, "0".repeat(16)) });
  assert.equal(hidden.has("put_pid"), true);
  assert.equal(hidden.address("put_pid"), undefined);
});

test("places tell where symbols of the kernel itself are from its text on, and nothing when that is hidden", async () => {
  const text = "ffffffff81000008 T _text\n";
  const symbols = await read({ ...both, "/proc/kallsyms": `${text}${KALLSYMS}` });
  assert.deepEqual(
    [...symbols.places].map(([name, { base, offset }]) => [name, base, offset]),
    [
      ["put_pid", "_text", 8n],
      ["only_clone.isra.0", "_text", 0x48n],
      ["notrace_function", "_text", 0x68n],
      ["pidfs_file_operations", "_text", 0x78n],
    ],
    "not what lies before the text, is there twice, or is in a module",
  );
  const hidden = KALLSYMS.replace(/^f{8}\w{8}/gm, "0".repeat(16));
  for (const kallsyms of [KALLSYMS, `0000000000000000 T _text\n${hidden}`]) {
    assert.equal((await read({ ...both, "/proc/kallsyms": kallsyms })).places.size, 0);
  }
});

test("exists() says unknown when kallsyms cannot be read, unless the other list shows it", async () => {
  for (const fails of ["missing", "denied", "failed"] as const) {
    const symbols = await read({ ...both, "/proc/kallsyms": { fails } });
    assert.equal(symbols.exists("gone").kind, "unknown");
    assert.equal(symbols.traceable("gone").kind, "unknown");
    assert.equal(symbols.has("gone"), false);
    assert.equal(symbols.traceable("put_pid").kind, "supported");
  }
});

test("traceable() says unknown with the reason when tracefs cannot be read", async () => {
  for (const fails of ["missing", "denied"] as const) {
    const symbols = await read({ ...both, [FILTER_PATH]: { fails } });
    const answer = symbols.traceable("put_pid");
    assert.equal(answer.kind, "unknown");
    assert.match(answer.kind === "unknown" ? answer.reason : "", /available_filter_functions/);
    assert.equal(symbols.traceable("gone").kind, "unsupported");
  }
});

test("exists() says unknown when a list is empty, for an empty list proves nothing", async () => {
  const symbols = await read({ "/proc/kallsyms": "", [FILTER_PATH]: "" });
  assert.equal(symbols.exists("put_pid").kind, "unknown");
  assert.equal(symbols.traceable("put_pid").kind, "unknown");
});

test("exists() says unsupported when the list shows the witness and no asked name", async () => {
  const symbols = await read({ "/proc/kallsyms": "ffff0000 T do_exit\n", [FILTER_PATH]: "do_exit\n" });
  assert.equal(symbols.exists("put_pid").kind, "unsupported");
});

test("has() throws when the name was never read", async () => {
  const symbols = await read(both);
  assert.throws(() => symbols.has("never_asked"), RangeError);
});

test("readSymbols() throws when the host is lost", async () => {
  await assert.rejects(readSymbols(fakeHost({ lost: true }), NAMES), { kind: "lost" });
});
