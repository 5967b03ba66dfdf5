// SIGKILL for every process of the chain that one start of the tool makes: 15 seconds later nothing of it is left, here
// or in the guest, and the tool has said what became of its run.
//
// One chain at a time: several bpftraces that compile and attach at once in one guest under emulation have ended it. A
// guest that vanishes says nothing about the tool, so its test is repeated once, in a new guest.
// Guests: keeps lab:6.12.

import assert from "node:assert/strict";
import { GuestHost } from "../../hosts/mod.ts";
import { buildStimulus, findKernel, type Guest, registerGuest, startGuest } from "../../lab/mod.ts";
import { EXIT } from "../../scripts/cli/exit_code.ts";
import { lookAround } from "../support/look.ts";
import { type ChainEnd, type Member, ToolChain } from "../support/tool_chain.ts";

/** When nothing may be left, in milliseconds after the kill. */
const GONE_MS = 15_000;
/** One process to kill, and what the tool says of it. */
interface Victim {
  /** The process. */
  readonly member: Member;
  /** The tool's own exit code, one of these. */
  readonly codes: readonly number[];
  /** What npx ends with: the tool's exit code, that of the command, or something else than 0 when it cannot know. */
  readonly passed: "tool" | "command" | "unknown";
}

const VICTIMS: readonly Victim[] = [
  { member: "npx", codes: [EXIT.hangup], passed: "unknown" },
  { member: "shell of npx", codes: [EXIT.hangup], passed: "unknown" },
  { member: "outer deno", codes: [EXIT.hangup], passed: "unknown" },
  { member: "inner deno", codes: [], passed: "unknown" },
  { member: "launchers watcher", codes: [EXIT.hangup], passed: "tool" },
  { member: "ssh master", codes: [EXIT.undetermined], passed: "tool" },
  { member: "ssh helper", codes: [EXIT.undetermined], passed: "tool" },
  { member: "ssh session of the command", codes: [EXIT.undetermined], passed: "tool" },
  { member: "ssh session of bpftrace", codes: [EXIT.undetermined], passed: "tool" },
  { member: "remote shell", codes: [EXIT.undetermined, EXIT.budget], passed: "tool" },
  { member: "guard", codes: [EXIT.undetermined, EXIT.budget], passed: "tool" },
  { member: "reader of the guard", codes: [EXIT.undetermined, EXIT.budget], passed: "tool" },
  { member: "ticker of the guard", codes: [EXIT.undetermined, EXIT.budget], passed: "tool" },
  { member: "loop of the guard", codes: [EXIT.undetermined, EXIT.budget], passed: "tool" },
  { member: "bpftrace", codes: [EXIT.undetermined], passed: "tool" },
  { member: "guard of the command", codes: [EXIT.undetermined], passed: "tool" },
  { member: "command", codes: [EXIT.well], passed: "command" },
];

/** What a kill has led to. */
interface Outcome {
  /** How the tool ended; `undefined` when it had not in time. */
  readonly end: ChainEnd | undefined;
  /** What was left at the end of the time: of this chain, and in the kernel and the files of the guest. */
  readonly left: readonly string[];
}

let guest: Guest;
let host: GuestHost;
let stimulus: string;

const onProgress = (line: string) => console.log(line);

async function boot(): Promise<void> {
  guest = await startGuest({ kernel: findKernel("6.12"), timeLimitSeconds: 1800, onProgress });
  host = await GuestHost.connect(guest);
  await registerGuest(guest);
}

async function shutDown(): Promise<void> {
  await host?.[Symbol.asyncDispose]();
  await guest?.stop();
}

Deno.test.beforeAll(async () => {
  stimulus = await buildStimulus({ onProgress });
  await boot();
});

Deno.test.afterAll(shutDown);

for (const victim of VICTIMS) {
  Deno.test(`killing the ${victim.member} leaves nothing behind`, async () => {
    check(victim, await killInGuest(victim));
  });
}

async function killInGuest(victim: Victim): Promise<Outcome> {
  let hasEnded = false;
  guest.ended.then(() => hasEnded = true);
  try {
    const outcome = (await killOneEach([victim])).get(victim);
    assert.ok(outcome !== undefined);
    return outcome;
  } catch (error) {
    if (!hasEnded) throw error;
    console.log(`the guest was lost: ${await guest.ended}; its console ended with`);
    console.log((await Deno.readTextFile(guest.serialLog).catch(() => "nothing that was kept")).slice(-3000));
    await shutDown();
    await boot();
    const outcome = (await killOneEach([victim])).get(victim);
    assert.ok(outcome !== undefined);
    return outcome;
  }
}

/** Starts one chain for each victim, kills the victims, and looks until all is gone or the time is over. */
async function killOneEach(victims: readonly Victim[]): Promise<ReadonlyMap<Victim, Outcome>> {
  const before = (await lookAround(host)).traces;
  await using stack = new AsyncDisposableStack();
  const starts = await Promise.allSettled(victims.map(() => ToolChain.start(stimulus, host)));
  const chains = starts.flatMap((it) => it.status === "fulfilled" ? [stack.use(it.value)] : []);
  for (const it of starts) if (it.status === "rejected") throw it.reason;
  await Promise.all(victims.map((victim, at) => chains[at]?.kill(victim.member, host)));

  const killed = performance.now();
  const ends = new Map<ToolChain, ChainEnd>();
  for (const chain of chains) chain.ended.then((end) => ends.set(chain, end));
  for (;;) {
    const isLate = performance.now() - killed > GONE_MS;
    const look = await lookAround(host);
    const traces = [...look.traces.difference(before)];
    const left = await Promise.all(chains.map((chain) => chain.left(look)));
    if (isLate || (ends.size === chains.length && [...traces, ...left.flat()].length === 0)) {
      const seconds = ((performance.now() - killed) / 1000).toFixed(1);
      console.log(`killed ${victims.map((it) => it.member).join(", ")}: looked ${seconds} s later`);
      return new Map(victims.map((victim, at) => {
        const chain = chains[at];
        const end = chain && ends.get(chain);
        return [victim, { end, left: [...left[at] ?? [], ...traces] }];
      }));
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function check(victim: Victim, { end, left }: Outcome): void {
  assert.deepEqual(left, []);
  assert.ok(end !== undefined, "the tool did not end");
  const events = end.lines.map((line) => JSON.parse(line));
  assert.equal(events[0]?.type, "start");
  if (victim.member === "inner deno") {
    assert.notEqual(end.code, 0);
    return;
  }
  const last = events.at(-1);
  assert.equal(last?.type, "end", end.words);
  const lost = events.filter((it) => it.type === "lost" || it.type === "summary");
  assert.ok(
    victim.codes.includes(last.exit_code),
    [...lost, last].map((it) => JSON.stringify(it)).join("\n"),
  );
  if (victim.passed === "tool") assert.equal(end.code, last.exit_code);
  else if (victim.passed === "command") assert.equal(end.code, last.command_status);
  else assert.notEqual(end.code, 0);
}
