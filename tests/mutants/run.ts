/**
 * Puts each bug of {@linkcode MUTANTS} into a copy of the repository, and prints by which test it is caught.
 *
 * ```sh
 * deno run --no-prompt --allow-read --allow-write=/tmp --allow-run tests/mutants/run.ts [--all] [WORD...]
 * ```
 *
 * With `--all` every test is asked, not only until one fails. With words only the mutants are tried whose file or
 * sentence has one of them. Ends with 1 when a mutant survives, cannot be tried, or the tests fail without any.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { RepositoryCopy } from "./copy.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { failureOf, tryMutant, WITNESSES } from "./trial.ts";
import type { Verdict, Witness } from "./trial.ts";

const TOP = fileURLToPath(new URL("../../", import.meta.url));

/** Copies that are tried at once. */
const AT_ONCE = 2;

if (import.meta.main) Deno.exit(await run(Deno.args));

async function run(args: readonly string[]): Promise<number> {
  const all = args.includes("--all");
  const words = args.filter((it) => it !== "--all");
  const mutants = MUTANTS.filter(({ file, bug }) =>
    words.length === 0 || words.some((word) => file.includes(word) || bug.includes(word))
  );
  if (mutants.length === 0) {
    console.error(`No mutant has one of the words ${words.join(", ")}`);
    return 1;
  }
  await using first = await RepositoryCopy.make(TOP);
  await using second = await RepositoryCopy.make(TOP);
  const copies = [first, second].slice(0, AT_ONCE);
  if (await hasFailed(copies)) return 1;
  const verdicts = await tryAll(mutants, { copies, all });
  print(verdicts, all);
  return verdicts.every((it) => it.caughtBy.length > 0) ? 0 : 1;
}

/** Without a bug every test must pass: otherwise its failure says nothing. */
async function hasFailed(copies: readonly RepositoryCopy[]): Promise<boolean> {
  const failed: string[] = [];
  await shareOut(Object.keys(WITNESSES) as Witness[], copies, async (witness, copy) => {
    const failure = await failureOf(copy, witness);
    if (failure !== undefined) failed.push(`${WITNESSES[witness]} fails without any bug:\n${failure}`);
  });
  for (const it of failed) console.error(it);
  return failed.length > 0;
}

async function tryAll(
  mutants: readonly Mutant[],
  { copies, all }: { readonly copies: readonly RepositoryCopy[]; readonly all: boolean },
): Promise<readonly Verdict[]> {
  const verdicts = new Map<Mutant, Verdict>();
  await shareOut(mutants, copies, async (mutant, copy) => {
    const verdict = await tryMutant(copy, mutant, { all });
    verdicts.set(mutant, verdict);
    console.error(`${verdicts.size}/${mutants.length} ${wordOf(verdict)}: ${mutant.file}: ${mutant.bug}`);
    if (verdict.broken !== undefined) console.error(verdict.broken);
  });
  return mutants.flatMap((it) => verdicts.get(it) ?? []);
}

/** Each copy takes the next one when it is done with the one before. */
async function shareOut<T>(
  items: readonly T[],
  copies: readonly RepositoryCopy[],
  act: (item: T, copy: RepositoryCopy) => Promise<void>,
): Promise<void> {
  const left = [...items];
  await Promise.all(copies.map(async (copy) => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item, copy);
  }));
}

function wordOf({ caughtBy, broken }: Verdict): string {
  if (broken !== undefined) return "CANNOT BE LOADED";
  return caughtBy.length === 0 ? "SURVIVED" : caughtBy.join(", ");
}

function print(verdicts: readonly Verdict[], all: boolean): void {
  console.log("| file | what the model does wrong | caught by |\n| --- | --- | --- |");
  for (const verdict of verdicts) {
    console.log(`| \`${verdict.mutant.file}\` | ${verdict.mutant.bug} | ${wordOf(verdict)} |`);
  }
  const caught = verdicts.filter((it) => it.caughtBy.length > 0);
  console.log(`\n${caught.length} of ${verdicts.length} bugs were caught`);
  for (const witness of Object.keys(WITNESSES) as Witness[]) {
    const by = caught.filter((it) => it.caughtBy.includes(witness)).length;
    console.log(`${by} by ${witness}${all ? "" : " first"} (${WITNESSES[witness]})`);
  }
}
