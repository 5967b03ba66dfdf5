import assert from "node:assert/strict";
import { endReason, type GuestEnd } from "./end_reason.ts";
import { bootGuest } from "./guest.ts";
import { makeGuestFolder } from "./guest_folder.ts";
import { DEFAULT_KERNEL, findKernel, LAB_KERNELS, LAB_ROOTS } from "./kernels.ts";
import { lastLines } from "./printable.ts";
import { qemuCommand, type QemuOptions } from "./qemu.ts";
import { findRunning, listRunning, registerGuest } from "./running.ts";
import { parseSerial } from "./serial.ts";

const CONSOLES: readonly { readonly text: string; readonly facts: readonly (string | undefined)[] }[] = [
  { text: "", facts: [undefined, undefined, undefined] },
  { text: "lab-guest: ready 6.1", facts: [undefined, undefined, undefined] },
  { text: "lab-guest: hostkey AAAA+/=\r\nlab-guest: rea", facts: [undefined, "AAAA+/=", undefined] },
  {
    text: "x\nlab-guest: hostkey A\nlab-guest: ready 6.1.0+deb13~1\n",
    facts: ["6.1.0+deb13~1", "A", undefined],
  },
  {
    text: "lab-guest: hostkey A; touch x\nlab-guest: ready $(id)\n",
    facts: [undefined, undefined, undefined],
  },
  { text: "lab-guest: failed: no disk\n", facts: [undefined, undefined, "no disk"] },
  {
    text: "[ 1.0] Kernel panic - not syncing: VFS\n",
    facts: [undefined, undefined, "Kernel panic - not syncing: VFS"],
  },
];
for (const { text, facts } of CONSOLES) {
  Deno.test(`parseSerial() reads ${JSON.stringify(text)}`, () => {
    const { release, hostKey, failure } = parseSerial(text);
    assert.deepEqual([release, hostKey, failure], facts);
  });
}

const END: GuestEnd = { code: 0, signal: null, messages: "", lifeSeconds: 10, timeLimitSeconds: 60 };
const ENDS: readonly { readonly end: Partial<GuestEnd>; readonly reason: string }[] = [
  { end: {}, reason: "it powered itself off" },
  { end: { code: 124 }, reason: "its time limit of 60 s was reached" },
  { end: { code: 137, lifeSeconds: 62 }, reason: "its time limit of 60 s was reached" },
  { end: { code: 137 }, reason: "QEMU was killed by signal 9" },
  { end: { code: 137, signal: "SIGKILL" }, reason: "its guard was killed by SIGKILL" },
  {
    end: { messages: "qemu: terminating on signal 15 from pid 7" },
    reason: "it was asked to end by another process",
  },
  { end: { code: 1 }, reason: "QEMU ended with status 1" },
];
for (const { end, reason } of ENDS) {
  Deno.test(`endReason() says "${reason}" for ${JSON.stringify(end)}`, () => {
    assert.equal(endReason({ ...END, ...end }), reason);
  });
}

const QEMU: QemuOptions = {
  files: { vmlinuz: "/k,1", initrd: "/i", rootImage: "/a,b.img" },
  port: 2222,
  cpus: 2,
  memoryMb: 2048,
  publicKey: "AAAA",
  timeLimitSeconds: 60,
  serialLog: "/s",
  pidFile: "/p",
  extraQemu: [],
};

Deno.test("qemuCommand() opens one port on 127.0.0.1, only reads the disk, and quotes commas in paths", () => {
  const words = qemuCommand(QEMU);
  assert.ok(words.includes("user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:2222-:22"));
  assert.ok(words.includes("file=/a,,b.img,if=virtio,format=raw,readonly=on"));
  assert.ok(words.includes("/k,1"));
  assert.ok(words.some((word) => word.endsWith("lab.key=AAAA lab.limit=60")));
});

Deno.test("qemuCommand() lets the caller choose the accelerator", () => {
  const words = qemuCommand({ ...QEMU, extraQemu: ["-accel", "tcg,thread=single", "-smp", "1"] });
  assert.deepEqual(words.filter((_word, index) => words[index - 1] === "-accel"), ["tcg,thread=single"]);
  assert.deepEqual(words.filter((_word, index) => words[index - 1] === "-smp"), ["1"]);
});

const FILES = { vmlinuz: "/no/kernel", initrd: "/no/initrd", rootImage: "/no/root.img" };

Deno.test("bootGuest() refuses limits out of range", async () => {
  const pattern = /time limit in seconds must be a whole number from 1 to 86400, was 0/;
  await assert.rejects(bootGuest("lab:x", { files: FILES, timeLimitSeconds: 0 }), pattern);
});

Deno.test("registerGuest() lets others find a guest as long as its owner lives", async () => {
  const cache = await Deno.makeTempDir();
  const end = Promise.withResolvers<string>();
  {
    await using folder = await makeGuestFolder(cache);
    const guest = {
      name: "lab:6.12",
      port: 2222,
      user: "root" as const,
      keyFile: `${folder.path}/key`,
      knownHostsFile: `${folder.path}/known_hosts`,
      release: "6.12.1",
      guardPid: 1,
      folder: folder.path,
      ended: end.promise,
    };
    const record = await registerGuest(guest);
    assert.deepEqual(await findRunning("lab:6.12", cache), record);
    assert.equal(await findRunning("lab:6.1", cache), undefined);
    assert.equal((await Deno.stat(`${folder.path}/guest.json`)).mode! & 0o777, 0o600);
  }
  assert.deepEqual(await listRunning(cache), []);
  // What a killed owner leaves: a folder whose lock is free.
  const stale = `${cache}/run/guest-stale`;
  await Deno.mkdir(stale);
  await Deno.writeTextFile(`${stale}/guest.json`, '{"name":"lab:6.12","started":"2026"}');
  assert.equal(await findRunning("lab:6.12", cache), undefined);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${cache}/run`)), []);
  await Deno.remove(cache, { recursive: true });
});

Deno.test("findKernel() names the kernels that there are", () => {
  assert.throws(
    () => findKernel("2.4"),
    /Cannot find the lab kernel "2\.4": one of 7\.2, .*6\.12.* is required/,
  );
  assert.equal(new Set(LAB_KERNELS.map((row) => row.name)).size, LAB_KERNELS.length);
});

Deno.test("findKernel() gives a kernel another root", () => {
  const { name, series, suite, rootSuite } = findKernel("6.1+bookworm");
  assert.deepEqual([name, series, suite, rootSuite], ["6.1+bookworm", "6.1", "bookworm", "bookworm"]);
  const refusal =
    /Cannot find the lab root file system "(jessie)?": one of sid, trixie, bookworm is required/;
  for (const wrong of ["6.1+jessie", "6.1+"]) assert.throws(() => findKernel(wrong), refusal);
  assert.throws(() => findKernel("+trixie"), /Cannot find the lab kernel "": one of/);
  assert.ok(LAB_KERNELS.some((row) => row.name === DEFAULT_KERNEL));
  assert.ok(LAB_KERNELS.every((row) => LAB_ROOTS.some((root) => root.suite === row.rootSuite)));
});

Deno.test("LAB_KERNELS is sorted, newest first", () => {
  const order = (name: string) => name.split(".").reduce((sum, part) => sum * 1000 + Number(part), 0);
  const orders = LAB_KERNELS.map((row) => order(row.name));
  assert.deepEqual(orders, orders.toSorted((one, other) => other - one));
});

Deno.test("lastLines() keeps the end, and nothing that could move a cursor", () => {
  assert.equal(lastLines("a\r\nb\x07\nc\u202e\n\n", 2), "b?\nc?");
});
