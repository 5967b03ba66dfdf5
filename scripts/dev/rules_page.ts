/**
 * The page about the rules that `confirm` judges a kernel by, made from the rules themselves.
 *
 * @module
 */

import { ATTEMPTS, CONFIRM_RULES, FIXES } from "../../model/mod.ts";
import type { Attempt, ConfirmRule, Witness } from "../../model/mod.ts";
import { RISK_MEANINGS } from "../../reports/mod.ts";

const WITNESSES: Readonly<Record<Witness, string>> = {
  U: "U, what user space saw",
  K: "K, what the kernel did",
};

/** What the numbers of a step are, function by function; the trace of a call has them in this order. */
const STEPS: readonly (readonly [functions: string, entered: string, returned: string])[] = [
  ["`kernel_clone`", "low 32 bits of the flags", "what it returned"],
  ["`copy_process`", "", "the child's number, 0 after a failure; 1 when it has its parent's fd table"],
  ["`dup_fd`", "", "0"],
  ["`alloc_pid`", "", "the number in the pid namespace of the depth behind it, one step for each depth"],
  ["`get_unused_fd_flags`, `cgroup_can_fork`", "", "what it returned"],
  ["`pidfs_alloc_file`, `__anon_inode_getfile`, `anon_inode_getfile`", "flags", "0"],
  ["`anon_inode_getfd`", "flags", "what it returned"],
  ["`fd_install`, `put_unused_fd`, `close_fd`", "the number", ""],
  ["`free_pid`", "the reference count", ""],
  ["`pidfd_poll`", "", "the events that it returned"],
];

/**
 * Returns the page.
 *
 * @returns Markdown
 */
export function rulesPage(): string {
  const lines = [
    "# Rules",
    "",
    "What `trace-clone confirm` judges a kernel by. This page is made from the rules in `model/rules/` by",
    "`deno task generate`; `confirm --list` shows them in short.",
    "",
    "A rule _holds_ when each necessary witness has seen all that it was asked, and all of it was as expected. It is",
    "_broken_ when one thing was not, _undetermined_ when a necessary witness could not tell, and _not exercised_ when",
    "nothing of it came about. A rule holds for what was tried; stimuli of it that were not made are told beside it. No",
    "verdict rests on a version; what is said here of versions is what commits and releases tell.",
    "",
    "[Stock kernels, confirmed](stock-kernels.md) says for each rule and each kernel of the lab whether it was exercised,",
    "and why not; [kernels with known bugs](kernel-mutants.md) says what is found where a rule is broken.",
    ...CONFIRM_RULES.flatMap(ruleLines),
    "",
    "## Stimuli",
    "",
    "| stimulus | risk | what it tries | rules |",
    "| --- | --- | --- | --- |",
    ...ATTEMPTS.map(stimulusRow),
    "",
    ...Object.entries(RISK_MEANINGS).map(([risk, meaning]) => `- ${risk}: ${meaning}`),
    "",
    "Guests of the lab get all of them. Elsewhere dangerous ones are left out unless `--dangerous` names them, and so are",
    "those that make a pidfd fail (marked with *) where the kernel behaves like the first pidfds: such a kernel can hang",
    `then (${FIXES.lock.commit}). \`confirm-integer\` tells that, and comes before them.`,
    "",
    "## Fixes",
    "",
    "Upstream commits that followed the first pidfds. Each is present, missing, or cannot be told, by what the kernel did:",
    "",
    ...Object.values(FIXES).map(({ commit, mends }) => `- ${commit}: without it ${begun(mends)}`),
    "",
    "## Steps",
    "",
    "What the numbers of a step mean, `value` and, behind a semicolon, `detail`:",
    "",
    "| function | entered | returned |",
    "| --- | --- | --- |",
    ...STEPS.map((row) => `| ${row.join(" | ")} |`),
    "",
    "A function is told of where it is entered too when something would follow from its not returning. When the return is",
    "missing in a call that came back, its probe was passed over (a kretprobe has few places for callers that are inside at",
    "once, and old kernels do not count those that found none): nothing is judged by that call, and it is made again.",
  ];
  return `${lines.join("\n")}\n`;
}

function ruleLines(rule: ConfirmRule): readonly string[] {
  const witnesses = Object.entries(rule.witnesses) as readonly (readonly [Witness, string])[];
  return [
    "",
    `## ${rule.id}`,
    "",
    sentence(rule.statement),
    "",
    `- Why: ${begun(rule.why)}.`,
    `- Since: ${escaped(rule.since)}.`,
    ...(rule.until === undefined ? [] : [`- Until: ${escaped(rule.until)}.`]),
    `- Stimuli: ${rule.stimuli.map((it) => `\`${it}\``).join(", ")}.`,
    ...witnesses.map(([witness, seen]) => {
      const needed = rule.necessary.includes(witness) ? "necessary" : "not necessary";
      return `- ${WITNESSES[witness]} (${needed}): ${escaped(seen)}.`;
    }),
    `- Smallest counter-example: ${begun(rule.counterExample)}.`,
    `- Undetermined, apart from lost records: ${escaped(rule.undetermined)}.`,
    ...(rule.outOfForce === undefined
      ? []
      : ["- Not in force on every kernel; confirm says so where it is not."]),
  ];
}

function stimulusRow({ name, risk, summary, fails }: Attempt): string {
  const rules = CONFIRM_RULES.filter((it) => it.stimuli.includes(name)).map((it) => it.id);
  const text = summary.replace(/^(?:R\d+, )*R\d+: /, "");
  return `| \`${name}\`${fails ? " *" : ""} | ${risk} | ${escaped(text)} | ${rules.join(", ")} |`;
}

function sentence(text: string): string {
  return `${escaped(text)}.`;
}

/** A sentence behind something else. */
function begun(text: string): string {
  const isWord = /^[A-Z][a-z]* /.test(text);
  return escaped(isWord ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text);
}

/** Text in which nothing is markup. */
function escaped(text: string): string {
  return text.replaceAll(/[\\*_<>[\]#|]/g, "\\$&");
}
