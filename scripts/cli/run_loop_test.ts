import assert from "node:assert/strict";
import type { Capture, CaptureEnd, CaptureMessage, Command } from "../../capture/mod.ts";
import { Correlator, type Update } from "../../model/mod.ts";
import { NdjsonReport } from "../../reports/mod.ts";
import type { Ending } from "./endings.ts";
import { EventOutput } from "./event_output.ts";
import { EventWriter } from "./publisher.ts";
import { follow, type RunLoop, type RunResult } from "./run_loop.ts";
import type { Terminal } from "./terminal.ts";

const QUIET: Terminal = { write: () => Promise.resolve(true), note() {}, status() {}, raw() {} };
const LIMITS = { durationMs: 20_000, durationGiven: false, eventsMax: 100, eventsGiven: false };
const SECOND: readonly CaptureMessage[] = [{ kind: "other" }];

/** A capture that gives messages until it is stopped, or until it ends by itself. */
class FakeCapture implements Capture {
  readonly attachment = { bpftracePid: 1, attachedNs: 0n, utcOffsetNs: 0n };
  readonly #end: PromiseWithResolvers<CaptureEnd> = Promise.withResolvers();
  readonly #given: readonly (readonly CaptureMessage[])[];
  stopped = 0;

  constructor(given: readonly (readonly CaptureMessage[])[], byItself?: CaptureEnd) {
    this.#given = given;
    if (byItself !== undefined) this.#end.resolve(byItself);
  }

  get ended(): Promise<CaptureEnd> {
    return this.#end.promise;
  }

  async *messages(): AsyncGenerator<readonly CaptureMessage[]> {
    yield* this.#given;
    await this.ended;
  }

  stop(): void {
    this.stopped += 1;
    // bpftrace takes its time to detach.
    setTimeout(() => this.#end.resolve("stopped"), 50);
  }

  diagnostics = () => [];

  [Symbol.asyncDispose](): Promise<void> {
    this.#end.resolve("stopped");
    return Promise.resolve();
  }
}

/** A writer that counts one event for each message list, and can lose its reader. */
class FakeWriter extends EventWriter {
  #taken = 0;
  readonly #closedAfter: number;

  constructor(closedAfter = Infinity) {
    const output = new EventOutput(QUIET, { report: new NdjsonReport() });
    super(output, { origin: { host: "fake", utcOffsetNs: 0n }, outcome: "all" });
    this.#closedAfter = closedAfter;
  }

  override get written(): number {
    return this.#taken;
  }

  override take(_updates: readonly Update[], room: number): Promise<boolean> {
    this.#taken = Math.min(this.#taken + 1, room);
    return Promise.resolve(this.#taken <= this.#closedAfter);
  }
}

/** A command that ends with a status, by itself or when it is disposed. */
class FakeCommand implements Command {
  readonly pid = 2;
  readonly folder = "/tmp";
  readonly output: ReadableStream<Uint8Array> = new ReadableStream();
  readonly #end: PromiseWithResolvers<number | undefined> = Promise.withResolvers();
  disposed = false;

  constructor(end: { readonly status: number | undefined } | "runs on") {
    if (end !== "runs on") this.#end.resolve(end.status);
  }

  get ended(): Promise<number | undefined> {
    return this.#end.promise;
  }

  go(): void {}

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    this.#end.resolve(143);
    return Promise.resolve();
  }
}

interface Fakes extends Partial<Omit<RunLoop, "limits">> {
  readonly limits?: Partial<RunLoop["limits"]>;
}

async function run(fakes: Fakes): Promise<Omit<RunResult, "outside"> & { readonly stopped: number }> {
  const { outside: _, ...result } = await followed(fakes);
  return result;
}

async function followed(fakes: Fakes): Promise<RunResult & { readonly stopped: number }> {
  const capture = fakes.capture ?? new FakeCapture([]);
  const scope = { pids: undefined, comm: undefined, descendants: false };
  const result = await follow({
    correlator: new Correlator({ law: "per-inode", attachedNs: 0n, scope, cpus: 2 }),
    writer: new FakeWriter(),
    command: undefined,
    signal: new AbortController().signal,
    lost: new Promise(() => {}),
    ...fakes,
    capture,
    stream: capture.messages(),
    limits: { ...LIMITS, ...fakes.limits },
  });
  return { ...result, stopped: capture instanceof FakeCapture ? capture.stopped : 0 };
}

Deno.test("follow() ends some time after the command, with its status", async () => {
  const start = performance.now();
  const { stopped, ...result } = await run({ command: new FakeCommand({ status: 7 }) });
  assert.deepEqual(result, {
    reason: "the command ended with status 7",
    complete: true,
    code: 0,
    commandStatus: 7,
  });
  assert.equal(stopped, 1);
  const waitedMs = performance.now() - start;
  assert.ok(waitedMs > 1400 && waitedMs < 5000, `${waitedMs} ms`);
});

Deno.test("follow() ends after the time, and ends the command, whose status then says nothing", async () => {
  for (const [durationGiven, code] of [[true, 0], [false, 5]] as const) {
    const command = new FakeCommand("runs on");
    const { stopped, ...result } = await run({ command, limits: { durationMs: 50, durationGiven } });
    const reason = "the time of 0.05 s was over";
    assert.deepEqual(result, { reason, complete: true, code, commandStatus: undefined });
    assert.ok(command.disposed);
    assert.equal(stopped, 1);
  }
});

Deno.test("follow() ends after the number of events", async () => {
  for (const [eventsGiven, code] of [[true, 0], [false, 5]] as const) {
    const capture = new FakeCapture([SECOND, SECOND, SECOND]);
    const { reason, code: found, stopped } = await run({ capture, limits: { eventsMax: 2, eventsGiven } });
    assert.deepEqual([reason, found], ["the limit of 2 events was reached", code]);
    assert.ok(stopped > 0);
  }
});

Deno.test("follow() ends with the code of the signal that interrupts it", async () => {
  const ending: Ending = { reason: "interrupted", code: 130 };
  const command = new FakeCommand("runs on");
  const before = await run({ signal: AbortSignal.abort(ending), command });
  assert.deepEqual([before.reason, before.code, before.stopped], ["interrupted", 130, 1]);
  assert.ok(command.disposed);
  const controller = new AbortController();
  setTimeout(() => controller.abort(ending), 20);
  assert.equal((await run({ signal: controller.signal })).code, 130);
});

Deno.test("follow() is undetermined when the target is lost", async () => {
  const { reason, code, complete } = await run({ lost: Promise.resolve(new Error("The guest has gone")) });
  assert.deepEqual([reason, code, complete], ["The guest has gone", 4, false]);
});

Deno.test("follow() tells apart what follows from the events and what does not", async () => {
  const gap: CaptureMessage = { kind: "dropped", events: 3 };
  const lossy = await followed({ capture: new FakeCapture([[gap]], "stopped") });
  assert.deepEqual([lossy.code, lossy.complete], [4, false]);
  assert.deepEqual(lossy.outside, { complete: true, codes: [0] });
  const gone = await followed({ lost: Promise.resolve(new Error("The guest has gone")) });
  assert.deepEqual(gone.outside, { complete: false, codes: [4] });
  const killed = await followed({ capture: new FakeCapture([], "killed") });
  assert.deepEqual(killed.outside, { complete: false, codes: [4, 4] });
});

Deno.test("follow() is undetermined when the command is lost", async () => {
  const { reason, code, commandStatus } = await run({ command: new FakeCommand({ status: undefined }) });
  assert.deepEqual([reason, code, commandStatus], ["the command, or the way to it, was lost", 4, undefined]);
});

Deno.test("follow() tells an end that nobody asked for, and is not complete then", async () => {
  const rows: readonly (readonly [CaptureEnd, RegExp, number])[] = [
    ["killed", /^bpftrace was killed/, 4],
    ["lost", /was lost$/, 4],
    ["by-itself", /^the program in the kernel ended by itself/, 5],
  ];
  for (const [end, reason, code] of rows) {
    const result = await run({ capture: new FakeCapture([SECOND], end) });
    assert.match(result.reason, reason);
    assert.deepEqual([result.code, result.complete, result.stopped], [code, false, 0]);
  }
});

Deno.test("follow() takes the last records for uncertain exactly when bpftrace could not say the rest", async () => {
  const scope = { pids: undefined, comm: undefined, descendants: false };
  for (const ended of ["killed", "lost", "by-itself"] as const) {
    let cuts = 0;
    const correlator = new class extends Correlator {
      override cut(): void {
        cuts += 1;
      }

      override finish(): readonly Update[] {
        assert.equal(cuts, ended === "by-itself" ? 0 : 1, ended);
        return super.finish();
      }
    }({ law: "per-inode", attachedNs: 0n, scope, cpus: 2 });
    await run({ capture: new FakeCapture([], ended), correlator });
  }
});

Deno.test("follow() ends well when nobody reads standard output any more", async () => {
  const capture = new FakeCapture([SECOND, SECOND]);
  const { reason, code, stopped } = await run({ capture, writer: new FakeWriter(1) });
  assert.deepEqual([reason, code, stopped], ["standard output was closed", 0, 1]);
});

Deno.test("follow() is undetermined when something was lost on the way", async () => {
  const capture = new FakeCapture([[{ kind: "dropped", events: null }]], "stopped");
  const { code, complete } = await run({ capture });
  assert.deepEqual([code, complete], [4, false]);
});

Deno.test("follow() lets time pass where nothing happens", async () => {
  const passed: bigint[] = [];
  const writer = new class extends FakeWriter {
    override pass(nowNs: bigint): void {
      passed.push(nowNs);
    }
  }();
  const scope = { pids: undefined, comm: undefined, descendants: false };
  const correlator = new Correlator({ law: "per-inode", attachedNs: 0n, scope, cpus: 1 });
  const tick = (seconds: number): readonly CaptureMessage[] => [
    { kind: "record", text: `tick 0 ${seconds}000000000 0 0` },
  ];
  await run({ capture: new FakeCapture([tick(3), tick(9)], "stopped"), writer, correlator });
  assert.equal(passed.length, 3);
  assert.ok((passed.at(-1) ?? 0n) > (passed[0] ?? 0n), `${passed}`);
});

Deno.test("follow() detaches when its writer has looked a last time, and not before", async () => {
  const capture = new FakeCapture([]);
  const looked: number[] = [];
  class LookingWriter extends FakeWriter {
    override async detaching(): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 20));
      looked.push(capture.stopped);
    }
  }
  const { stopped } = await run({ capture, writer: new LookingWriter(), limits: { durationMs: 10 } });
  assert.deepEqual([looked, stopped], [[0], 1]);
});
