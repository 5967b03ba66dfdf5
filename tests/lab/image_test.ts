// A kernel that the lab's list does not have, as the user gives one: a bzImage and a folder of modules.
// Guests: keeps lab:PATH.

import assert from "node:assert/strict";
import { fetchKernelTree, type KernelTree } from "../../lab/mod.ts";
import { piped, type Said } from "../support/said.ts";

/** Between the kernels of the list, so that none of them could be taken for it. */
const KERNEL = { series: "6.16", suite: "trixie-backports" };
/** What is known of that kernel: the pidfd files of its time, and what holds a reference of a `struct pid`. */
const EXPECTED = { generation: /^G4\b/, law: "per-inode", release: /^6\.16\./ };

let folder: string;
let tree: KernelTree;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  tree = await fetchKernelTree(KERNEL, { folder, onProgress: (line) => console.log(line) });
  // The name of a file says nothing about the kernel in it.
  await Deno.rename(tree.vmlinuz, `${folder}/bzImage`);
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Asks for the plan. */
async function plan(...words: readonly string[]): Promise<Said> {
  return await piped(["plan", "--json", "--target", `lab:${folder}/bzImage`, ...words], { limitMs: 600_000 });
}

Deno.test("plan knows a kernel of the user's by looking at it", async () => {
  const { code, stdout, stderr } = await plan("--modules", tree.modules);
  assert.equal(code, 0, stderr);
  const answer = JSON.parse(stdout);
  assert.equal(answer.host, `lab:${folder}/bzImage`);
  assert.match(answer.generation, EXPECTED.generation);
  assert.match(answer.release, EXPECTED.release);
  assert.equal(answer.law, EXPECTED.law);
  assert.ok(answer.probes.length > 0);
});

Deno.test("a kernel whose drivers are modules says without them which options it lacks", async () => {
  const { code, stdout, stderr } = await plan();
  assert.deepEqual([code, stdout], [3, ""]);
  assert.match(stderr, /Cannot boot the guest "lab:.*\/bzImage": the root disk \/dev\/vda did not appear/);
  assert.match(stderr, /CONFIG_VIRTIO_BLK/);
  assert.match(stderr, /docs\/lab-kernel\.config/);
  assert.match(stderr, /--modules DIR/);
});

Deno.test("a folder without the modules is refused before anything boots", async () => {
  await Deno.mkdir(`${folder}/empty`);
  const rows: readonly (readonly [modules: string, says: RegExp])[] = [
    [`${folder}/absent`, /Cannot use the modules in ".*\/absent": no such folder/],
    [`${folder}/bzImage`, /a folder is required, found a file/],
    [`${folder}/empty`, /one of virtio_pci, virtio_blk, .* is required, found none/],
  ];
  for (const [modules, says] of rows) {
    const { code, stdout, stderr } = await plan("--modules", modules);
    assert.deepEqual([code, stdout], [3, ""]);
    assert.match(stderr, says);
    assert.match(stderr, /\/lib\/modules\/RELEASE/);
    assert.doesNotMatch(stderr, /booting/);
  }
});
