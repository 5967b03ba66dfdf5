import assert from "node:assert/strict";
import { PATH_CALLS, PATH_FUNCTIONS } from "../../tracers/mod.ts";
import type { PathCall } from "../../tracers/mod.ts";
import { pathsOf } from "./matrix_paths.ts";
import type { Step } from "./matrix_paths.ts";
import type { StimulusCall } from "./matrix_stimulus.ts";

const TID = 7;

let clock = 0n;

/** The steps of one call. */
function steps(call: PathCall, argument: number, names: readonly string[]): readonly Step[] {
  clock += 1n;
  const beganNs = clock;
  return names.map((name) => {
    clock += 1n;
    const about = { call: PATH_CALLS[call], argument, beganNs, function: PATH_FUNCTIONS.indexOf(name) };
    const who = { pid: TID, tid: TID, startNs: 1n, comm: "stimulus" };
    return { kind: "step", cpu: 0, number: 1, ktimeNs: clock, ...who, ...about };
  });
}

function said(call: string, fd: number): StimulusCall {
  return { round: 0, call, tid: TID, ret: 0, errno: 0, pid: 8, fd, flags: call === "clone" ? 0x1011 : null };
}

const WAY = ["kernel_clone", "copy_process", "fd_install"];
const AWAY = ["filp_flush", "__fput"];

function run(...calls: readonly StimulusCall[]) {
  return [{ scenario: "clone", calls, ok: true, why: null }];
}

Deno.test("pathsOf() gives the functions of each call in the order of time, and null for what was not done", () => {
  const all = [...steps("clone", 17, WAY), ...steps("close", 3, AWAY)];
  const paths = pathsOf(all.toReversed(), run(said("clone", 3), said("close", 3)));
  assert.deepEqual(paths, {
    clone: "kernel_clone > copy_process > fd_install",
    clone3: null,
    pidfd_open: null,
    close: "filp_flush > __fput",
  });
});

Deno.test("pathsOf() leaves out closes of other files, and other threads", () => {
  const other = steps("close", 3, ["filp_close"]).map((it) => ({ ...it, tid: TID + 1 }));
  const all = [...steps("close", 4, ["filp_close"]), ...other, ...steps("close", 3, AWAY)];
  assert.equal(pathsOf(all, run(said("close", 3))).close, "filp_flush > __fput");
});

Deno.test("pathsOf() tells two ways of the same call", () => {
  const all = [...steps("close", 3, AWAY), ...steps("close", 3, ["__fput"]), ...steps("close", 3, AWAY)];
  const paths = pathsOf(all, run(said("close", 3), said("close", 3), said("close", 3)));
  assert.equal(paths.close, "filp_flush > __fput or __fput");
});

Deno.test("pathsOf() gives no path when not every call was seen", () => {
  const all = steps("clone", 17, WAY);
  assert.equal(pathsOf(all, run(said("clone", 3), said("clone", 3))).clone, null);
  assert.equal(pathsOf([], run(said("clone", 3))).clone, null);
});

Deno.test("pathsOf() takes no close of a process that has more pidfds", () => {
  const runs = [{ scenario: "three-pidfds", calls: [said("close", 3)], ok: true, why: null }];
  assert.equal(pathsOf(steps("close", 3, AWAY), runs).close, null);
});
