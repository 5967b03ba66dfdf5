/**
 * What `confirm` says of a kernel, as a part of its row in the matrix.
 *
 * @module
 */

import type { Host } from "../../hosts/mod.ts";
import type { Verdict } from "../../model/mod.ts";
import type { KernelRow } from "../../reports/mod.ts";
import { confirmCode, namesPlayed, verdictsOf } from "./confirm_judge.ts";
import { deadlineOf } from "./confirm_run.ts";
import type { Confirmed } from "./confirm_run.ts";
import { confirmWhole } from "./confirm_whole.ts";
import { EXIT } from "./exit_code.ts";
import type { RowOptions } from "./matrix_row.ts";

/** Everything is played once, with the stress that a row has time for. */
const PLAYED = { names: namesPlayed(undefined), rounds: 1, lives: 500 } as const;

/** Seconds that it takes at the longest. */
export const RULES_SECONDS: number = deadlineOf(PLAYED);

/** The fields of a row that confirm fills, and what they mean for its verdict. */
export type RowRules = Pick<KernelRow, "rules" | "behaves_like" | "missing" | "verdict" | "reasons">;

/**
 * Confirms a guest.
 *
 * @param host the guest; nobody else uses it
 * @param options what the row has besides
 * @returns what was found
 * @throws {CliError} when it cannot be traced
 * @throws {HostError} when it is lost before anything was traced
 * @throws {ProgramError} when bpftrace refuses the program
 */
export async function confirmThere(
  host: Host,
  options: Pick<RowOptions, "stimulus" | "terminal" | "signal" | "onProgress"> & {
    readonly lost: Promise<Error>;
  },
): Promise<RowRules> {
  const told = await confirmWhole({
    ...options,
    ...PLAYED,
    host,
    stimulus: () => Promise.resolve(options.stimulus),
    isLab: true,
    wanted: [],
    bpftrace: "bpftrace",
    sudo: false,
    hint: undefined,
  });
  return rowRules(told);
}

/**
 * Returns the part of a row.
 *
 * @param told what a confirmation told
 * @returns ids of the rules by their verdicts, and why the row's verdict is not `holds`
 */
export function rowRules(
  told: Pick<Confirmed, "evidence" | "move" | "unfinished"> & {
    readonly result: Pick<Confirmed["result"], "reason"> & {
      readonly outside: Pick<Confirmed["result"]["outside"], "codes">;
    };
  },
): RowRules {
  const { rules, backport } = verdictsOf(told, undefined);
  const those = (verdict: Verdict) => rules.filter((it) => it.verdict === verdict);
  const ids = (verdict: Verdict) => those(verdict).map((it) => it.rule.id);
  const code = confirmCode(rules, { codes: told.result.outside.codes, unfinished: told.unfinished });
  const broken = those("broken").map((it) =>
    `${it.rule.id} is broken: ${it.observed ?? "?"}, expected ${it.expected ?? "?"}`
  );
  const unknown = those("undetermined").map((it) =>
    `${it.rule.id} is undetermined: ${it.reasons.join("; ")}`
  );
  const unfinished = [...told.unfinished].map((it) => `${it} did not come to an end`);
  const known = [...broken, ...unknown, ...unfinished];
  return {
    rules: {
      holds: ids("holds"),
      broken: ids("broken"),
      undetermined: ids("undetermined"),
      not_exercised: ids("not-exercised"),
    },
    behaves_like: backport.behavesLike,
    missing: backport.fixes.filter((it) => it.state === "missing").map((it) => it.commit),
    verdict: code === EXIT.well ? "holds" : broken.length > 0 ? "broken" : "undetermined",
    reasons: code === EXIT.well || known.length > 0
      ? known
      : [`Not all of it was seen: ${told.result.reason}`],
  };
}
