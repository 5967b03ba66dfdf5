/**
 * Compiles kernels with known bugs for `--target lab:PATH`.
 *
 * Usage: `mutant_kernels.ts [ID...]`; all of them when none is named. It prints a line for each: its name, the path of
 * its bzImage, and the seconds that it took. One that does not compile is told on standard error, and the code is 1.
 *
 * @module
 */

import { allVariants, buildMutantKernel, findVariant, prepareMachine } from "../../lab/mod.ts";

if (import.meta.main) {
  const options = { onProgress: (line: string) => console.error(line) };
  const variants = Deno.args.length === 0 ? allVariants() : Deno.args.map(findVariant);
  await prepareMachine(options);
  for (const variant of variants) {
    const started = performance.now();
    try {
      const path = await buildMutantKernel(variant, options);
      console.log(`${variant.id}\t${path}\t${((performance.now() - started) / 1000).toFixed(1)} s`);
    } catch (error) {
      console.error(`${variant.id}: ${error instanceof Error ? error.message : String(error)}`);
      if (error instanceof Error && "hint" in error) console.error(error.hint);
      Deno.exitCode = 1;
    }
  }
}
