import assert from "node:assert/strict";
import { LocalHost } from "../hosts/mod.ts";
import { fakeHost } from "../kernel/_fake_host.ts";
import { parseReport, runSelfStimulus } from "./self_stimulus.ts";

Deno.test("runSelfStimulus() makes a pidfd by each call on this very machine", async () => {
  const report = await runSelfStimulus(new LocalHost());
  if (typeof report === "string") assert.fail(report);
  assert.deepEqual(report.births.map((it) => it.call), ["clone", "clone3", "pidfd_open"]);
  assert.equal(new Set(report.births.map((it) => it.target)).size, 3, "three children");
  assert.ok(report.births.every((it) => it.fd > 2 && it.target !== report.pid));
  assert.deepEqual([report.failed, report.moved], [true, true]);
});

Deno.test("runSelfStimulus() says why nothing could be made", async () => {
  assert.match(
    String(await runSelfStimulus(fakeHost({}))),
    /^No stimulus could be run on the target: there is no perl, there is no python3$/,
  );
});

for (
  const [what, text] of [
    ["nothing", ""],
    ["no end", "pid 7\nclone 8 3\n"],
    ["no process id", "clone 8 3\nend\n"],
    ["a number that is none", "pid 7x\nend\n"],
  ] as const
) {
  Deno.test(`parseReport() takes no report with ${what}`, () => assert.equal(parseReport(text), undefined));
}

Deno.test("parseReport() passes over what it does not know", () => {
  const report = parseReport("pid 7\nfork 1 2\nclone3 9 -1\nclone3 9 4\nend\n");
  assert.deepEqual(report, {
    pid: 7,
    births: [{ call: "clone3", target: 9, fd: 4 }],
    failed: false,
    moved: false,
  });
});
