/**
 * Compiles a kernel without modules for `--target lab:PATH`, from Debian's source of one of the lab's kernels.
 *
 * Usage: `build_kernel.ts [SERIES]`, such as `6.1`, which also is the default. It takes minutes to an hour.
 *
 * @module
 */

import { buildKernel, findKernel, prepareMachine } from "../../lab/mod.ts";

if (import.meta.main) {
  const options = { onProgress: (line: string) => console.error(line) };
  await prepareMachine(options);
  console.log(await buildKernel(findKernel(Deno.args[0] ?? "6.1"), options));
}
