/**
 * Compiles a kernel without modules for `--target lab:PATH`, from Debian's source of one of the lab's kernels.
 *
 * Usage: `build_kernel.ts [SERIES] [--no-btf]`; the series is 6.1 when none is given. It prints the path of the kernel.
 *
 * @module
 */

import { buildKernel, findKernel, prepareMachine } from "../../lab/mod.ts";

if (import.meta.main) {
  const options = { onProgress: (line: string) => console.error(line) };
  const [series = "6.1", ...others] = Deno.args.filter((word) => word !== "--no-btf");
  if (others.length > 0) {
    console.error("Usage: build_kernel.ts [SERIES] [--no-btf]");
    Deno.exit(2);
  }
  const kernel = findKernel(series);
  await prepareMachine(options);
  console.log(await buildKernel(kernel, { ...options, btf: !Deno.args.includes("--no-btf") }));
}
