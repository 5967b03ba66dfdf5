import assert from "node:assert/strict";
import { CliError } from "./exit_code.ts";
import {
  checkFilters,
  checkTold,
  NO_FILTERS,
  outcomeOf,
  recordedScope,
  replayedScope,
  scopeOf,
  toldBy,
} from "./filters.ts";
import { globExpression } from "./values.ts";

const FILTERS = {
  ...NO_FILTERS,
  pids: [7],
  tids: [8],
  uids: [33],
  comm: globExpression("a*"),
  cgroups: ["/a"],
  containers: ["0123"],
};

Deno.test("recordedScope() and replayedScope() keep every filter, and leave out what was not given", () => {
  const scope = scopeOf(FILTERS, { pid: 9, descendants: true });
  const recorded = recordedScope(scope);
  assert.deepEqual(recorded, {
    pids: [7, 9],
    comm: "a*",
    descendants: true,
    tids: [8],
    uids: [33],
    cgroups: ["/a"],
    containers: ["0123"],
  });
  assert.deepEqual(replayedScope(recorded, { filters: NO_FILTERS, members: [] }), scope);
  const everything = scopeOf(NO_FILTERS, { descendants: false });
  assert.deepEqual(recordedScope(everything), { pids: null, comm: null, descendants: false });
});

Deno.test("replayedScope() takes each filter that is given in place of the one of the run", () => {
  const recorded = recordedScope(scopeOf(FILTERS, { descendants: true }));
  const asked = (filters: Partial<typeof FILTERS>) =>
    recordedScope(replayedScope(recorded, { filters: { ...NO_FILTERS, ...filters }, members: [70] }));
  assert.deepEqual(asked({}), { ...recorded, pids: [7, 70] });
  assert.deepEqual(asked({ pids: [1] }), { ...recorded, pids: [1], descendants: false });
  assert.deepEqual(asked({ uids: [0], cgroups: ["/"] }), {
    ...recorded,
    pids: [7, 70],
    uids: [0],
    cgroups: ["/"],
  });
});

Deno.test("filters that contradict each other are refused", () => {
  assert.equal(outcomeOf({ failed: false, ok: false }), "all");
  assert.equal(outcomeOf({ failed: true, ok: false }), "failed");
  assert.equal(outcomeOf({ failed: false, ok: true }), "ok");
  const refused = (run: () => void, code: number) =>
    assert.throws(run, (it) => it instanceof CliError && it.code === code && it.hint !== undefined);
  refused(() => checkFilters({ ...NO_FILTERS, failed: true, ok: true }), 2);
  refused(() => checkFilters({ ...NO_FILTERS, follow: true }), 2);
  checkFilters({ ...NO_FILTERS, pids: [1], follow: true });
});

Deno.test("checkTold() refuses what a program does not tell, and names the filter", () => {
  const who = 'printf("who %llu", (uint64)curtask->cgroups->dfl_cgrp->kn)';
  const rows: readonly (readonly [filters: object, program: string, says: RegExp | undefined])[] = [
    [{ uids: [0] }, 'printf("owner %llu")', undefined],
    [{ uids: [0] }, who, /Cannot filter by -u: the run does not tell under which uid/],
    [{ cgroups: ["/"] }, who, undefined],
    [{ cgroups: ["/"] }, 'printf("who %llu", 0)', /Cannot filter by -c: the run/],
    [{ containers: ["0123"] }, "", /Cannot filter by --container: the run/],
    [{}, "", undefined],
  ];
  for (const [filters, program, says] of rows) {
    const scope = scopeOf({ ...NO_FILTERS, ...filters }, { descendants: false });
    const check = () => checkTold(scope, { ...toldBy(program), who: "the run", hint: "x" });
    if (says === undefined) check();
    else assert.throws(check, (it) => it instanceof CliError && it.code === 3 && says.test(it.message));
  }
});
