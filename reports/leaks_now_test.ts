import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENT_SCHEMA } from "../schema/mod.ts";
import { leaksNowJson, leaksNowText } from "./leaks_now.ts";
import type { HolderBody, LeaksNowBody } from "./leaks_now.ts";

const HOLDER: HolderBody = {
  pid: 4711,
  start_ticks: "99",
  comm: "agent",
  uid: 0,
  cgroup: "/system.slice/agent.service",
  container: null,
  pidfds: 6,
  dead: 5,
  outside: 0,
  open: 12,
  limit: 1024,
  headroom: 1012,
  targets: [
    { pid: null, state: "reaped", fds: [5, 6, 7, 8] },
    { pid: 40, state: "zombie", fds: [9] },
    { pid: 50, state: "alive", fds: [10] },
  ],
};
const BODY: LeaksNowBody = {
  holders: 1,
  shown: 1,
  pidfds: 6,
  dead: 5,
  outside: 0,
  missing: [],
  failed_on: [],
  exit_code: 0,
};

test("leaksNowText() shows each holder with its room, and what its pidfds lead to", () => {
  assert.equal(
    leaksNowText({ host: "local", holders: [HOLDER], body: BODY }),
    [
      " PID COMM  PIDFDS DEAD OPEN LIMIT LEFT LEADING TO",
      "4711 agent      6    5   12  1024 1012 reaped x4, 40 zombie, 50",
      "",
      "local: 1 process holds 6 pidfds: 5 of ended processes",
      "",
    ].join("\n"),
  );
});

test("leaksNowText() tells what is not shown, what was found, and what could not be looked at", () => {
  const body = {
    ...BODY,
    holders: 3,
    outside: 2,
    missing: ["The fds of 9 processes may not be read: root may"],
    failed_on: ["5 pidfds lead to ended processes, as --fail-on dead asks"],
  };
  const text = leaksNowText({ host: "ssh:a", holders: [HOLDER], body });
  assert.match(text, /^ssh:a: 2 more processes are not shown$/m);
  assert.match(
    text,
    /^ssh:a: 3 processes hold 6 pidfds: 5 of ended processes, 2 out of our pid\n {2}namespace$/m,
  );
  assert.match(text, /^ssh:a: 5 pidfds lead to ended processes, as --fail-on dead asks$/m);
  assert.match(text, /^ssh:a: The fds of 9 processes may not be read: root may$/m);
  const none = { ...BODY, holders: 0, shown: 0, pidfds: 0, dead: 0 };
  assert.equal(
    leaksNowText({ host: "local", holders: [], body: none }),
    "local: no pidfd is open where we may look\n",
  );
});

test("leaksNowText() stays under 80 columns, and sends the terminal nothing to obey", () => {
  const targets = Array.from(
    { length: 40 },
    (_, at) => ({ pid: at + 1000, state: "alive", fds: [at] }) as const,
  );
  const unknown = { comm: null, open: null, limit: null, headroom: null };
  const evil = { ...HOLDER, comm: "\x1b[2J漢字漢字漢字漢字漢字", targets };
  const text = leaksNowText({ host: "\x1b]0;x\x07", holders: [evil, { ...HOLDER, ...unknown }], body: BODY });
  for (const line of text.split("\n")) assert.ok([...line].length < 80, line);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  assert.match(text, /1000, 1001, .*~$/m);
  assert.match(text, /^ *4711 - +6 +5 +- +- +- reaped/m);
});

test("leaksNowJson() gives the holders, and what follows at the end", () => {
  const lines = leaksNowJson({ host: "local", holders: [HOLDER], body: BODY }).trimEnd().split("\n");
  assert.deepEqual(lines.map((it) => JSON.parse(it)), [
    { schema: EVENT_SCHEMA, host: "local", type: "holder", ...HOLDER },
    { schema: EVENT_SCHEMA, host: "local", type: "leaks-now", ...BODY },
  ]);
});
