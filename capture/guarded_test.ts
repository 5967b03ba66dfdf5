import assert from "node:assert/strict";
import { LocalHost } from "../hosts/mod.ts";
import { sleep, until } from "../tests/support/marked_processes.ts";
import { holdCommand } from "./command.ts";
import { Guarded } from "./guarded.ts";

const host = new LocalHost();

async function all(guarded: Guarded): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const some of guarded.lines()) lines.push(...some);
  return lines;
}

async function exists(path: string): Promise<boolean> {
  const command = new Deno.Command("sh", { args: ["-c", '[ -e "$0" ] && echo yes', path] });
  return (await command.output()).stdout.length > 0;
}

Deno.test("Guarded.lines() keeps the guard's own lines out of the program's", async () => {
  const script = String
    .raw`echo one; echo '{"type": "exit", "status": "x"}'; echo '{"type": "printf"}'; exit 7`;
  await using guarded = new Guarded(host, { mode: "trace", argv: ["sh", "-c", script] });
  const lines = (await all(guarded)).filter((it) => it !== "");
  assert.deepEqual(lines, ["one", '{"type": "exit", "status": "x"}', '{"type": "printf"}']);
  const { guardPid, childPid, folder, status } = guarded.state;
  assert.ok(guardPid !== undefined && childPid !== undefined && guardPid !== childPid);
  assert.deepEqual([folder, status, await guarded.ended], [undefined, 7, 7]);
});

Deno.test("Guarded.until() gives what the guard told, and nothing when it ended without telling", async () => {
  await using guarded = new Guarded(host, { mode: "trace", argv: ["true"] });
  const reading = all(guarded);
  assert.equal(typeof await guarded.until("childPid"), "number");
  assert.equal(await guarded.until("status"), 0);
  assert.equal(await guarded.until("folder"), undefined);
  await reading;
});

Deno.test("Guarded.until() waits for what was told before the end, and is still to be read", async () => {
  await using guarded = new Guarded(host, { mode: "trace", argv: ["true"] });
  const lines = guarded.lines();
  const status = guarded.until("status");
  // The process has ended before anything of it was read.
  await guarded.ended;
  while ((await lines.next()).done !== true);
  assert.equal(await status, 0);
});

Deno.test("Guarded keeps its program alive by itself, and ends it when it is disposed", async () => {
  let pid = 0;
  {
    await using guarded = new Guarded(host, { mode: "trace", argv: ["sleep", "61"] });
    const reading = all(guarded);
    pid = await guarded.until("childPid") ?? 0;
    await sleep(5500);
    assert.ok(await exists(`/proc/${pid}/exe`));
    guarded.quit();
    assert.deepEqual((await reading).filter((it) => it !== ""), []);
    assert.equal(guarded.state.status, 130);
  }
  assert.equal(await exists(`/proc/${pid}/exe`), false);
});

Deno.test("Guarded can be disposed twice, and at once", async () => {
  const guarded = new Guarded(host, { mode: "command", argv: ["sleep", "61"] });
  await guarded[Symbol.asyncDispose]();
  await guarded[Symbol.asyncDispose]();
  await guarded.ended;
});

Deno.test("holdCommand() holds a command until go(), and tells its output and status", async () => {
  await using command = await holdCommand(host, ["sh", "-c", "echo $$; pwd; ls; exit 3"]);
  await Deno.writeTextFile(`${command.folder}/given`, "");
  const output = new Response(command.output).text();
  command.go();
  assert.equal(await command.ended, 3);
  assert.equal(await output, `${command.pid}\n${command.folder}\ngiven\n`);
  assert.equal(await exists(command.folder), false);
});

Deno.test("holdCommand() ends a held or running command when it is disposed", async () => {
  for (const go of [false, true]) {
    const command = await holdCommand(host, ["sleep", "61"]);
    if (go) command.go();
    const ended = command.ended;
    await command[Symbol.asyncDispose]();
    assert.equal(await ended, 143);
    assert.equal(await exists(`/proc/${command.pid}/exe`), false);
    assert.equal(await exists(command.folder), false);
  }
});

Deno.test("holdCommand() loses a command whose guard is killed, with an undefined status", async () => {
  await using command = await holdCommand(host, ["sh", "-c", 'kill -KILL "$PPID"; exec sleep 61']);
  command.go();
  assert.equal(await command.ended, undefined);
  await until("the end of the command", async () => !await exists(`/proc/${command.pid}/exe`));
  await until("the end of its folder", async () => !await exists(command.folder));
});

Deno.test("holdCommand() throws HostError with the host's words when it cannot be prepared", async () => {
  const broken = new LocalHost();
  broken.spawn = () => host.spawn(["sh", "-c", "echo 'mktemp: no space' >&2; exit 125"]);
  await assert.rejects(holdCommand(broken, ["true"]), { name: "HostError", message: /mktemp: no space$/ });
});
