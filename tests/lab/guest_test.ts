// The lab itself: build, boot, log in, and above all end. It needs QEMU, and the network the first time.
// Guests: alone.

import assert from "node:assert/strict";
import { childrenOf, isAlive, until } from "../../lab/_alive.ts";
import {
  bootGuest,
  findKernel,
  findRunning,
  type Guest,
  LAB_PROGRAMS,
  labCacheFolder,
  listCache,
  listRunning,
  registerGuest,
  startGuest,
  stopRunning,
} from "../../lab/mod.ts";
import { runFolder } from "../../lab/guest_folder.ts";

const KERNEL = findKernel("6.12");
const OPTIONS = { kernel: KERNEL, timeLimitSeconds: 180, onProgress: (line: string) => console.log(line) };

/** What a program of this machine writes to its standard output. */
async function outputOf(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  return new TextDecoder().decode(stdout);
}

/** What a command in the guest writes to its standard output. */
async function inGuest(guest: Guest, ...words: string[]): Promise<string> {
  const options = [
    ["-i", guest.keyFile, "-p", String(guest.port)],
    ["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"],
    ["-o", `UserKnownHostsFile=${guest.knownHostsFile}`],
  ];
  return await outputOf("ssh", "-F", "none", ...options.flat(), `${guest.user}@127.0.0.1`, ...words);
}

/** Waits until none of the processes lives. */
async function assertGone(pids: readonly number[]): Promise<void> {
  for (const pid of pids) await until(`the end of process ${pid}`, async () => !await isAlive(pid));
}

/** Names of the guests' folders; other processes may have guests too. */
async function guestFolders(): Promise<ReadonlySet<string>> {
  await listRunning();
  await Deno.mkdir(runFolder(), { recursive: true });
  return new Set(await Array.fromAsync(Deno.readDir(runFolder()), (entry) => entry.name));
}

/** Refuses folders of guests that were not there before. */
async function assertNoNewFolder(before: ReadonlySet<string>): Promise<void> {
  assert.deepEqual([...(await guestFolders()).difference(before)], []);
}

Deno.test("startGuest() boots a kernel that answers to ssh on 127.0.0.1 alone, and stop() ends it", async () => {
  await using guest = await startGuest(OPTIONS);
  assert.match(guest.release, /^6\.12\./);
  assert.equal((await inGuest(guest, "uname", "-r")).trim(), guest.release);
  assert.match(await inGuest(guest, "bpftrace", "--version"), /^bpftrace v/);
  // The guest reaches nothing: not this machine, not a name server.
  assert.equal((await inGuest(guest, "ip", "route", "show", "default")).trim(), "");

  const hexPort = guest.port.toString(16).toUpperCase().padStart(4, "0");
  const listeners = (await outputOf("cat", "/proc/net/tcp", "/proc/net/tcp6")).split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hexPort}`) && state === "0A");
  assert.deepEqual(listeners.map(([, local]) => local), [`0100007F:${hexPort}`]);

  assert.equal((await Deno.stat(guest.folder)).mode! & 0o777, 0o700);
  assert.equal((await Deno.stat(guest.keyFile)).mode! & 0o777, 0o600);
  const names = (await listCache()).map((entry) => entry.name);
  assert.ok(names.includes("kernel-6.12") && names.includes("root-trixie"));

  await guest.stop();
  assert.equal(await guest.ended, "it was stopped");
  assert.equal(await isAlive(guest.qemuPid), false);
  await assert.rejects(Deno.stat(guest.folder), Deno.errors.NotFound);
});

Deno.test("a guest dies when its guard is killed with SIGKILL, and says why", async () => {
  await using guest = await startGuest(OPTIONS);
  const helpers = await childrenOf(guest.guardPid);
  Deno.kill(guest.guardPid, "SIGKILL");
  await assertGone([guest.qemuPid, ...helpers]);
  assert.equal(await guest.ended, "its guard was killed by SIGKILL");
});

Deno.test("a guest is found by others, and dies when the process that started it is killed with SIGKILL", async () => {
  const before = await guestFolders();
  const lab = new URL("../../lab/mod.ts", import.meta.url).href;
  const source = `import { findKernel, registerGuest, startGuest } from ${JSON.stringify(lab)};
    const guest = await startGuest({ kernel: findKernel("6.12"), timeLimitSeconds: 180 });
    await registerGuest(guest);
    console.log(guest.qemuPid);
    await guest.ended;`;
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/parent.ts`, source);
  // These are the permissions that the lab needs, and no others.
  const project = new URL("../..", import.meta.url).pathname;
  const permissions = [
    `--allow-run=${LAB_PROGRAMS.join(",")}`,
    `--allow-read=${project}`,
    `--allow-write=${labCacheFolder()}`,
    "--allow-net=127.0.0.1",
  ];
  const args = ["run", "--no-prompt", ...permissions, `${folder}/parent.ts`];
  const parent = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const reader = parent.stdout.getReader();
  const qemuPid = Number(new TextDecoder().decode((await reader.read()).value));
  const found = await findRunning("lab:6.12");
  assert.ok(found !== undefined && await isAlive(found.guardPid) && await isAlive(qemuPid));
  const helpers = await childrenOf(found.guardPid);

  parent.kill("SIGKILL");
  await parent.status;
  await assertGone([qemuPid, found.guardPid, ...helpers]);
  assert.notEqual((await findRunning("lab:6.12"))?.guardPid, found.guardPid);
  await assertNoNewFolder(before);
  await reader.cancel();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("stopRunning() ends a guest of another process", async () => {
  await using guest = await startGuest(OPTIONS);
  const record = await registerGuest(guest);
  assert.deepEqual(await findRunning("lab:6.12"), record);
  await stopRunning(record);
  assert.equal(await guest.ended, "it was asked to end by another process");
  assert.equal(await isAlive(guest.qemuPid), false);
  await until(
    "the end of the record",
    async () => (await findRunning("lab:6.12"))?.guardPid !== guest.guardPid,
  );
});

Deno.test("a guest ends when its time is up, also while it boots", async () => {
  const before = await guestFolders();
  await assert.rejects(startGuest({ ...OPTIONS, timeLimitSeconds: 2 }), (error) => {
    assert.ok(error instanceof Error && "kind" in error);
    const reason = "its time limit of 2 s was reached, before it was ready";
    assert.equal(error.message, `Cannot boot the guest "lab:6.12": ${reason}`);
    assert.equal(error.kind, "lost");
    return true;
  });
  await assertNoNewFolder(before);
});

Deno.test("startGuest() gives up when the guest is not ready in time, or when it is cancelled", async () => {
  const before = await guestFolders();
  const slow = startGuest({ ...OPTIONS, bootLimitSeconds: 1 });
  await assert.rejects(slow, /Cannot boot the guest "lab:6\.12": it was not ready within 1 s/);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("Cancelled")), 1000);
  await assert.rejects(startGuest({ ...OPTIONS, signal: controller.signal }), /Cancelled/);
  await assertNoNewFolder(before);
});

Deno.test("bootGuest() tells why QEMU did not start, and leaves nothing", async () => {
  const cacheFolder = await Deno.makeTempDir();
  const files = { vmlinuz: "/no/kernel", initrd: "/no/initrd", rootImage: "/no/root.img" };
  const booting = bootGuest("lab:x", { files, timeLimitSeconds: 5, cacheFolder });
  await assert.rejects(booting, (error) => {
    assert.ok(error instanceof Error && "hint" in error && "kind" in error);
    assert.equal(
      error.message,
      'Cannot boot the guest "lab:x": QEMU ended with status 1, before it was ready',
    );
    assert.equal(error.kind, "lost");
    assert.match(String(error.hint), /Could not open '\/no\/root\.img': No such file/);
    return true;
  });
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${cacheFolder}/run`)), []);
  await Deno.remove(cacheFolder, { recursive: true });
});
