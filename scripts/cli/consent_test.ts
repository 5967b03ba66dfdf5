import assert from "node:assert/strict";
import { namesPlayed } from "./confirm_judge.ts";
import { consented } from "./confirm.ts";
import { askConsent } from "./consent.ts";
import type { Answers } from "./consent.ts";
import { CliError, EXIT } from "./exit_code.ts";

const QUESTION = { text: "what is done", question: "Do it?", refused: "Cannot do it", hint: "Add --yes" };

function answers(...lines: readonly (string | undefined)[]): Answers & { readonly asked: () => number } {
  let asked = 0;
  return { canAsk: true, read: () => Promise.resolve(lines[asked++]), asked: () => asked };
}

const NOBODY: Answers = { canAsk: false, read: () => Promise.reject(new Error("Nobody is there")) };

function terminal() {
  const notes: string[] = [];
  return {
    notes,
    write: () => Promise.resolve(true),
    note: (text: string) => void notes.push(text),
    status: () => undefined,
    raw: () => undefined,
  };
}

const { signal } = new AbortController();

Deno.test("askConsent() takes a yes, and nothing else for one", async () => {
  for (const word of ["y\n", "yes\n", " YES \r\n", "Y"]) {
    await askConsent(QUESTION, { answers: answers(word), terminal: terminal(), signal });
  }
  for (const word of ["\n", "no\n", "yesterday\n", "yes please\n", "y\ny\n", undefined]) {
    const asking = { answers: answers(word), terminal: terminal(), signal };
    await assert.rejects(askConsent(QUESTION, asking), (error) => {
      assert.ok(error instanceof CliError, `${word}`);
      assert.deepEqual([error.code, error.hint], [EXIT.usage, "Add --yes"]);
      return true;
    });
    assert.deepEqual(asking.terminal.notes, ["what is done", "Do it? [y/N]"]);
  }
});

Deno.test("askConsent() tells everything and asks nobody where nobody is", async () => {
  const asking = { answers: NOBODY, terminal: terminal(), signal };
  await assert.rejects(askConsent(QUESTION, asking), { message: "Cannot do it", code: EXIT.usage });
  assert.deepEqual(asking.terminal.notes, ["what is done"]);
});

Deno.test("askConsent() waits no longer than until Ctrl-C", async () => {
  const controller = new AbortController();
  const answers = { canAsk: true, read: () => new Promise<undefined>(() => {}) };
  const asking = askConsent(QUESTION, { answers, terminal: terminal(), signal: controller.signal });
  controller.abort({ reason: "interrupted", code: EXIT.interrupted });
  await assert.rejects(asking, { reason: "interrupted" });
});

const SSH = { kind: "ssh", name: "ssh:web1", destination: { host: "web1" } } as const;

Deno.test("consented() lists what would be played and what is left out, with the risks", async () => {
  const asking = { names: namesPlayed(undefined), answers: NOBODY, terminal: terminal(), signal };
  await assert.rejects(consented({ target: SSH, yes: false, dangerous: [] }, asking), {
    message: 'Cannot play stimuli on "ssh:web1" without a yes',
  });
  const [list = ""] = asking.terminal.notes;
  const [played = "", leftOut = ""] = list.split("Left out there");
  assert.match(played, /^ {2}confirm-pids-max +scratch /m);
  assert.match(leftOut, /^ {2}confirm-enfile +dangerous [^]*^ {2}confirm-stress +dangerous /m);
  assert.match(list, /^ {2}scratch +makes a cgroup/m);
});

Deno.test("consented() lists a dangerous one that was named among those that would be played", async () => {
  const asking = { names: namesPlayed(undefined), answers: answers("y"), terminal: terminal(), signal };
  await consented({ target: SSH, yes: false, dangerous: ["confirm-enfile"] }, asking);
  const [played = ""] = (asking.terminal.notes[0] ?? "").split("Left out there");
  assert.match(played, /^ {2}confirm-enfile +dangerous /m);
  assert.equal(asking.answers.asked(), 1);
});

Deno.test("consented() asks nobody when --yes was said", async () => {
  const asking = { names: namesPlayed(undefined), answers: NOBODY, terminal: terminal(), signal };
  await consented({ target: SSH, yes: true, dangerous: [] }, asking);
  assert.deepEqual(asking.terminal.notes, []);
});
