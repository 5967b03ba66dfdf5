import assert from "node:assert/strict";
import { HostError, LocalHost } from "../hosts/mod.ts";
import { signalOne, until } from "../tests/support/marked_processes.ts";
import { ProgramError } from "./diagnostic.ts";
import { FAKE_READY, FAKE_WAIT, FakeBpftrace } from "./_fake_bpftrace.ts";
import { type Capture, launch, type LaunchOptions } from "./launch.ts";
import type { CaptureMessage } from "./message.ts";

const host = new LocalHost();

/** Starts a fake bpftrace, and hands the capture over. */
async function withFake(
  script: string,
  use: (capture: Capture) => Promise<void>,
  options: Partial<LaunchOptions> = {},
): Promise<void> {
  await using fake = await FakeBpftrace.create();
  const bpftrace = await fake.script(script);
  await using capture = await launch(host, { source: "BEGIN {}", commandPid: 0, ...options, bpftrace });
  await use(capture);
}

/** What starting a fake bpftrace fails with. */
async function failure(script: string, options: Partial<LaunchOptions> = {}): Promise<unknown> {
  try {
    await withFake(script, () => Promise.resolve(), options);
  } catch (error) {
    return error;
  }
  throw new Error("It was launched");
}

async function all(capture: Capture): Promise<readonly CaptureMessage[]> {
  const messages: CaptureMessage[] = [];
  for await (const some of capture.messages()) messages.push(...some);
  return messages;
}

async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", '[ -e "/proc/$0/exe" ] && echo yes', `${pid}`],
  }).output();
  return stdout.length > 0;
}

Deno.test("launch() waits for the program's first line and reads the clocks", async () => {
  await withFake(`sleep 0.3${FAKE_READY}${FAKE_WAIT}`, async ({ attachment }) => {
    const uptime = Number((await host.readText("/proc/uptime")).split(" ")[0]);
    assert.equal(attachment.utcOffsetNs, 1_700_000_000_250_000_000n - 5_000_000_000n);
    assert.ok(await isAlive(attachment.bpftracePid));
    assert.ok(Math.abs(Number(attachment.attachedNs) / 1e9 - uptime) < 2);
  });
});

Deno.test("launch() hands the program and its parameters to bpftrace as they are", async () => {
  const source = 'BEGIN { printf("it\'s $(id) %d", $1); }';
  const script = `printf 'ERROR: <%s>\\n' "$@" >&2${FAKE_READY}${FAKE_WAIT}`;
  await withFake(script, async (capture) => {
    await until("the log", () => capture.diagnostics().length >= 6);
    const words = capture.diagnostics().map((it) => it.text);
    // The last one is the process id of the guard, for the program to watch.
    assert.deepEqual(words.slice(0, -1), ["-f", "json", "-e", source, "4711"].map((it) => `<${it}>`));
    assert.match(words.at(-1) ?? "", /^<\d+>$/);
  }, { source, commandPid: 4711 });
});

Deno.test("Capture.messages() hands every line to the tap first, and reads what it gives back", async () => {
  const heard: string[] = [];
  const tap = {
    take: (lines: readonly string[]) => {
      heard.push(...lines);
      return lines.map((it) => it.replace("secret", "public"));
    },
    ready: () => Promise.resolve(),
  };
  const script = `${FAKE_READY}printf '%s\\n' '{"type": "printf", "data": "secret\\n"}'`;
  await withFake(script, async (capture) => {
    const messages = await all(capture);
    assert.ok(messages.some((it) => it.kind === "record" && it.text === "public"));
    assert.ok(heard.some((it) => it.includes("attached_probes")), "from the first line on");
    assert.ok(heard.some((it) => it.includes("secret")), "as it was printed");
    assert.equal(messages.length, heard.length);
  }, { tap });
});

Deno.test("Capture.stop() lets bpftrace print its last lines, and ends as stopped", async () => {
  await withFake(`${FAKE_READY}${FAKE_WAIT}`, async (capture) => {
    const reading = all(capture);
    capture.stop();
    const messages = await reading;
    assert.equal(await capture.ended, "stopped");
    assert.deepEqual(messages.filter((it) => it.kind === "totals").length, 1);
    assert.deepEqual(messages.filter((it) => it.kind === "unreadable"), []);
    assert.equal(await isAlive(capture.attachment.bpftracePid), false);
  });
});

Deno.test("Capture.ended is by-itself when bpftrace ends well without being asked", async () => {
  await withFake(`${FAKE_READY}printf '%s\\n' '{"type": "printf", "data": "last\\n"}'`, async (capture) => {
    assert.deepEqual((await all(capture)).at(-2), { kind: "record", text: "last" });
    assert.equal(await capture.ended, "by-itself");
  });
});

Deno.test("Capture.ended is killed when bpftrace is killed, even in the middle of a line", async () => {
  await withFake(`${FAKE_READY}printf '{"type": "printf", "da'; exec sleep 61`, async (capture) => {
    const reading = all(capture);
    await until("its start", () => isAlive(capture.attachment.bpftracePid));
    signalOne(capture.attachment.bpftracePid, "SIGKILL");
    const unreadable = (await reading).filter((it) => it.kind === "unreadable");
    assert.deepEqual(unreadable, [{ kind: "unreadable", text: '{"type": "printf", "da' }]);
    assert.equal(await capture.ended, "killed");
  });
});

Deno.test("Capture.ended is killed when bpftrace fails in the middle", async () => {
  await withFake(`${FAKE_READY}echo 'ERROR: out of luck' >&2; exit 1`, async (capture) => {
    await all(capture);
    assert.equal(await capture.ended, "killed");
    await until("the log", () => capture.diagnostics().length > 0);
    assert.deepEqual(capture.diagnostics(), [{ level: "error", text: "out of luck" }]);
  });
});

Deno.test("Capture.ended is lost when the guard is killed with everything that it watches", async () => {
  await withFake(`${FAKE_READY}kill -KILL "$PPID"; exec sleep 61`, async (capture) => {
    await all(capture);
    assert.equal(await capture.ended, "lost");
  });
});

Deno.test("Capture closes everything when it is disposed, read or not", async () => {
  for (const read of [true, false]) {
    let pid = 0;
    await withFake(`${FAKE_READY}${FAKE_WAIT}`, async (capture) => {
      pid = capture.attachment.bpftracePid;
      if (read) { for await (const _messages of capture.messages()) break; }
    });
    assert.equal(await isAlive(pid), false);
  }
});

Deno.test("launch() throws ProgramError with bpftrace's words when it refuses the program", async () => {
  const script = "echo 'stdin:1:1-5: ERROR: No BTF found for vmlinux:gone' >&2; exit 255";
  const error = await failure(script, { source: "fentry:gone {}" });
  assert.ok(error instanceof ProgramError);
  assert.equal(
    error.message,
    "Cannot start the program: bpftrace ended with status 255: No BTF found for vmlinux:gone",
  );
  assert.match(error.log, /^stdin:1:1-5: ERROR/);
  assert.match(error.hint ?? "", /no such function/);
  assert.equal(error.source, "fentry:gone {}");
});

Deno.test("launch() throws HostError when there is no bpftrace, or none that can be executed", async () => {
  const of = async (bpftrace: string) => {
    const options = { source: "", commandPid: 0, bpftrace };
    const error = await launch(host, options).then(() => undefined, (it: unknown) => it);
    assert.ok(error instanceof HostError);
    assert.match(error.hint ?? "", /--bpftrace PATH/);
    return error.kind;
  };
  assert.equal(await of("/no/such/bpftrace"), "missing");
  assert.equal(await of("/proc/version"), "denied");
});

Deno.test("launch() throws HostError when the program is not ready in time, and leaves nothing", async () => {
  const error = await failure(FAKE_WAIT, { readyLimitMs: 300 });
  assert.ok(error instanceof HostError);
  assert.match(error.message, /not every probe was attached within 0\.3 s$/);
});

Deno.test("launch() throws HostError when the way to the host ends", async () => {
  const error = await failure('kill -KILL "$PPID"; exit 0');
  assert.ok(error instanceof HostError);
  assert.equal(error.kind, "lost");
});

Deno.test("launch() throws the signal's reason when it is aborted", async () => {
  const reason = new Error("Enough");
  assert.equal(await failure(FAKE_WAIT, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const hanging = failure(FAKE_WAIT, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 300);
  assert.equal(await hanging, reason);
});
