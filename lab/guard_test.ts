import assert from "node:assert/strict";
import { childrenOf, isAlive, until } from "./_alive.ts";
import { type Guarded, startGuarded } from "./guard.ts";
import { signalOne } from "../tests/support/marked_processes.ts";

const LONG = { name: "guard-test", timeLimitSeconds: 30 };

/** Process ids of the guarded program and of the guard's helpers, once all of them run. */
async function processesOf(
  guarded: { readonly pid: number },
): Promise<{ program: number; helpers: number[] }> {
  let helpers: readonly number[] = [];
  let program: number | undefined;
  await until("the guarded program", async () => {
    helpers = await childrenOf(guarded.pid);
    program = helpers[0] === undefined ? undefined : (await childrenOf(helpers[0]))[0];
    return helpers.length === 2 && program !== undefined && await commandOf(program) === "sleep";
  });
  return { program: program ?? 0, helpers: [...helpers] };
}

async function commandOf(pid: number): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/comm`], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}

async function assertGone(pids: readonly number[]): Promise<void> {
  for (const pid of pids) await until(`the end of process ${pid}`, async () => !await isAlive(pid));
}

Deno.test("startGuarded() ends program and helpers when its standard input is closed", async () => {
  await using guarded = startGuarded(["sleep", "29"], LONG);
  const { program, helpers } = await processesOf(guarded);
  await guarded.stop();
  assert.deepEqual(await Promise.all([program, ...helpers].map(isAlive)), [false, false, false]);
});

Deno.test("startGuarded() ends a program that ignores SIGTERM", async () => {
  const stubborn = ["sh", "-c", "trap '' TERM; echo ready >&2; while :; do sleep 0.1; done"];
  await using guarded = startGuarded(stubborn, LONG);
  await until("its first words", () => Promise.resolve(guarded.messages() === "ready"));
  const started = Date.now();
  await guarded.stop();
  assert.ok(Date.now() - started < 4000);
});

Deno.test("startGuarded() ends the program when its time is up", async () => {
  await using guarded = startGuarded(["sleep", "29"], { name: "guard-test", timeLimitSeconds: 1 });
  const { program, helpers } = await processesOf(guarded);
  assert.equal((await guarded.status).code, 124);
  await assertGone([program, ...helpers]);
});

Deno.test("startGuarded() ends by itself when the program ends, with its status", async () => {
  await using guarded = startGuarded(["sh", "-c", "echo last words >&2; exit 7"], LONG);
  assert.equal((await guarded.status).code, 7);
  assert.equal(guarded.messages(), "last words");
});

const KILLERS: readonly { readonly who: string; readonly signal: Deno.Signal; readonly victim: Victim }[] = [
  { who: "its guard is killed with SIGKILL", signal: "SIGKILL", victim: (guarded) => guarded.pid },
  { who: "its guard is asked to end with SIGTERM", signal: "SIGTERM", victim: (guarded) => guarded.pid },
  {
    who: "its clock is killed with SIGKILL",
    signal: "SIGKILL",
    victim: (_guarded, helpers) => helpers[0],
  },
];
type Victim = (guarded: Guarded, helpers: readonly number[]) => number | undefined;

for (const { who, signal, victim } of KILLERS) {
  Deno.test(`startGuarded() ends the program when ${who}`, async () => {
    await using guarded = startGuarded(["sleep", "29"], LONG);
    const { program, helpers } = await processesOf(guarded);
    signalOne(victim(guarded, helpers), signal);
    await assertGone([program, ...helpers]);
    await guarded.status;
  });
}

Deno.test("startGuarded() is not ended by the signals that a terminal sends", async () => {
  await using guarded = startGuarded(["sleep", "29"], LONG);
  const { program } = await processesOf(guarded);
  for (const signal of ["SIGINT", "SIGHUP", "SIGQUIT"] as const) signalOne(guarded.pid, signal);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await isAlive(program), true);
});

Deno.test("startGuarded() ends the program when the process that started it is killed with SIGKILL", async () => {
  const folder = await Deno.makeTempDir();
  const source = `import { startGuarded } from ${JSON.stringify(new URL("./guard.ts", import.meta.url).href)};
    const guarded = startGuarded(["sleep", "29"], { name: "guard-test", timeLimitSeconds: 30 });
    console.log(guarded.pid);
    await guarded.status;`;
  await Deno.writeTextFile(`${folder}/parent.ts`, source);
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-run=sh", `${folder}/parent.ts`],
    stdout: "piped",
  }).spawn();
  const reader = parent.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  const { program, helpers } = await processesOf({ pid });
  parent.kill("SIGKILL");
  await assertGone([program, ...helpers, pid]);
  await parent.status;
  await reader.cancel();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("startGuarded() ends what the program has started too, even if it ignores SIGTERM", async () => {
  const parent = ["sh", "-c", "(trap '' TERM; exec sleep 28 2>/dev/null) & echo $! >&2; wait"];
  await using guarded = startGuarded(parent, LONG);
  await until("its first words", () => Promise.resolve(/^[0-9]+$/.test(guarded.messages())));
  const pid = Number(guarded.messages());
  await until("the child", async () => await commandOf(pid) === "sleep");
  await guarded.stop();
  await assertGone([pid]);
});

Deno.test("startGuarded() hands out output and messages", async () => {
  const lines: string[] = [];
  const words = ["sh", "-c", "printf 'one\\rtwo\\nthr' >&2; sleep 0.1; printf ee >&2; echo out"];
  await using guarded = startGuarded(words, { ...LONG, onLine: (line) => lines.push(line) });
  assert.equal(await guarded.output, "out\n");
  await guarded.status;
  assert.deepEqual(lines, ["one", "two", "three"]);
});

Deno.test("startGuarded() hands arguments over as they are", async () => {
  const words = ["$(id)", "`id`", "; id", "a b", "*", "'\""];
  const script = 'for word in "$@"; do printf "<%s>\\n" "$word" >&2; done';
  await using guarded = startGuarded(["sh", "-c", script, "show", ...words], LONG);
  await guarded.status;
  assert.equal(guarded.messages(), words.map((word) => `<${word}>`).join("\n"));
});
