import assert from "node:assert/strict";
import { HostError } from "../hosts/host.ts";
import { readModules } from "./module_folder.ts";

/** Content of a module that needs others. */
const module = (depends: string) => `\x7fELF\0depends=${depends}\0`;

Deno.test("readModules() reads plain and packed modules, with what they depend on, and changes none", async () => {
  const folder = await Deno.makeTempDir();
  const scratch = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/kernel/net`, { recursive: true });
  const write = (path: string, text: string) => Deno.writeTextFile(`${folder}/${path}`, text);
  await write("kernel/virtio_net.ko", module("net-failover,virtio"));
  await write("kernel/net/net_failover.ko", module("failover"));
  await write("kernel/net/failover.ko", module("crc"));
  await write("kernel/crc.ko", module(""));
  await write("modules.dep", "");
  const pack = async (program: string, ...paths: string[]) => {
    const args = ["-q", "--rm", ...paths.map((path) => `${folder}/${path}`)].filter((word) =>
      program === "zstd" || word !== "--rm"
    );
    assert.ok((await new Deno.Command(program, { args }).output()).success);
  };
  await pack("xz", "kernel/net/net_failover.ko");
  await pack("zstd", "kernel/net/failover.ko");
  await pack("gzip", "kernel/crc.ko");
  const modules = await readModules(folder, { wanted: ["virtio_net", "virtio_blk"], scratch });
  assert.deepEqual(modules.map(({ name }) => name), ["crc", "failover", "net_failover", "virtio_net"]);
  for (const { content } of modules) assert.equal(new TextDecoder().decode(content.slice(0, 4)), "\x7fELF");
  const left = await Array.fromAsync(Deno.readDir(`${folder}/kernel/net`), (entry) => entry.name);
  assert.deepEqual(left.toSorted(), ["failover.ko.zst", "net_failover.ko.xz"]);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(scratch)), []);
  for (const made of [folder, scratch]) await Deno.remove(made, { recursive: true });
});

Deno.test("readModules() says which file is no module", async () => {
  const folder = await Deno.makeTempDir();
  for (const name of ["virtio_blk.ko", "virtio_net.ko.zst", "virtio_pci.ko.gz", "ext4.ko.xz"]) {
    await Deno.writeTextFile(`${folder}/${name}`, "hello");
    const wanted = [name.split(".")[0] ?? ""];
    await assert.rejects(readModules(folder, { wanted, scratch: folder }), (error) => {
      assert.ok(error instanceof HostError);
      assert.match(`${error.message}`, /^Cannot (use the modules in|unpack) "/);
      assert.ok(error.message.includes(wanted[0] ?? "?"), error.message);
      return true;
    });
  }
  await Deno.remove(folder, { recursive: true });
});
