import assert from "node:assert/strict";
import { fakeHost } from "../../kernel/_fake_host.ts";
import { SilenceWatch } from "./silence_watch.ts";

const FTRACE = "/proc/sys/kernel/ftrace_enabled";
const KPROBES = "/sys/kernel/debug/kprobes/enabled";
const rung = (door: string) =>
  [{
    what: "births",
    step: "fentry",
    functions: [],
    doors: [door],
    loses: [],
    instead: [],
  }] as const;

function watch(files: Record<string, string>, door: string) {
  const said: string[] = [];
  const silence = new SilenceWatch({
    host: fakeHost({ files }),
    ladder: rung(door),
    nowNs: () => 7n,
    onSilence: (text) => void said.push(text),
  });
  return { silence, said };
}

Deno.test("SilenceWatch tells of a switch that is off at the end, from when probes fired last", async () => {
  const { silence, said } = watch({ [FTRACE]: "0\n", [KPROBES]: "1\n" }, "fentry:copy_process");
  const losses = await silence.finish();
  assert.deepEqual(losses.map((it) => [it.reason, it.fromNs, it.toNs]), [
    ["silenced", 7n, 7n],
    ["silenced", 7n, null],
  ]);
  assert.equal(said.length, 1);
});

Deno.test("SilenceWatch says nothing when all is on, or when only doors that are not in use are off", async () => {
  for (
    const { silence, said } of [
      watch({ [FTRACE]: "1\n", [KPROBES]: "1\n" }, "fentry:copy_process"),
      watch({ [FTRACE]: "1\n", [KPROBES]: "0\n" }, "fentry:copy_process"),
      watch({ [FTRACE]: "0\n", [KPROBES]: "0\n" }, "tracepoint:task:task_newtask"),
      watch({}, "fentry:copy_process"),
    ]
  ) {
    assert.deepEqual(await silence.finish(), []);
    assert.deepEqual(said, []);
  }
});
