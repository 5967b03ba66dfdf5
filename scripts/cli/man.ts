/**
 * `man`: a page of the manual as roff.
 *
 * @module
 */

import { VERSION } from "../version.ts";
import { CliError, EXIT } from "./exit_code.ts";
import type { ManOptions } from "./grammar.ts";
import { manual, PROGRAM } from "./manual.ts";
import { roffPage } from "./roff.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs the command.
 *
 * @param options which page
 * @param terminal where the page goes
 * @returns the exit code
 * @throws {CliError} of code 2 when there is no such page
 */
export async function man(options: ManOptions, terminal: Terminal): Promise<number> {
  const top = manual();
  const pages = [top, ...top.commands];
  const page = pages.find(({ words }) => words.join(" ") === (options.page ?? ""));
  if (page === undefined) {
    const names = top.commands.map(({ words }) => words.join(" ")).join(", ");
    throw new CliError(
      `Cannot find a manual page of ${JSON.stringify(options.page)}: one of ${names} is required`,
      {
        code: EXIT.usage,
        hint: `deno run ${PROGRAM} man prints the page of the whole tool`,
      },
    );
  }
  await terminal.write(roffPage(page, { version: VERSION, siblings: pages.filter((it) => it !== page) }));
  return EXIT.well;
}
