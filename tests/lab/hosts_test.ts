// A guest as a host: the same code as for any machine behind ssh, and what happens when the machine goes away.
// Guests: alone.

import assert from "node:assert/strict";
import { GuestHost, HostError, run, runBytes, startGuestHost } from "../../hosts/mod.ts";
import { findKernel, type Guest, registerGuest, startGuest } from "../../lab/mod.ts";

const OPTIONS = { timeLimitSeconds: 300, onProgress: (line: string) => console.log(line) };
/** Words that one of the shells on the way could take for something else. */
const WORDS: readonly string[] = [
  "",
  "$(id)",
  "it's",
  'a"b',
  "a\nb\n\n",
  "%s\\n\\0101",
  "-n",
  "*",
  "é😀",
  "!x",
];

/** Names of the folders with our control sockets. */
async function controlFolders(): Promise<ReadonlySet<string>> {
  const names = await Array.fromAsync(Deno.readDir("/tmp"), (entry) => entry.name);
  return new Set(names.filter((name) => name.startsWith("trace-clone-")));
}

/** Waits until something is so; ten seconds at most. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`Waited in vain for ${what}`);
}

/** Who the guest is, and what its files say. */
async function checkReading(host: GuestHost, guest: Guest): Promise<void> {
  const description = await host.describe();
  assert.equal(description.name, "lab:6.12");
  assert.equal(description.release, guest.release);
  assert.deepEqual([description.cpus, description.uid], [2, 0]);

  const symbols = await host.readLinesWith("/proc/kallsyms", ["pidfd_poll", "pidfd_prepare"]);
  assert.ok(symbols.some((line) => / [Tt] pidfd_poll$/.test(line)));
  assert.ok(symbols.every((line) => /pidfd_p(oll|repare)/.test(line)));
  const btf = await host.readBytes("/sys/kernel/btf/vmlinux");
  const { stdout } = await run(host, ["stat", "-c", "%s", "/sys/kernel/btf/vmlinux"]);
  assert.equal(btf.length, Number(stdout));
  assert.deepEqual([...btf.slice(0, 2)], [0x9f, 0xeb]);
  const names = await host.list("/proc");
  assert.ok(names.includes("kallsyms") && names.includes("1"));
  await assert.rejects(host.readText("/proc/absent"), {
    name: "HostError",
    kind: "missing",
    host: "lab:6.12",
  });
}

/** What arrives in the guest, and what comes back. */
async function checkSpawning(host: GuestHost): Promise<void> {
  const words = [...WORDS, "x".repeat(100_000)];
  const { stdout } = await run(host, ["printf", "%s\\0", ...words]);
  assert.deepEqual(stdout.split("\0").slice(0, -1), words);

  const input = Uint8Array.from({ length: 100_000 }, (_, index) => index);
  assert.deepEqual((await runBytes(host, ["cat"], { input })).stdout, input);

  const codeOf = async (...argv: string[]) => (await run(host, argv)).code;
  assert.equal(await codeOf("no such program"), 127);
  assert.equal(await codeOf("sh", "-c", "exit 255"), 255);
  assert.equal(await codeOf("sh", "-c", "kill -9 $$"), 137);
  assert.equal((await Promise.all(Array.from({ length: 7 }, () => codeOf("true")))).join(""), "0000000");
}

/** How a program learns that we are gone. */
async function checkEndOfInput(host: GuestHost): Promise<void> {
  const marker = `/run/marker-${crypto.randomUUID()}`;
  const argv = ["sh", "-c", 'echo up; cat >/dev/null; echo end >"$1"', "sh", marker];
  for (const leave of ["close", "kill"]) {
    const process = host.spawn(argv);
    const output = process.stdout.getReader();
    assert.equal(new TextDecoder().decode((await output.read()).value), "up\n");
    if (leave === "close") await process.stdin.close();
    else process.kill();
    assert.equal((await process.status).code, leave === "close" ? 0 : 137);
    assert.equal((await output.read()).done, true);
    await process.stderr.cancel();
    await until("the marker", async () => (await run(host, ["test", "-e", marker])).code === 0);
    await run(host, ["rm", marker]);
  }
}

/** Refusals are told from silence, and are not tried again. */
async function checkRefusals(guest: Guest): Promise<void> {
  const { name, port, user, keyFile, knownHostsFile } = guest;
  const address = { name, port, user, keyFile, knownHostsFile };
  const start = performance.now();
  const noKey = GuestHost.connect({ ...address, keyFile: knownHostsFile });
  await assert.rejects(noKey, { kind: "denied", message: /refuses every key/ });
  const noHostKey = GuestHost.connect({ ...address, knownHostsFile: "/dev/null" });
  await assert.rejects(noHostKey, { kind: "denied", message: /host key is not known/ });
  assert.ok(performance.now() - start < 20_000);
}

/** A guest that somebody keeps running is used, and left alone. */
async function checkSharing(host: GuestHost, guest: Guest): Promise<void> {
  await registerGuest(guest);
  const { bootId } = await host.describe();
  {
    await using other = await startGuestHost({ ...OPTIONS, kernel: "6.12" });
    assert.equal((await other.describe()).bootId, bootId);
  }
  assert.equal((await host.describe()).bootId, bootId);
}

/** Nothing of ours stays on this machine when we are killed. */
async function checkOurDeath(guest: Guest): Promise<void> {
  const before = await controlFolders();
  const { name, port, user, keyFile, knownHostsFile } = guest;
  const hosts = new URL("../../hosts/mod.ts", import.meta.url).href;
  const source = `import { GuestHost, run } from ${JSON.stringify(hosts)};
    const host = await GuestHost.connect(${JSON.stringify({ name, port, user, keyFile, knownHostsFile })});
    const process = host.spawn(["sleep", "120"]);
    await run(host, ["true"]);
    console.log("up");
    await process.status;`;
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/victim.ts`, source);
  // These are the permissions that ssh needs, and no others.
  const permissions = ["--allow-run=sh", "--allow-read=/tmp", "--allow-write=/tmp"];
  const args = ["run", "--no-prompt", ...permissions, `${folder}/victim.ts`];
  const victim = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const output = victim.stdout.getReader();
  assert.equal(new TextDecoder().decode((await output.read()).value), "up\n");
  const [control] = (await controlFolders()).difference(before);
  assert.ok(control !== undefined);
  victim.kill("SIGKILL");
  await victim.status;
  await until("the end of ssh", async () => {
    const { stdout } = await new Deno.Command("ps", { args: ["-e", "-o", "args"] }).output();
    const isRunning = new TextDecoder().decode(stdout).includes(control);
    return !isRunning && !(await controlFolders()).has(control);
  });
  await output.cancel();
  await Deno.remove(folder, { recursive: true });
}

/** Everything that runs fails, with the reason, when the guest goes. */
async function checkLoss(host: GuestHost, guest: Guest): Promise<void> {
  const pending = run(host, ["sleep", "60"]);
  const process = host.spawn(["sh", "-c", "echo up; exec sleep 60"]);
  const output = process.stdout.getReader();
  assert.equal(new TextDecoder().decode((await output.read()).value), "up\n");
  Deno.kill(guest.qemuPid, "SIGKILL");

  const reason = await guest.ended;
  const expected = {
    name: "HostError",
    kind: "lost",
    message: `Connection to "lab:6.12" is gone: ${reason}`,
  };
  await assert.rejects(pending, expected);
  await assert.rejects(output.read(), expected);
  await assert.rejects(process.status, expected);
  await assert.rejects(host.readText("/proc/version"), expected);
  assert.throws(() => host.spawn(["true"]), expected);
  assert.ok(await host.lost instanceof HostError);
  await process.stderr.cancel().catch(() => undefined);
}

Deno.test("GuestHost", async (t) => {
  const before = await controlFolders();
  {
    await using guest = await startGuest({ ...OPTIONS, kernel: findKernel("6.12") });
    await using host = await GuestHost.connect(guest);
    await t.step("reads what the kernel of the guest says", () => checkReading(host, guest));
    await t.step("passes words, input, output and status on unchanged", () => checkSpawning(host));
    await t.step(
      "closes the input over there when we close it or kill our side",
      () => checkEndOfInput(host),
    );
    await t.step("tells a refusal from silence", () => checkRefusals(guest));
    await t.step("is found by startGuestHost() when somebody keeps it", () => checkSharing(host, guest));
    await t.step("leaves no process and no file when we die", () => checkOurDeath(guest));
    await t.step("fails with the reason when the guest goes", () => checkLoss(host, guest));
  }
  assert.deepEqual(await controlFolders(), before);
});

Deno.test("startGuestHost() boots a guest of its own, and ends it", async () => {
  const host = await startGuestHost({ ...OPTIONS, kernel: "6.12", shared: false });
  assert.match((await host.describe()).release, /^6\.12\./);
  await host[Symbol.asyncDispose]();
  assert.throws(() => host.spawn(["true"]), { name: "HostError", kind: "lost" });
});

Deno.test("startGuestHost() throws when the lab has no such kernel", async () => {
  const starting = startGuestHost({ ...OPTIONS, kernel: "1.2" });
  await assert.rejects(starting, { name: "HostError", kind: "missing", host: "lab:1.2" });
});
