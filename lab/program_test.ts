import assert from "node:assert/strict";
import { HostError } from "../hosts/host.ts";
import { isAlive, until } from "./_alive.ts";
import { runProgram } from "./program.ts";

async function errorOf(promise: Promise<unknown>): Promise<HostError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error("Cannot take the error of a success");
}

Deno.test("runProgram() names the Debian package when the program is missing", async () => {
  // A name that is in the table of packages, made unfindable.
  const words = ["env", "-i", "PATH=/nowhere", "/usr/bin/setpriv", "--", "mmdebstrap"];
  const error = await errorOf(runProgram(words, { purpose: "fetch a kernel" }));
  assert.equal(error.kind, "missing");
  assert.equal(error.message, 'Cannot fetch a kernel: the program "mmdebstrap" is not installed');
  assert.match(error.hint ?? "", /Debian package "mmdebstrap".*apt-get install -y .*mmdebstrap/);
});

Deno.test("runProgram() says so when an unknown program is missing", async () => {
  const error = await errorOf(runProgram(["no-such-program"], { purpose: "do it" }));
  assert.equal(error.kind, "missing");
  assert.match(error.message, /"no-such-program" is not installed/);
});

const FAILURES: readonly { readonly says: string; readonly hint: RegExp }[] = [
  { says: "E: Failed to fetch it  Could not resolve the name", hint: /check the network and the proxy/ },
  { says: "tar: write error: No space left on device", hint: /The disk is full: .*lab rm/ },
  {
    says: "E: The repository 'x' does not have a Release file.",
    hint: /^The mirror has no such Debian suite/,
  },
  { says: "E: unable to pick chroot mode automatically", hint: /as root: usermod --add-subuids/ },
  { says: "something else", hint: /^It said at the end:\nsomething else$/ },
  { says: "\x1b[31mred", hint: /\?\[31mred/ },
];
for (const { says, hint } of FAILURES) {
  Deno.test(`runProgram() gives a hint when the program says ${JSON.stringify(says)}`, async () => {
    const words = ["sh", "-c", 'printf "%s\\n" "$1" >&2; exit 3', "say", says];
    const error = await errorOf(runProgram(words, { purpose: "try it", host: "lab:6.12" }));
    assert.equal(error.message, 'Cannot try it: "sh" ended with status 3 instead of 0');
    assert.equal(error.host, "lab:6.12");
    assert.match(error.hint ?? "", hint);
  });
}

Deno.test("runProgram() ends the program when its signal is aborted", async () => {
  const controller = new AbortController();
  const started = Date.now();
  const running = runProgram(["sleep", "29"], { purpose: "wait", signal: controller.signal });
  setTimeout(() => controller.abort(new Error("Cancelled")), 50);
  await assert.rejects(running, /Cancelled/);
  assert.ok(Date.now() - started < 2000);
});

Deno.test("runProgram() ends the program when its time is up", async () => {
  const error = await errorOf(runProgram(["sleep", "29"], { purpose: "wait", timeLimitSeconds: 0.1 }));
  assert.equal(error.message, 'Cannot wait: "sleep" did not end within 0.1 s');
});

Deno.test("runProgram() lets no program outlive the process that started it", async () => {
  const folder = await Deno.makeTempDir();
  const source = `import { runProgram } from ${JSON.stringify(new URL("./program.ts", import.meta.url).href)};
    await runProgram(["true"], { purpose: "be asynchronous" });
    const script = 'echo $$ >"$1/new"; mv "$1/new" "$1/pid"; while :; do sleep 0.05; done';
    await runProgram(["sh", "-c", script, "child", ${JSON.stringify(folder)}], { purpose: "wait" });`;
  await Deno.writeTextFile(`${folder}/parent.ts`, source);
  const args = ["run", "--no-prompt", "--allow-run=sh", `${folder}/parent.ts`];
  const parent = new Deno.Command(Deno.execPath(), { args }).spawn();
  const names = async () => (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name);
  await until("the child's begin", async () => (await names()).includes("pid"));
  const pid = Number(await Deno.readTextFile(`${folder}/pid`));
  parent.kill("SIGKILL");
  await until("the child's end", async () => !await isAlive(pid));
  await parent.status;
  await Deno.remove(folder, { recursive: true });
});
