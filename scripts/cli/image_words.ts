/**
 * What the grammar cannot say of kernels of the user's.
 *
 * @module
 */

import type { Target } from "../../hosts/mod.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { CommandLine } from "./grammar.ts";

/**
 * Gives the modules to the kernel that they belong to.
 *
 * @param line the parsed words
 * @returns the same, with the folder of `--modules` in the target `lab:PATH`
 * @throws {CliError} with code 2 when there is not exactly one such target
 *
 * @example
 * ```ts
 * import { NO_FILTERS } from "./filters.ts";
 * import { withModules } from "./image_words.ts";
 * import assert from "node:assert/strict";
 *
 * const target = { kind: "image", name: "lab:./k", path: "./k" } as const;
 * const access = { bpftrace: "bpftrace", sudo: false, quiet: false, json: true, modules: "./m" };
 * const depth = { slots: false, uses: false, births: "usual", closes: false, ustack: false } as const;
 * const { failed: _failed, ok: _ok, ...filters } = NO_FILTERS;
 * const line = withModules({ command: "plan", target, ...access, ...depth, ...filters, follow: false });
 * assert.deepEqual("target" in line && line.target, { ...target, modules: "./m" });
 * ```
 */
export function withModules<T extends CommandLine>(line: T): T {
  if (!("modules" in line) || line.modules === undefined) return line;
  const { modules } = line;
  const targets: readonly Target[] = "targets" in line ? line.targets : "target" in line ? [line.target] : [];
  const images = targets.filter((it) => it.kind === "image").length;
  if (images !== 1) {
    const found = images === 0 ? "none" : `${images} of them`;
    throw new CliError(`Cannot use --modules: one target lab:PATH is required, found ${found}`, {
      code: EXIT.usage,
      hint: "The modules belong to one kernel of yours, such as --target lab:./bzImage --modules DIR",
    });
  }
  const given = (it: Target): Target => it.kind === "image" ? { ...it, modules } : it;
  if ("targets" in line) return { ...line, targets: line.targets.map(given) };
  if ("target" in line) return { ...line, target: given(line.target) };
  return line;
}
