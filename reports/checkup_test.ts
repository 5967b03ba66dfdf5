import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { answerSchema } from "../schema/mod.ts";
import { type CheckBody, checkupJson, type CheckupResult, checkupText } from "./checkup.ts";

const NASTY = 'bpftrace\u001b[2J\u009b31m\n  - "x" \u202e';
const LONG = "a word ".repeat(30).trim();

function check(id: string, parts: Partial<CheckBody> = {}): CheckBody {
  return {
    id,
    title: id,
    answer: "yes",
    needed: true,
    blocks: false,
    says: "It is there",
    remedy: null,
    ...parts,
  };
}

const RESULT: CheckupResult = {
  host: "local",
  checks: [
    check("tracefs"),
    check("bpftrace", { answer: "no", blocks: true, says: NASTY, remedy: "Install it" }),
    check("lockdown", { answer: "unknown", says: LONG, remedy: LONG }),
    check("container", { answer: "no", needed: false, remedy: "Run it on the host" }),
  ],
  verdict: {
    release: "6.12.1",
    machine: "x86_64",
    plan: false,
    probes: null,
    generation: null,
    law: null,
    blocked_by: ["bpftrace"],
    command: "deno run trace-clone --target lab:6.12",
    exit_code: 3,
  },
};

test("checkupText() shows an answer, a sentence and a remedy in each row, and what works at the end", () => {
  const text = checkupText(RESULT);
  assert.match(text, /^local: Linux 6\.12\.1 on x86_64\n\nNeeded\nok {2}tracefs {11}It is there\n/);
  assert.match(text, /^no {2}bpftrace {10}bpftrace/m);
  assert.match(text, /^ {22}-> Install it$/m);
  assert.match(text, /^\? {3}lockdown {10}a word/m);
  assert.match(text, /\n\nGood to know\nno {2}container {9}It is there\n {22}-> Run it on the host\n/);
  assert.match(
    text,
    /\n\nNo plan here, because of: bpftrace\.\nThis works:\n {2}deno run trace-clone --target lab:6\.12\n$/,
  );
});

test("checkupText() stays under 80 columns, and obeys nothing that the machine said", () => {
  for (const line of checkupText(RESULT).split("\n")) {
    assert.ok(line.length < 80, line);
    assert.doesNotMatch(line, /[\p{C}]/u);
  }
});

test("checkupText() says what the plan is when there is one", () => {
  for (const [law, holder] of [["per-inode", "pidfs inode"], ["per-file", "file"]] as const) {
    const verdict = {
      ...RESULT.verdict,
      plan: true,
      probes: 18,
      generation: "G3 (pidfs)",
      law,
      command: null,
    };
    const text = checkupText({ host: "local", checks: [check("tracefs")], verdict });
    const last = text.split("\n\n").at(-1)?.replaceAll("\n", " ");
    const words =
      "A plan is possible: 18 probes, generation G3 (pidfs), one reference of a struct pid for each";
    assert.equal(last, `${words} ${holder}. `);
    assert.doesNotMatch(text, /Good to know/);
  }
});

test("checkupJson() gives one valid object for each check, and the verdict last", () => {
  const validate = new Ajv2020({ strict: true, strictRequired: true }).compile(answerSchema());
  const lines = checkupJson(RESULT).trimEnd().split("\n");
  const answers = lines.map((line) => JSON.parse(line));
  for (const answer of answers) assert.ok(validate(answer), JSON.stringify(validate.errors));
  assert.deepEqual(answers.map((it) => it.type), ["check", "check", "check", "check", "verdict"]);
  // deno-lint-ignore no-control-regex
  for (const line of lines) assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
});
