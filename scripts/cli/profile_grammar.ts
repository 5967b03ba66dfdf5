/**
 * The part of the grammar that is about profiles.
 *
 * @module
 */

import { object, or } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import type { InferValue, Parser } from "@optique/core/parser";
import { argument, command, constant, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { examples, LOCAL, TARGET_KINDS, usage } from "./grammar_parts.ts";
import { pathValue, targetValue } from "./values.ts";

/** Words that choose `profile` itself, and not its command: without any there is no choice. */
export const PROFILE_WORDS: readonly string[] = ["profile", "--target", "local"];

/** What `profile` takes; it needs no bpftrace, for it traces nothing. */
const profileOptions = object({
  command: constant("profile"),
  target: withDefault(
    option("--target", targetValue(), { description: message`Whose kernel: ${TARGET_KINDS}.` }),
    LOCAL,
  ),
  modules: optional(option("--modules", pathValue("DIR"), {
    description: message`Folder with the modules of the kernel of lab:PATH, such as /lib/modules/RELEASE.`,
  })),
  yes: option("-y", "--yes", {
    description: message`Make a cgroup and mounts on ssh: and local too; they are removed.`,
  }),
  json: option("--json", { description: message`The profile as one JSON object on stdout.` }),
  quiet: option("-q", "--quiet", { description: message`No progress on stderr.` }),
  file: optional(argument(string({ metavar: "FILE" }), {
    description: message`A new file for the profile, as one JSON object.`,
  })),
});

const profileDiffOptions = object({
  command: constant("profile diff"),
  a: argument(string({ metavar: "A" }), { description: message`A file that profile has written.` }),
  b: argument(string({ metavar: "B" }), { description: message`Another one.` }),
  json: option("--json", { description: message`What differs, as one JSON object.` }),
});

/** The options of `profile`. */
export type ProfileOptions = InferValue<typeof profileOptions>;
/** The options of `profile diff`. */
export type ProfileDiffOptions = InferValue<typeof profileDiffOptions>;

/** `profile`: its own words, or its command. */
export const profileWords: Parser<"sync", ProfileOptions | ProfileDiffOptions, unknown> = or(
  command("diff", profileDiffOptions, {
    brief: message`Show what two profiles tell differently, and where it comes from.`,
    description:
      message`A fact that one of both does not know is no difference; such facts are told apart. Exit codes: 0 nothing differs of what both know, 1 something does, 2 usage, or a file that is no profile.`,
    usageLine: usage("A", "B", "[--json]"),
    footer: examples(["profile diff old.json new.json", "what changed between two kernels, and since when"]),
  }),
  profileOptions,
);
