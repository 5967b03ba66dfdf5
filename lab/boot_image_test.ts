import assert from "node:assert/strict";
import { HostError } from "../hosts/host.ts";
import { bootHeaderProblem, embeddedConfig, readBootImage } from "./boot_image.ts";
import { fragmentText, missingOptions, parseFragment } from "./kernel_options.ts";

const CONFIG = "CONFIG_EXT4_FS=y\n# CONFIG_INET is not set\n";

/** Packs bytes by gzip. */
async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A kernel that has its configuration in it, not packed. */
async function kernel(): Promise<Uint8Array<ArrayBuffer>> {
  const text = (word: string) => new TextEncoder().encode(word);
  return concat(
    text("code IKCFG_"),
    text("IKCFG_ST"),
    await gzip(text(CONFIG)),
    text("IKCFG_ED"),
    text("data"),
  );
}

/** The same as a bzImage: header, set-up code of four sectors, something, the packed kernel and its length. */
async function bzImage(pack: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>): Promise<Uint8Array> {
  const payload = concat(await pack(await kernel()), new Uint8Array(4));
  const image = concat(new Uint8Array(5 * 512 + 32), payload, new Uint8Array(512));
  const view = new DataView(image.buffer);
  image.set([0x55, 0xaa], 0x1fe);
  image.set(new TextEncoder().encode("HdrS"), 0x202);
  view.setUint32(0x248, 32, true);
  view.setUint32(0x24c, payload.length, true);
  return image;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Packs bytes by a program of this machine. */
function packedBy(program: string): (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> {
  return async (bytes) => {
    const path = await Deno.makeTempFile();
    await Deno.writeFile(path, bytes);
    const { stdout } = await new Deno.Command(program, { args: ["-q", "--stdout", path] }).output();
    await Deno.remove(path);
    return stdout;
  };
}

const PACKED = { gzip, xz: packedBy("xz"), zstd: packedBy("zstd") };
for (const [name, pack] of Object.entries(PACKED)) {
  Deno.test(`readBootImage() finds the configuration of a kernel that is packed by ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeFile(`${folder}/bzImage`, await bzImage(pack));
    const image = await readBootImage(`${folder}/bzImage`, { name: "lab:./bzImage", scratch: folder });
    assert.equal(image.config, CONFIG);
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("readBootImage() takes a kernel that it cannot look into", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeFile(`${folder}/bzImage`, await bzImage(() => Promise.resolve(new Uint8Array(64))));
  const image = await readBootImage(`${folder}/bzImage`, { name: "lab:./bzImage", scratch: folder });
  assert.deepEqual(image, { config: undefined });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("readBootImage() says what is wrong with a file, and what would be right", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/text`, "hello");
  const rows = [
    ["/no/such", "missing", /^Cannot boot the kernel "\/no\/such": no such file$/],
    [folder, "failed", /a file is required, found a folder$/],
    ["/dev/null", "failed", /a file is required, found a device$/],
    [`${folder}/text`, "failed", /a bzImage for x86-64 is required, found a file of 5 bytes$/],
  ] as const;
  for (const [path, kind, message] of rows) {
    await assert.rejects(readBootImage(path, { name: "lab:x", scratch: folder }), (error) => {
      assert.ok(error instanceof HostError);
      assert.match(error.message, message);
      assert.deepEqual([error.kind, error.host], [kind, "lab:x"]);
      assert.match(error.hint ?? "", /bzImage/);
      return true;
    });
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("bootHeaderProblem() demands both marks of the header", async () => {
  const image = await bzImage(gzip);
  assert.equal(bootHeaderProblem(image), undefined);
  for (const at of [0x1fe, 0x1ff, 0x202, 0x205]) {
    const spoilt = image.slice();
    spoilt[at] = 0;
    assert.match(bootHeaderProblem(spoilt) ?? "", /found a file without its header/);
  }
});

Deno.test("embeddedConfig() is not misled by its marks alone", async () => {
  const marks = new TextEncoder().encode("IKCFG_ST nothing packed IKCFG_ED");
  assert.equal(await embeddedConfig(marks), undefined);
});

Deno.test("missingOptions() names what is not built in, or not given as a module", async () => {
  const options = parseFragment(await fragmentText());
  assert.ok(options.length > 60);
  const all = options.map(({ name }) => `${name}=y`).join("\n");
  assert.deepEqual(missingOptions(all, { options, modules: [] }), []);
  const names = (config: string, modules: readonly string[] = []) =>
    missingOptions(config, { options, modules }).map(({ name, use }) => `${use} ${name}`);
  const poorer = all.replace("CONFIG_KPROBES=y", "# CONFIG_KPROBES is not set").replace("CONFIG_INET=y", "");
  assert.deepEqual(names(poorer), ["boot CONFIG_INET", "trace CONFIG_KPROBES"]);
  const modular = all.replace("CONFIG_VIRTIO_NET=y", "CONFIG_VIRTIO_NET=m");
  assert.deepEqual(names(modular), ["boot CONFIG_VIRTIO_NET"]);
  assert.deepEqual(names(modular, ["virtio_net"]), []);
  // No module replaces what has to be there before modules are loaded.
  assert.deepEqual(names(all.replace("CONFIG_PCI=y", "CONFIG_PCI=m"), ["pci"]), ["boot CONFIG_PCI"]);
});
