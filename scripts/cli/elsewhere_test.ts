import assert from "node:assert/strict";
import { elsewhere, inLab, traceElsewhere } from "./elsewhere.ts";

Deno.test("inLab() gives the user's own line with a lab guest as its target", () => {
  const rows: readonly (readonly [args: readonly string[], expected: string])[] = [
    [[], "--target lab:6.12"],
    [["--target", "local"], "--target lab:6.12"],
    [["plan", "--target=local", "--json"], "plan --target lab:6.12 --json"],
    [["trace", "-x"], "trace --target lab:6.12 -x"],
    [["--bpftrace", "/opt/bpftrace", "-d", "5s"], "--target lab:6.12 -d 5s"],
    [["--", "prog"], "--target lab:6.12 -- prog"],
    // What stands in this folder is not in the guest.
    [["--", "./prog", "-x"], "--target lab:6.12 --copy ./prog -- ./prog -x"],
    [["--copy", ".", "--", "./prog"], "--target lab:6.12 --copy . -- ./prog"],
    [["--", "../prog"], "--target lab:6.12 -- ../prog"],
    // Words of CMD are its own, and are quoted.
    [["--", "a", "--target", "it's $HOME"], "--target lab:6.12 -- a --target 'it'\\''s $HOME'"],
    [["-n", "k*"], "--target lab:6.12 -n 'k*'"],
    [["--", "a", ""], "--target lab:6.12 -- a ''"],
  ];
  for (const [args, expected] of rows) assert.equal(inLab(args), `deno run trace-clone ${expected}`);
});

Deno.test("elsewhere() knows nothing better for a guest that cannot be traced", () => {
  assert.equal(elsewhere({ kind: "lab", name: "lab:6.12", kernel: "6.12" }, []), undefined);
  assert.match(
    elsewhere({ kind: "local", name: "local" }, ["-x"]) ?? "",
    /--target lab:6\.12 -x\n.*lab demo$/,
  );
});

Deno.test("traceElsewhere() gives a line that traces, unless the target is a guest already", () => {
  assert.equal(traceElsewhere({ kind: "local", name: "local" }), "deno run trace-clone --target lab:6.12");
  assert.equal(traceElsewhere({ kind: "lab", name: "lab:6.12", kernel: "6.12" }), undefined);
});

Deno.test("elsewhere() gives leaks its place before the target, and the look that works here", () => {
  const local = { kind: "local", name: "local" } as const;
  const hint = elsewhere(local, ["leaks", "--json"]) ?? "";
  assert.match(hint, /^ {4}deno run trace-clone leaks --target lab:6\.12 --json$/m);
  assert.match(hint, /^ {4}deno run trace-clone leaks --now$/m);
  const command = elsewhere(local, ["leaks", "--fail-on", "dead", "--", "make", "test"]) ?? "";
  assert.match(command, /^ {4}deno run trace-clone leaks --target lab:6\.12 --fail-on dead -- make test$/m);
  assert.doesNotMatch(command, /--now/);
});
