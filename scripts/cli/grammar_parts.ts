/**
 * What several commands have in common on the command line.
 *
 * @module
 */

import { merge, object } from "@optique/core/constructs";
import type { Message } from "@optique/core/message";
import { lineBreak, message, text } from "@optique/core/message";
import { map, multiple, optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import type { Usage } from "@optique/core/usage";
import type { Target } from "../../hosts/mod.ts";
import { pathValue, programValue, targetValue } from "./values.ts";

/** The kinds of target. */
export const TARGET_KINDS: Message =
  message`local, ssh:[USER@]HOST[:PORT], lab:KERNEL, or lab:PATH of a bzImage`;

const TARGET_HELP = message`Where to trace: ${TARGET_KINDS}`;

/** The target when nothing is said. */
export const LOCAL: Target = { kind: "local", name: "local" };

/** What every command that looks at a target takes. */
const accessOptions = object({
  bpftrace: withDefault(
    option("--bpftrace", programValue(), { description: message`bpftrace on the target.` }),
    "bpftrace",
  ),
  modules: optional(option("--modules", pathValue("DIR"), {
    description: message`Folder with the modules of the kernel of lab:PATH, such as /lib/modules/RELEASE.`,
  })),
  sudo: option("--sudo", { description: message`Run bpftrace as root there, by sudo without a password.` }),
  quiet: option("-q", "--quiet", { description: message`No progress and no summary on stderr.` }),
});

/** The one target of a command. */
export const targetOption = merge(
  object({
    target: withDefault(
      option("--target", targetValue(), { description: message`${TARGET_HELP}.` }),
      LOCAL,
    ),
  }),
  accessOptions,
);

/** The targets of a command. */
export const targetsOption = merge(
  object({
    targets: map(
      multiple(option("--target", targetValue(), {
        description: message`${TARGET_HELP}; repeatable. The default is local.`,
      })),
      (given): readonly Target[] => given.length === 0 ? [LOCAL] : given,
    ),
  }),
  accessOptions,
);

/** Examples for a command's own `--help`. */
export function examples(...rows: readonly (readonly [words: string, what: string])[]): Message {
  return [text("Examples:"), ...rows.flatMap(([words, what]) => exampleLines(words, what))];
}

/** The lines of one example. */
export function exampleLines(words: string, what: string): Message {
  return [lineBreak(), text(`  deno run trace-clone ${words}`), lineBreak(), text(`      ${what}`)];
}

/** A usage line of these words. */
export function usage(...words: readonly string[]): Usage {
  return words.map((value) => ({ type: "literal", value }));
}
