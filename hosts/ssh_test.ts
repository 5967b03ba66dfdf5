import assert from "node:assert/strict";
import { sshArguments } from "./_ssh_arguments.ts";
import { sshFailure } from "./_ssh_failure.ts";
import { REMOTE_COMMAND } from "./argv_frame.ts";
import { SshHost } from "./ssh.ts";
import { checkDestination, type SshDestination } from "./ssh_destination.ts";

const BAD_DESTINATIONS: readonly SshDestination[] = [
  { host: "" },
  { host: "-oProxyCommand=id" },
  { host: "lab1 -oProxyCommand=id" },
  { host: "$(id)" },
  { host: "a;b" },
  { host: "a\nb" },
  { host: "a/b" },
  { host: "a@b" },
  { host: "é" },
  { host: "x".repeat(256) },
  { host: "::1%$(id)" },
  { host: "lab1", user: "" },
  { host: "lab1", user: "-l" },
  { host: "lab1", user: "a b" },
  { host: "lab1", user: "`id`" },
  { host: "lab1", port: 0 },
  { host: "lab1", port: 65536 },
  { host: "lab1", port: 22.5 },
];

Deno.test("checkDestination() throws when ssh could take a name for something else", () => {
  for (const destination of BAD_DESTINATIONS) {
    assert.throws(() => checkDestination(destination), TypeError, JSON.stringify(destination));
    assert.throws(() => sshArguments(destination, { role: "session", socket: "/tmp/s" }), TypeError);
  }
});

Deno.test("sshArguments() sends nothing but the constant when it is a session", () => {
  const words = sshArguments({ user: "root", host: "lab1", port: 23 }, { role: "session", socket: "/tmp/s" });
  assert.deepEqual(words.slice(-7), ["-l", "root", "-p", "23", "--", "lab1", REMOTE_COMMAND]);
  assert.deepEqual(words.slice(0, 6), ["ssh", "-F", "/dev/null", "-S", "/tmp/s", "-T"]);
  assert.ok(words.includes("ProxyCommand=false"));
});

Deno.test("sshArguments() puts our settings before those of the caller when it is the master", () => {
  const options = {
    role: "master",
    socket: "/tmp/s",
    connectTimeoutSeconds: 3,
    options: ["-i", "key"],
  } as const;
  const words = sshArguments({ host: "lab1" }, options);
  assert.deepEqual(words.slice(-4), ["-i", "key", "--", "lab1"]);
  for (
    const setting of ["BatchMode=yes", "ConnectTimeout=3", "ServerAliveInterval=2", "RemoteCommand=none"]
  ) {
    assert.equal(words[words.indexOf(setting) - 1], "-o");
  }
});

Deno.test("sshFailure() tells why ssh did not connect", () => {
  const rows = [
    ["ssh: connect to host a port 22: Connection refused\r\n", "lost", /refused/],
    ["ssh: connect to host a port 22: Connection timed out\r\n", "lost", /does not answer/],
    ["Connection timed out during banner exchange\r\n", "lost", /does not answer/],
    ["ssh: connect to host a port 22: No route to host\r\n", "lost", /does not answer/],
    ["ssh: Could not resolve hostname a: Name or service not known\r\n", "lost", /no such host/],
    ["a@b: Permission denied (publickey).\r\n", "denied", /every key/],
    ["Received disconnect from a: 2: Too many authentication failures\r\n", "denied", /every key/],
    ["Host key verification failed.\r\n", "denied", /not known here/],
    [
      "@@@\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.\r\n",
      "denied",
      /another one/,
    ],
    ["kex_exchange_identification: Connection closed by remote host\r\n", "lost", /does not answer/],
    ["sh: 1: exec: ssh: not found\n", "missing", /no ssh client/],
    ["sh: line 1: exec: ssh: not found\n", "missing", /no ssh client/],
    ["/root/.ssh/config: line 1: Bad configuration option: x\r\n", "failed", /Bad configuration option/],
    ["", "failed", /without a word/],
  ] as const;
  for (const [said, kind, message] of rows) {
    const error = sshFailure("ssh:a", said);
    assert.equal(error.kind, kind, said);
    assert.match(error.message, message);
    assert.equal(error.hint === undefined, kind === "failed");
  }
});

Deno.test("SshHost.connect() leaves nothing behind when nobody answers", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const before = await controlFolders();
  const connecting = SshHost.connect({ name: "ssh:x", destination: { host: "127.0.0.1", port } });
  await assert.rejects(connecting, { name: "HostError", kind: "lost", host: "ssh:x" });
  assert.deepEqual(await controlFolders(), before);
});

Deno.test("SshHost.connect() gives up when its time is up or it is aborted", async () => {
  // It accepts connections, and says nothing.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const destination = { host: "127.0.0.1", port: listener.addr.port };
  const slow = SshHost.connect({ name: "ssh:x", destination, timeoutMs: 200 });
  await assert.rejects(slow, { kind: "lost", message: /does not answer within 200 ms/ });
  const reason = new Error("Enough");
  const controller = new AbortController();
  const aborted = SshHost.connect({ name: "ssh:x", destination, signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(aborted, reason);
  await assert.rejects(SshHost.connect({ name: "ssh:x", destination, signal: controller.signal }), reason);
});

Deno.test("SshHost.connect() says why the machine went when somebody knows", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const destination = { host: "127.0.0.1", port: listener.addr.port };
  const connecting = SshHost.connect({ name: "lab:x", destination, gone: Promise.resolve("QEMU ended") });
  await assert.rejects(connecting, { kind: "lost", message: 'Connection to "lab:x" is gone: QEMU ended' });
});

/** Folders of control sockets. */
async function controlFolders(): Promise<readonly string[]> {
  const names = await Array.fromAsync(Deno.readDir("/tmp"), (entry) => entry.name);
  return names.filter((name) => name.startsWith("trace-clone-")).sort();
}
