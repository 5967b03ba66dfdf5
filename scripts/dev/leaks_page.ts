/**
 * The page about what leaks are told by: the rules, the families, and the patterns that are none.
 *
 * @module
 */

import {
  DOUBLE_CLOSE_RULE,
  GROWTH_RULE,
  HARMLESS_PATTERNS,
  LEAK_FAMILIES,
  LEAK_RULES,
  TWO_OWNERS,
} from "../../model/mod.ts";
import type { LeakFamily } from "../../model/mod.ts";

/** When each rule is broken, by its id. */
const BROKEN_WHEN: Readonly<Record<string, string>> = {
  K1: "the process has ended, and the pidfd is kept for longer than `--older` after that",
  K2:
    "what is left over of a holder grows, by its floor and not by its height, for longer than a garbage collector " +
    "takes; what is left over is of the dead, or is there twice for one process that lives",
  K3:
    "*certain*: the number is closed again, by any thread of the same program, and is free (EBADF), with no file in it " +
    "since; *suspected*: the thread that closed the pidfd closes the number again although another thread has filled " +
    "it since. A thread that closes one pidfd after the other which another thread opens is not suspected, nor is any of " +
    "a program whose runtime moves work from thread to thread (Go, tokio), as far as the user stack shows it",
  K4: "a child has it from its parent, and has not used it for longer than `--older`",
  K5:
    "it is open for longer than `--older`, and nobody has used it; not so for credentials of peers that live, nor for " +
    "what was sent to others",
};

/** Returns docs/leak-families.md. */
export function leaksPage(): string {
  const rules = [...LEAK_RULES, GROWTH_RULE, DOUBLE_CLOSE_RULE].sort((one, other) =>
    one.id < other.id ? -1 : 1
  );
  const lines = [
    "# What leaks are told by",
    "",
    "The rules K that `leaks` judges programs by, the families of leaks with their advice, and what looks like a leak and",
    "is none. This page is made from `model/leaks/` by `deno task generate`; each family has a story in",
    "`tests/scenarios/leaks/`, or is met in a guest by `tests/lab/leaks_software_test.ts`.",
    "",
    "## Rules",
    "",
    ...rules.map(({ id, statement }) =>
      `- **${id}**: ${statement}. Broken when ${BROKEN_WHEN[id] ?? "it is not so"}.`
    ),
    "",
    "A rule that rests on something that was lost is undetermined, and so is one that is only suspected to be broken.",
    "",
    "## Families",
    "",
    "Told by what made the pidfd, how the holder came to it, what it was used for, and the frames of the user stack;",
    "never by the name of a program. Of several that fit the first is named.",
    ...[...LEAK_FAMILIES, TWO_OWNERS].flatMap(familyLines),
    "",
    "## Named, not reported",
    "",
    ...HARMLESS_PATTERNS.map(({ id, says, source }) => `- **${id}**: ${says}. Source: ${source}.`),
  ];
  return `${lines.join("\n")}\n`;
}

function familyLines({ id, says, advice, reports }: LeakFamily): readonly string[] {
  const links = reports.map((it) => {
    const [repository = "", number = ""] = it.split("#");
    return `[${it}](https://github.com/${repository}/issues/${number})`;
  });
  return [
    "",
    `### ${id}`,
    "",
    `${says}.`,
    "",
    `- Advice: ${advice}.`,
    ...(links.length === 0 ? [] : [`- Reported: ${links.join(", ")}.`]),
  ];
}
