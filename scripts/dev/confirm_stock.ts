/**
 * Confirms the stock kernels of the lab several times, two at a time, and says for each rule whether it holds there, and whether the
 * runs agree.
 *
 * Usage: `confirm_stock.ts [--runs N] [--page FILE] [KERNEL...]`; 3 runs of all kernels unless said otherwise. The code
 * is 1 when a rule is broken or undetermined, or when two runs do not agree.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { findKernel, LAB_KERNELS } from "../../lab/mod.ts";
import { atOnce } from "../cli/matrix.ts";
import { confirmTarget } from "./confirm_answer.ts";
import { agreedOn, stockPage } from "./stock_page.ts";
import type { ConfirmedKernel } from "./stock_page.ts";

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: { page: { type: "string" }, runs: { type: "string", default: "3" } },
    allowPositionals: true,
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new RangeError(`Cannot run "${values.runs}" times: 1 or more`);
  }
  const kernels = positionals.length === 0
    ? LAB_KERNELS.map((it) => it.name)
    : positionals.map((it) => findKernel(it).name);
  const confirmed = await atOnce(kernels, async (kernel): Promise<ConfirmedKernel> => {
    const answers = [];
    for (let run = 1; run <= runs; run += 1) {
      const { code, answer } = await confirmTarget(`lab:${kernel}`, `${kernel}-${run}`);
      if (answer === undefined) {
        throw new Error(`Cannot confirm "${kernel}": it printed nothing, and ended with ${code}`);
      }
      const of = (verdict: string) => answer.rules.flatMap((it) => it.verdict === verdict ? [it.id] : []);
      const words = (["broken", "undetermined", "not-exercised"] as const)
        .flatMap((it) => of(it).length === 0 ? [] : [`${it}: ${of(it).join(", ")}`]);
      console.log(`${kernel} ${run}/${runs}: code ${code}; ${of("holds").length} hold; ${words.join("; ")}`);
      answers.push(answer);
    }
    return { kernel, answers };
  });
  if (values.page !== undefined) await Deno.writeTextFile(values.page, stockPage(confirmed));
  const sound = confirmed.filter((it) =>
    it.answers.every(({ exit_code: code }) => code === 0) && agreedOn(it)
  );
  console.log(
    `${sound.length} of ${confirmed.length} kernels keep the rules in every run, and their runs agree`,
  );
  Deno.exit(sound.length === confirmed.length ? 0 : 1);
}
