import assert from "node:assert/strict";
import { parse } from "@optique/core/parser";
import { formatMessage } from "@optique/core/message";
import { type CommandLine, grammar, type TraceOptions } from "./grammar.ts";
import { NO_FILTERS } from "./filters.ts";
import { PROFILE_WORDS } from "./profile_grammar.ts";

function read(...args: readonly string[]): CommandLine | string {
  const result = parse(grammar, args);
  return result.success ? result.value : formatMessage(result.error);
}

const TRACE: TraceOptions = {
  command: "trace",
  targets: [{ kind: "local", name: "local" }],
  bpftrace: "bpftrace",
  modules: undefined,
  sudo: false,
  quiet: false,
  json: false,
  ...NO_FILTERS,
  follow: false,
  slots: false,
  uses: false,
  births: "usual",
  closes: false,
  ustack: false,
  durationMs: undefined,
  eventsMax: undefined,
  copy: [],
  commandOutput: undefined,
  noHeader: false,
  noStimulus: false,
  birthProbe: undefined,
  redact: [],
};

Deno.test("grammar reads trace with and without its name, in any order", () => {
  assert.deepEqual(read("trace"), TRACE);
  const rows: readonly (readonly [args: readonly string[], expected: Partial<TraceOptions>])[] = [
    [["-p", "1", "--pid", "4194304", "-x"], { pids: [1, 4_194_304], failed: true }],
    [["--json", "-q", "--no-header"], { json: true, quiet: true, noHeader: true }],
    [["-d", "5m", "-M", "23"], { durationMs: 300_000, eventsMax: 23 }],
    [["--copy", "a", "--copy", "b c", "--cmd-output=x"], { copy: ["a", "b c"], commandOutput: "x" }],
    [["--target", "ssh:a@b", "--target=lab:6.12", "--sudo"], {
      targets: [
        { kind: "ssh", name: "ssh:a@b", destination: { user: "a", host: "b" } },
        { kind: "lab", name: "lab:6.12", kernel: "6.12" },
      ],
      sudo: true,
    }],
    [["--bpftrace", "/opt/b", "-n", "k*"], { bpftrace: "/opt/b", comm: /^k.*$/su }],
    [["-t", "7", "--tid=8", "-u", "0", "--uid", "4294967294", "--ok"], {
      tids: [7, 8],
      uids: [0, 4_294_967_294],
      ok: true,
    }],
    [[
      "-c",
      "/a.slice/",
      "--cgroup",
      "/sys/fs/cgroup/b",
      "-c",
      "/sys/fs/cgroup/unified",
      "--container",
      "0a1b",
    ], {
      cgroups: ["/a.slice", "/b", "/"],
      containers: ["0a1b"],
    }],
    [["-p", "1", "--follow"], { pids: [1], follow: true }],
  ];
  for (const [args, expected] of rows) {
    assert.deepEqual(read(...args), { ...TRACE, ...expected });
    assert.deepEqual(read("trace", ...args), { ...TRACE, ...expected });
  }
});

Deno.test("grammar reads plan and the commands of lab", () => {
  const { targets: [target], bpftrace, modules, sudo, quiet, slots, uses, births, closes, ustack } = TRACE;
  const depth = { slots, uses, births, closes, ustack };
  const access = { target, bpftrace, modules, sudo, quiet, ...depth };
  const { failed: _failed, ok: _ok, ...filters } = NO_FILTERS;
  const plan = { command: "plan", ...access, ...filters, follow: false };
  assert.deepEqual(read("plan", "--json"), { ...plan, json: true });
  assert.deepEqual(read("plan", "-p", "7", "-t", "8"), { ...plan, pids: [7], tids: [8], json: false });
  assert.deepEqual(read("lab", "list"), { command: "lab list" });
  assert.deepEqual(read("lab", "run"), { command: "lab run", kernel: "6.12" });
  assert.deepEqual(read("lab", "run", "6.1+bookworm"), { command: "lab run", kernel: "6.1+bookworm" });
  assert.deepEqual(read("lab", "demo", "emfile", "3"), {
    command: "lab demo",
    scenario: "emfile",
    rounds: 3,
  });
  assert.deepEqual(read("lab", "rm", "x"), { command: "lab rm", name: "x" });
});

Deno.test("grammar refuses what it does not know, with the next best", () => {
  const rows: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [["--jsn"], /--jsn[^]*--json/],
    [["plna"], /plna[^]*plan/],
    [["plan", "--duration", "1s"], /--duration/],
    [["-p", "0"], /-p.*0/],
    [["-p", "4711x"], /4711x/],
    [["-M", "0"], /-M/],
    [["-d", "forever"], /30s, 5m or 500ms/],
    [["--target", "labb"], /lab:KERNEL/],
    [["lab"], /list, build, run, demo, rm/],
    [["lab", "run", "6.99"], /6\.12/],
    [["word"], /word/],
  ];
  for (const [args, message] of rows) {
    const result = read(...args);
    assert.ok(typeof result === "string", args.join(" "));
    assert.match(result, message);
  }
});

Deno.test("grammar reads record as trace with a file, and replay with the filters of trace", () => {
  const recorded = { ...TRACE, command: "record", file: "f.rec", bytesMax: undefined };
  assert.deepEqual(read("record", "f.rec"), recorded);
  assert.deepEqual(
    read("record", "--max-size", "1M", "-x", "f.rec", "--redact", "comm", "--redact=addresses"),
    { ...recorded, bytesMax: 1_048_576, failed: true, redact: ["comm", "addresses"] },
  );
  const replayed = {
    command: "replay",
    file: "f.rec",
    json: false,
    ...NO_FILTERS,
    noHeader: false,
    quiet: false,
  };
  assert.deepEqual(read("replay", "f.rec"), replayed);
  assert.deepEqual(
    read("replay", "-p", "1", "f.rec", "-p", "2", "-n", "a", "-xq", "--json", "--no-header", "-u", "3"),
    {
      ...replayed,
      pids: [1, 2],
      uids: [3],
      comm: /^a$/su,
      failed: true,
      quiet: true,
      json: true,
      noHeader: true,
    },
  );
});

Deno.test("grammar reads confirm, with rules in any case and each once", () => {
  const { targets: [target], bpftrace, modules, sudo, quiet } = TRACE;
  const usual = {
    command: "confirm",
    target,
    bpftrace,
    modules,
    sudo,
    quiet,
    list: false,
    only: undefined,
    rounds: 1,
    lives: 2000,
    seed: undefined,
    dangerous: [],
    yes: false,
    output: undefined,
    json: false,
  };
  assert.deepEqual(read("confirm"), usual);
  assert.deepEqual(read("confirm", "--only", "l1, r4A,R5,r5", "-o", "tap"), {
    ...usual,
    only: ["R4a", "R5", "L1"],
    output: "tap",
  });
  assert.deepEqual(
    read(
      "confirm",
      "--dangerous",
      "confirm-enfile",
      "--yes",
      "--lives",
      "7",
      "--seed",
      "42",
      "--rounds=3",
      "--json",
    ),
    { ...usual, dangerous: ["confirm-enfile"], yes: true, lives: 7, seed: 42, rounds: 3, json: true },
  );
  assert.match(`${read("confirm", "--only", "R5;R6")}`, /rule "R5;R6"/);
});

Deno.test("grammar reads profile with a file, and profile diff with two", () => {
  const plain = {
    command: "profile",
    target: { kind: "local", name: "local" },
    modules: undefined,
    yes: false,
    json: false,
    quiet: false,
    file: undefined,
  };
  assert.deepEqual(read(...PROFILE_WORDS), plain);
  assert.deepEqual(read("profile", "a.json"), { ...plain, file: "a.json" });
  assert.deepEqual(read("profile", "-yq", "--json", "--target", "lab:6.1"), {
    ...plain,
    target: { kind: "lab", name: "lab:6.1", kernel: "6.1" },
    yes: true,
    json: true,
    quiet: true,
  });
  const diff = { command: "profile diff", a: "a", b: "b" };
  assert.deepEqual(read("profile", "diff", "a", "b"), { ...diff, json: false });
  assert.deepEqual(read("profile", "diff", "--json", "a", "b"), { ...diff, json: true });
  for (const words of [["profile", "diff"], ["profile", "diff", "a"], ["profile", "a", "b"]]) {
    assert.equal(typeof read(...words), "string", words.join(" "));
  }
});
