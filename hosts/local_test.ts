import assert from "node:assert/strict";
import { LocalHost } from "./local.ts";
import { run, runBytes } from "./run.ts";

const host = new LocalHost();

Deno.test("LocalHost.spawn() passes words on unchanged when a shell would change them", async () => {
  const words = ["", "$(id)", "it's", "a\n\n", "*", "-n", "é😀"];
  const { stdout } = await run(host, ["printf", "%s\\0", ...words]);
  assert.deepEqual(stdout.split("\0").slice(0, -1), words);
});

Deno.test("LocalHost.spawn() ends with status 127 when there is no such program", async () => {
  const { code, stderr } = await run(host, ["no such program"]);
  assert.equal(code, 127);
  assert.match(stderr, /not found/);
});

Deno.test("LocalHost.spawn() sets the C locale and finds programs of the administrator", async () => {
  const { stdout } = await run(host, ["sh", "-c", 'echo "$LC_ALL $PATH"']);
  assert.match(stdout, /^C .*:\/usr\/sbin:\/sbin\n$/);
});

Deno.test("HostProcess.kill() ends a program that ignores other signals", async () => {
  const process = host.spawn(["sh", "-c", 'trap "" TERM INT HUP; echo up; read -r line']);
  const output = process.stdout.getReader();
  assert.equal(new TextDecoder().decode((await output.read()).value), "up\n");
  process.kill();
  assert.deepEqual(await process.status, { code: 137 });
  process.kill();
  await Promise.all([output.cancel(), process.stderr.cancel(), process.stdin.close().catch(() => undefined)]);
});

Deno.test("HostProcess.stdin gives the program the end of its input when it is closed", async () => {
  const process = host.spawn(["cat"]);
  const input = process.stdin.getWriter();
  await input.write(new TextEncoder().encode("hello"));
  await input.close();
  assert.equal(await new Response(process.stdout).text(), "hello");
  assert.deepEqual(await process.status, { code: 0 });
  await process.stderr.cancel();
});

Deno.test("run() gives exit status and both outputs", async () => {
  const result = await run(host, ["sh", "-c", "cat; echo oops >&2; exit 3"], { input: "hello" });
  assert.deepEqual(result, { code: 3, stdout: "hello", stderr: "oops\n" });
});

Deno.test("run() gives 128 + n when signal n ended the program", async () => {
  assert.equal((await run(host, ["sh", "-c", "kill -TERM $$"])).code, 143);
});

Deno.test("run() kills the program when its time is up", async () => {
  const hanging = run(host, ["sleep", "60"], { timeoutMs: 50 });
  await assert.rejects(hanging, { name: "HostError", kind: "failed", message: /did not end within 50 ms/ });
});

Deno.test("run() does not wait for a grandchild that holds the pipes when the time is up", async () => {
  const start = performance.now();
  const hanging = run(host, ["sh", "-c", "sleep 3 & wait"], { timeoutMs: 50 });
  await assert.rejects(hanging, { kind: "failed" });
  assert.ok(performance.now() - start < 2500);
});

Deno.test("run() throws the signal's reason when it is aborted", async () => {
  const reason = new Error("Enough");
  const controller = new AbortController();
  const hanging = run(host, ["sleep", "60"], { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(hanging, reason);
  await assert.rejects(run(host, ["true"], { signal: controller.signal }), reason);
});

Deno.test("run() does not mind when a program ends without reading its input", async () => {
  assert.equal((await run(host, ["true"], { input: "x".repeat(1_000_000) })).code, 0);
});

Deno.test("runBytes() keeps bytes that are no text", async () => {
  const input = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.deepEqual((await runBytes(host, ["cat"], { input })).stdout, input);
});
