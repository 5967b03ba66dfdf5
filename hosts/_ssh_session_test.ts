import assert from "node:assert/strict";
import { launch } from "./_launch.ts";
import { sshSession, type SshSessionOptions } from "./_ssh_session.ts";
import { BOOT, encodeArgv } from "./argv_frame.ts";
import { HostError, type HostProcess } from "./host.ts";
import { run } from "./run.ts";

const GONE = new HostError('Connection to "ssh:x" is gone', { host: "ssh:x", kind: "lost" });
const STANDS = { ended: new Promise<never>(() => {}), over: new Promise<never>(() => {}) };
const IS_OVER = { ended: Promise.resolve(), over: Promise.resolve(GONE) };

/** What an ssh client would be, without a network: a login shell that runs a script. */
function session(
  script: string,
  argv: readonly string[],
  link: Pick<SshSessionOptions, "ended" | "over"> = STANDS,
): HostProcess {
  const child = launch(["sh", "-c", script, "sh"], { host: "ssh:x" });
  return sshSession(child, { host: "ssh:x", frame: encodeArgv(argv), ...link });
}

/** A host whose programs are started by a script. */
function hostOf(script: string, link?: Pick<SshSessionOptions, "ended" | "over">) {
  return { name: "ssh:x", spawn: (argv: readonly string[]) => session(script, argv, link) };
}

Deno.test("sshSession() gives the program's own output when a start-up file prints something", async () => {
  const noisy = hostOf(`echo welcome; printf "no line feed"; ${BOOT}`);
  const result = await run(noisy, ["sh", "-c", "cat; echo oops >&2; exit 3"], { input: "hello" });
  assert.deepEqual(result, { code: 3, stdout: "hello", stderr: "oops\n" });
});

Deno.test("sshSession() fails with what was said when the login shell starts nothing", async () => {
  const says = (script: string, message: RegExp) =>
    assert.rejects(run(hostOf(script), ["true"]), { name: "HostError", kind: "failed", message });
  await says("echo no account; exit 1", /ended with status 1 and says "no account"$/);
  await says("echo no sh >&2; exit 127", /ended with status 127 and says "no sh"$/);
  await says("exit 0", /ended with status 0$/);
  await says("yes 2>/dev/null", /ended with status/);
});

Deno.test("sshSession() says that the server refuses another session", async () => {
  const script =
    "echo mux_client_request_session: session request failed: Session open refused by peer >&2; exit 255";
  await assert.rejects(run(hostOf(script), ["true"]), {
    kind: "denied",
    message: /refuses another session$/,
  });
});

Deno.test("sshSession() takes status 255 for the program's when the connection stands", async () => {
  assert.equal((await run(hostOf(BOOT), ["sh", "-c", "exit 255"])).code, 255);
});

Deno.test("sshSession() fails everywhere when the connection ends", async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const process = session(
    "echo trace-clone:ready; echo first; read -r one; read -r two; exit 255",
    ["true"],
    {
      ended,
      over: ended.then(() => GONE),
    },
  );
  const output = process.stdout.getReader();
  // What had arrived is given first.
  assert.equal(new TextDecoder().decode((await output.read()).value), "first\n");
  end();
  await process.stdin.close();
  await assert.rejects(output.read(), GONE);
  await assert.rejects(process.stderr.getReader().read(), GONE);
  await assert.rejects(process.status, GONE);
});

Deno.test("sshSession() fails when its client is killed by somebody else", async () => {
  const killed = "echo trace-clone:ready; kill -KILL $$";
  await assert.rejects(run(hostOf(killed), ["true"]), { kind: "lost", message: /was ended by SIGKILL$/ });
  await assert.rejects(run(hostOf(killed, IS_OVER), ["true"]), GONE);
});

Deno.test("HostProcess.kill() ends a session at once, also when something holds its pipes", async () => {
  const process = session("sleep 2 & echo trace-clone:ready; echo first; wait", ["true"]);
  const output = process.stdout.getReader();
  assert.equal(new TextDecoder().decode((await output.read()).value), "first\n");
  const start = performance.now();
  process.kill();
  assert.deepEqual(await process.status, { code: 137 });
  assert.equal((await output.read()).done, true);
  assert.equal((await process.stderr.getReader().read()).done, true);
  assert.ok(performance.now() - start < 1500);
  await process.stdin.close().catch(() => undefined);
});
