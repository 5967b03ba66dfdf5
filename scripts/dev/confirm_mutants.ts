/**
 * Confirms every kernel with a known change, two at a time, and compares what is said with what was written down about it before.
 *
 * Usage: `confirm_mutants.ts [--page FILE] [ID...]`; all of them when none is named. The page is made of the latest answer
 * about each kernel. The code is 1 when one of those that were confirmed is not as it must be.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { buildMutantKernel, findVariant, prepareMachine } from "../../lab/mod.ts";
import { atOnce } from "../cli/matrix.ts";
import { confirmTarget, lastConfirmation } from "./confirm_answer.ts";
import { mutantsPage, mutantWords } from "./mutants_page.ts";
import type { ConfirmedMutant } from "./mutants_page.ts";
import { judgeMutant, KERNEL_CASES, saidOf } from "./mutant_verdict.ts";

/** What was last said of each kernel that was ever confirmed here. */
async function lastAnswers(): Promise<readonly ConfirmedMutant[]> {
  const all: ConfirmedMutant[] = [];
  for (const mutant of KERNEL_CASES) {
    const last = await lastConfirmation(mutant.id);
    if (last === undefined) continue;
    const said = saidOf(last);
    all.push({ mutant, said, verdict: judgeMutant(mutant, said) });
  }
  return all;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { page: { type: "string" } },
    allowPositionals: true,
  });
  // A name that there is not is refused before hours are spent on others.
  const names = positionals.map((it) => findVariant(it).id);
  const cases = KERNEL_CASES.filter((it) => names.length === 0 || names.includes(it.id));
  const options = { onProgress: (line: string) => console.error(line) };
  await prepareMachine(options);
  // One after the other: they share a tree.
  const paths = new Map<string, string>();
  for (const { id } of cases) paths.set(id, await buildMutantKernel(findVariant(id), options));
  let done = 0;
  const confirmed = await atOnce(cases, async (mutant): Promise<ConfirmedMutant> => {
    const said = saidOf(await confirmTarget(`lab:${paths.get(mutant.id)}`, mutant.id));
    const told = { mutant, said, verdict: judgeMutant(mutant, said) };
    done += 1;
    console.log(`${done}/${cases.length} ${mutantWords(told)}`);
    return told;
  });
  if (values.page !== undefined) await Deno.writeTextFile(values.page, mutantsPage(await lastAnswers()));
  const wrong = confirmed.filter((it) => !it.verdict.isRight && it.mutant.onlyWhen === undefined);
  console.log(`${cases.length - wrong.length} of ${cases.length} are told as they are`);
  Deno.exit(wrong.length === 0 ? 0 : 1);
}
