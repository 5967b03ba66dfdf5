import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnswers } from "../tests/support/answers.ts";
import { columnsOf } from "./_columns.ts";
import { matrixJson, matrixText } from "./matrix.ts";
import type { KernelRow } from "./mod.ts";

const ROW: KernelRow = {
  kernel: "6.12",
  release: "6.12.118+deb13-cloud-amd64",
  bpftrace: "bpftrace v0.23.2",
  generation: "G3 (pidfs)",
  law: "per-inode",
  births: { made: 18, seen: 18 },
  releases: { made: 18, seen: 18 },
  counts: { made: 36, seen: 36 },
  failures: { made: 6, seen: 6 },
  lost: 0,
  rules: { holds: ["R1", "R5"], broken: [], undetermined: [], not_exercised: ["R4a"] },
  behaves_like: "pidfs",
  missing: [],
  verdict: "holds",
  reasons: [],
  paths: { clone: "a > b", clone3: "a > b", pidfd_open: "c > b", close: null },
  probes: ["BEGIN"],
  ladder: ["births: fentry of a"],
  cannot_see: ["dup"],
};

const UNTRIED: KernelRow = {
  ...ROW,
  kernel: "5.10+bookworm",
  release: null,
  bpftrace: null,
  generation: null,
  law: null,
  births: null,
  releases: null,
  counts: null,
  failures: null,
  lost: null,
  rules: null,
  behaves_like: null,
  missing: null,
  paths: null,
  verdict: "cannot-run",
  reasons: ["Cannot boot:\x1b[31m it\nstops", "hint: Look at the console"],
};

const WORSE: KernelRow = {
  ...ROW,
  kernel: "6.1",
  births: { made: 18, seen: 17 },
  rules: { holds: ["R1"], broken: ["R5", "L1"], undetermined: ["L2"], not_exercised: [] },
  behaves_like: null,
  missing: ["c3b7112df86b"],
  verdict: "broken",
  reasons: ["clone: after close: the count is 0, the law says 1 (3 times)"],
  paths: { clone: "a", clone3: "b", pidfd_open: "c", close: "d" },
};

test("matrixText() shows a row for each kernel, then the reasons, the rules, the paths, and the sum", () => {
  const text = matrixText({ rows: [ROW, WORSE, UNTRIED], exitCode: 1 });
  const lines = text.split("\n");
  assert.match(lines[0] ?? "", /^KERNEL +RELEASE +BPFTRACE GEN LAW +BIRTHS RELEASES COUNTS VERDICT$/);
  assert.match(
    lines[1] ?? "",
    /^6\.12 +6\.12\.118\+d~ +0\.23\.2 +G3 +per-inode +18\/18 +18\/18 +36\/36 +holds$/,
  );
  assert.match(lines[2] ?? "", /^6\.1 .* 17\/18 .* broken$/);
  assert.match(lines[3] ?? "", /^5\.10\+bookworm( +-){7} +cannot run$/);
  assert.deepEqual(lines.slice(4), [
    "",
    "6.1: clone: after close: the count is 0, the law says 1 (3 times)",
    "5.10+bookworm: Cannot boot:\\x1b[31m it\\x0astops",
    "5.10+bookworm: hint: Look at the console",
    "",
    "6.12: 2 rules hold; not exercised: R4a; pidfds of pidfs",
    "6.1: 1 rule holds; broken: R5, L1; undetermined: L2; fixes that are missing:",
    "  c3b7112df86b; pidfds of a generation that cannot be told",
    "",
    "6.12 clone, clone3: a > b",
    "6.12 pidfd_open: c > b",
    "6.12 close: not seen",
    "6.1 clone: a",
    "6.1 clone3: b",
    "6.1 pidfd_open: c",
    "6.1 close: d",
    "",
    "3 kernels: 1 holds, 1 broken, 1 cannot run",
    "",
  ]);
});

test("matrixText() takes less than 80 columns when all is well", () => {
  const rows = [ROW, { ...ROW, kernel: "6.18+bookworm", reasons: ["word ".repeat(40).trim()] }];
  const paths = { clone: "kernel_clone > ".repeat(12), clone3: null, pidfd_open: null, close: null };
  const text = matrixText({ rows: [...rows, { ...ROW, paths }], exitCode: 0 });
  for (const line of text.split("\n")) assert.ok(columnsOf(line) < 80, line);
});

test("matrixJson() gives one valid object for each kernel, and the verdict last", () => {
  const [first, second, third, last, ...more] = readAnswers(
    matrixJson({ rows: [ROW, WORSE, UNTRIED], exitCode: 1 }),
  );
  assert.deepEqual([first?.type, second?.type, third?.type, more.length], ["kernel", "kernel", "kernel", 0]);
  assert.equal(first?.host, "lab:6.12");
  assert.ok(last?.type === "matrix");
  const { kernels, holds, broken, undetermined, cannot_run, exit_code } = last;
  assert.deepEqual([kernels, holds, broken, undetermined, cannot_run, exit_code], [3, 1, 1, 0, 1, 1]);
});
