/**
 * The page about a long run of `leaks`.
 *
 * @module
 */

import type { Claim, LongRun } from "./long_claims.ts";

/** Seconds from one row of the table to the next. */
const ROW_SECONDS = 60;

/**
 * Returns the page.
 *
 * @param run what was told, and what there was
 * @param options when and where, one line each, and what is claimed of it
 * @returns Markdown
 */
export function longPage(
  run: LongRun,
  options: { readonly facts: readonly string[]; readonly claims: readonly Claim[] },
): string {
  const lines = [
    "# A long run of leaks",
    "",
    `\`deno task leaks:long\` wrote this page: \`leaks\` attached for ${
      run.seconds / 60
    } minutes to a guest with a constant`,
    "load of pidfds and one slow leak. The load is `tests/support/pidfd_load.c`: ten times a second two children that end",
    "at once, of which pidfds are opened, polled, duplicated and closed, and which inherit eight others. The leak is one",
    "pidfd of a child that ends, every two seconds. Both say what they do, and when; that is the truth below.",
    "",
    ...options.facts.map((it) => `- ${it}`),
    `- kernel: ${run.kernel} of the lab, two CPUs under \`-accel tcg,thread=single\``,
    "",
    "| claim | measured | verdict |",
    "| --- | --- | --- |",
    ...options.claims.map(({ what, measured, kept }) =>
      `| ${[what, measured, kept ? "kept" : "not kept"].map(cell).join(" | ")} |`
    ),
    "",
    "The heap of the tool as time passed, after a forced collection; what it keeps of each pidfd that is held is in it:",
    "",
    "| seconds | heap | resident |",
    "| --- | --- | --- |",
    ...everyMinute(run).map((it) =>
      `| ${it.seconds} | ${kilobytes(it.usedBytes)} | ${kilobytes(it.residentBytes)} |`
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function everyMinute({ heaps }: LongRun): LongRun["heaps"] {
  const rows = Map.groupBy(heaps, (it) => Math.round(it.seconds / ROW_SECONDS));
  return [...rows].flatMap(([minute, all]) =>
    all.toSorted((one, other) =>
      Math.abs(one.seconds - minute * ROW_SECONDS) - Math.abs(other.seconds - minute * ROW_SECONDS)
    ).slice(0, 1)
  );
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} kB`;
}
