import assert from "node:assert/strict";
import { cpioArchive } from "./cpio.ts";
import { packInitrd } from "./initrd.ts";
import { moduleDependencies, modulesInOrder } from "./kernel_modules.ts";
import { findKernelFiles } from "./kernel_tree.ts";
import { modulePaths } from "./module_folder.ts";

const LAYOUTS: readonly { readonly era: string; readonly listing: readonly string[] }[] = [
  {
    era: "modules in /lib, not compressed",
    listing: ["boot/vmlinuz-5.10.0-32-cloud-amd64", "lib/modules/5.10.0/kernel/virtio-rng.ko"],
  },
  {
    era: "modules in /usr/lib, compressed",
    listing: ["boot/vmlinuz-6.12.1", "usr/lib/modules/6.12.1/kernel/virtio-rng.ko.xz"],
  },
  {
    era: "the kernel beside its modules",
    listing: ["usr/lib/modules/7.2.1/kernel/virtio-rng.ko.xz", "usr/lib/modules/7.2.1/vmlinuz"],
  },
];
for (const { era, listing } of LAYOUTS) {
  Deno.test(`findKernelFiles() finds the parts of a kernel: ${era}`, () => {
    const files = findKernelFiles([...listing, "usr/share/doc/busybox/vmlinuz"]);
    assert.ok(listing.includes(files?.vmlinuz ?? ""));
    assert.match(files?.modules ?? "", /^(usr\/)?lib\/modules\/[\d.]+$/);
    assert.match(modulePaths(listing).get("virtio_rng") ?? "", /virtio-rng\.ko/);
  });
}

Deno.test("findKernelFiles() finds nothing in a package without a kernel or without modules", () => {
  assert.equal(findKernelFiles(["usr/share/doc/linux/README", "lib/modules/6/kernel/x.ko"]), undefined);
  assert.equal(findKernelFiles(["boot/vmlinuz-6"]), undefined);
});

const module = (depends: string) =>
  new TextEncoder().encode(`ELF\0license=GPL\0depends=${depends}\0name=x\0`);

Deno.test("modulesInOrder() loads each module after those that it needs, once, and skips what is built in", async () => {
  const files: Record<string, Uint8Array> = {
    virtio_net: module("net_failover,virtio"),
    net_failover: module("failover"),
    failover: module(""),
    virtio_blk: module("virtio,virtio-ring"),
    virtio_ring: module("virtio"),
  };
  const modules = await modulesInOrder(["virtio_blk", "virtio_net"], (name) => Promise.resolve(files[name]));
  const expected = ["virtio_ring", "virtio_blk", "failover", "net_failover", "virtio_net"];
  assert.deepEqual(modules.map(({ name }) => name), expected);
});

Deno.test("modulesInOrder() refuses modules that need each other in a circle", async () => {
  const files: Record<string, Uint8Array> = { a: module("b"), b: module("a") };
  await assert.rejects(modulesInOrder(["a"], (name) => Promise.resolve(files[name])), /circle a → b → a/);
});

Deno.test("moduleDependencies() refuses a file that is no module", () => {
  assert.throws(() => moduleDependencies("text", new TextEncoder().encode("hello")), /no "depends=" in it/);
});

Deno.test("cpioArchive() makes what cpio reads", () => {
  const text = new TextDecoder().decode(cpioArchive([
    { path: "bin", content: undefined },
    { path: "bin/x", content: new TextEncoder().encode("hello") },
  ]));
  assert.equal(text.length % 4, 0);
  assert.match(text, /^070701000000010{4}41ed(0{8}){2}00000001/);
  // Header of 110 characters, name with its zero byte, padded to a multiple of four.
  const file = text.slice(116);
  assert.match(file, /^07070100000002000081ed/);
  assert.equal(file.slice(110, 116), "bin/x\0");
  assert.equal(file.slice(116, 124), "hello\0\0\0");
  assert.match(file.slice(124), /^070701.*TRAILER!!!\0+$/s);
});

Deno.test("packInitrd() numbers the modules in the order of loading", () => {
  const content = new Uint8Array(4);
  const modules = ["b", "a"].map((name) => ({ name, content }));
  const text = new TextDecoder().decode(packInitrd("#!/bin/busybox sh\n", { busybox: content, modules }));
  assert.match(text, /init\0.*bin\0.*bin\/busybox\0.*modules\0.*modules\/00-b\.ko\0.*modules\/01-a\.ko\0/s);
});
