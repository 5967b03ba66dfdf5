/**
 * What changes about leaks while a run lasts, one line for each change.
 *
 * @module
 */

import { printableText } from "../events/mod.ts";
import { fromText, spanText } from "./leaks.ts";
import type { LeakBody, LeaksResult } from "./leaks.ts";
import { utcText } from "./publish.ts";

/** Lines that are said at once at most. */
const LINES_MAX = 20;

/** What was said of a group that breaks a rule. */
interface Said {
  readonly rule: string | null;
  /** Who it is. */
  readonly who: string;
}

/**
 * Knows which leaks were told of.
 *
 * @example
 * ```ts
 * import { LeaksNews } from "./leaks_news.ts";
 * import assert from "node:assert/strict";
 *
 * const counts = { groups: 0, shown: 0, broken: 0, undetermined: 0, pidfds: 0, dead: 0 };
 * const end = { watched_ns: "1", not_seen: [], reason: "it runs", complete: false, exit_code: 0 };
 * const more = { harmless: [], command_status: null, cost: null };
 * const nothing = { host: "local", groups: [], body: { ...counts, ...end, ...more } };
 * assert.deepEqual(new LeaksNews().take(nothing, { utcNs: 0n }), []);
 * ```
 */
export class LeaksNews {
  #told: ReadonlyMap<string, Said> = new Map();

  /**
   * Takes what is known now.
   *
   * @param result it, with all groups; its text may hold any character
   * @param options the moment that it is true of, ns since 1970
   * @returns a printable line for each group that is a leak now and was none, or the other way round
   */
  take({ host, groups }: LeaksResult, { utcNs }: { readonly utcNs: bigint }): readonly string[] {
    const now = new Map<string, Said>();
    const lines: string[] = [];
    const seen = new Map<string, LeakBody>();
    for (const group of groups) {
      const key = keyOf(group);
      // Of groups whose holder nobody told, the first one stands for all.
      if (seen.has(key)) continue;
      seen.set(key, group);
      if (group.verdict !== "broken") continue;
      now.set(key, { rule: group.rule, who: whoOf(group) });
      if (this.#told.get(key)?.rule !== group.rule) lines.push(`${group.rule} broken: ${textOf(group)}`);
    }
    for (const [key, { rule, who }] of this.#told) {
      if (now.has(key)) continue;
      const group = seen.get(key);
      lines.push(`${rule} ${group?.verdict === "undetermined" ? "cannot be told now" : "over"}: ${who}`);
    }
    this.#told = now;
    const head = `${utcText(utcNs).slice(11, 19)} ${host}: `;
    const hidden = lines.length - LINES_MAX;
    const more = hidden > 0 ? [`and ${hidden} more ${hidden === 1 ? "change" : "changes"}`] : [];
    return [...lines.slice(0, LINES_MAX), ...more].map((it) => printableText(head + it));
  }
}

function keyOf({ pid, start_ns: startNs, origin, way }: LeakBody): string {
  return [pid, startNs, origin, way].join(" ");
}

function whoOf(group: LeakBody): string {
  return `pid ${group.pid ?? "?"} (${group.comm ?? "?"}), ${fromText(group)}`;
}

function textOf(group: LeakBody): string {
  const { pidfds, dead, oldest_ns: oldestNs, per_hour: perHour, family } = group;
  return [
    whoOf(group),
    `${pidfds} ${pidfds === 1 ? "pidfd" : "pidfds"}`,
    `${dead} dead`,
    `oldest ${spanText(Number(BigInt(oldestNs) / 1_000_000_000n))}`,
    ...(perHour === null ? [] : [`${perHour} more each hour`]),
    ...(family === null ? [] : [family]),
  ].join(", ");
}
