import assert from "node:assert/strict";
import {
  killAll,
  newMark,
  processesOf,
  signalOne,
  sleep,
  until,
} from "../../tests/support/marked_processes.ts";

const MODULE = new URL("./launchers.ts", import.meta.url).href;

/** What stands for the tool: it watches, and says when its launchers have gone. */
const TOOL = `
  import { watchLaunchers } from ${JSON.stringify(MODULE)};
  const watch = watchLaunchers();
  console.log("up", Deno.ppid, Deno.pid);
  await Promise.race([watch.gone.then(() => console.log("gone")), new Promise((it) => setTimeout(it, 20_000))]);
  await watch[Symbol.asyncDispose]();
  Deno.exit();
`;

/** The tool, at the end of a chain of shells. */
interface Chain extends AsyncDisposable {
  /** Process ids of the shells, the outermost first. */
  readonly shells: readonly number[];
  /** What was printed. */
  readonly text: () => string;
  /** Whether a process of the chain lives. */
  readonly lives: (pid: number) => Promise<boolean>;
  /** Whether the tool lives. */
  readonly toolLives: () => Promise<boolean>;
}

/** Starts the tool under two shells; `inner` is the command that the outer one starts the inner one with. */
async function start(inner: string): Promise<Chain> {
  const { mark, env } = newMark();
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, TOOL);
  const script = 'echo "outer $$"; ' + inner +
    ' sh -c \'echo "inner $$"; "$0" run -q --no-prompt --allow-run=sh "$1"; true\' "$0" "$1"; true';
  const child = new Deno.Command("setsid", {
    args: ["sh", "-c", script, Deno.execPath(), file],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  const reading = (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) text += chunk;
  })();
  const number = (name: string) => Number(new RegExp(`^${name} (?:\\d+ )?(\\d+)$`, "m").exec(text)?.[1]);
  await until("the tool", () => /^up /m.test(text));
  const tool = number("up");
  const lives = async (pid: number) => (await processesOf(mark)).includes(pid);
  return {
    shells: [number("outer"), number("inner")],
    text: () => text,
    lives,
    toolLives: () => lives(tool),
    async [Symbol.asyncDispose]() {
      await killAll(mark);
      await Promise.all([reading, child.status]);
      await Deno.remove(file);
    },
  };
}

Deno.test("watchLaunchers() notices within three seconds that a launcher was killed", async () => {
  await Promise.all([0, 1].map(async (which) => {
    await using chain = await start("");
    signalOne(chain.shells[which], "SIGKILL");
    await until("the end of the tool", async () => !await chain.toolLives(), { limitMs: 3000 });
    assert.match(chain.text(), /^gone$/m);
  }));
});

Deno.test("watchLaunchers() does not mind the end of what did not launch it", async () => {
  // The inner shell has a session of its own, as behind an interactive shell; the outer one is not of its group.
  await using chain = await start("setsid -w");
  const other = new Deno.Command("sleep", { args: ["60"] }).spawn();
  other.kill("SIGKILL");
  await other.status;
  signalOne(chain.shells[0], "SIGKILL");
  await sleep(2500);
  assert.ok(await chain.toolLives());
  assert.doesNotMatch(chain.text(), /gone/);
});
