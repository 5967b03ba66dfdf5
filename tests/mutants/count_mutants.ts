/**
 * Bugs in what the model knows of counts: births, releases, failed clones, and what a loss makes of them.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** The bugs. */
export const COUNT_MUTANTS: readonly Mutant[] = [
  {
    file: "model/ledger.ts",
    original: "Number(target.inode) : target.files;",
    replacement: "Number(target.inode) : Number(target.files > 0);",
    bug: "Without pidfs all files of a process share one reference",
  },
  {
    file: "model/ledger.ts",
    original: "Number(target.inode) : target.files;",
    replacement: "target.files : target.files;",
    bug: "With pidfs each file holds a reference of its own",
  },
  {
    file: "model/ledger.ts",
    original: "unknown_holders: after === null ? null : Math.max(0, after - expected),",
    replacement: "unknown_holders: after === null ? null : 0,",
    bug: "Holders that are not known are never told",
  },
  {
    file: "model/ledger.ts",
    original: "(putMaySettle(target, reading.ktimeNs) ? [false, true] : [false]);",
    replacement: "[false];",
    bug: "A put that was recorded is taken to have happened",
  },
  {
    file: "model/ledger.ts",
    original: "return birth.tid !== tid && ktimeNs",
    replacement: "return ktimeNs",
    bug: "A thread need not know of its own births",
  },
  {
    file: "model/ledger.ts",
    original: "return birth.tid !== tid && ktimeNs - birth.ktimeNs < BIRTH_SETTLES_NS;",
    replacement: "return false;",
    bug: "A count is taken to know of every birth whose record came before",
  },
  {
    file: "model/_judge.ts",
    original: "if (exact === undefined) return;",
    replacement: "return;",
    bug: "A count that must be exact may be too high",
  },
  {
    file: "model/_judge.ts",
    original: "  if (!target.whole) return;\n",
    replacement: "",
    bug: "What is older than the probes is judged",
  },
  {
    file: "model/_judge.ts",
    original: "isDoubtful(state, target) ? AFTER_A_LOSS : what.undetermined",
    replacement: "what.undetermined",
    bug: "A rule is said to be broken although a loss may explain it",
  },
  {
    file: "model/_releases.ts",
    original: "if (file !== undefined || failing !== undefined) target.files -= 1;",
    replacement: "if (file !== undefined) target.files -= 1;",
    bug: "The file of a failed clone stays open for ever",
  },
  {
    file: "model/_releases.ts",
    original: "if (stale !== undefined && stale.target.address !== event.pidAddress)",
    replacement: "if (stale !== undefined && stale.createdSeq < 0)",
    bug: "An older file at the address of the released one names its target",
  },
  {
    file: "model/_releases.ts",
    original: "if (target.files === 0) target.inode = false;",
    replacement: "target.inode = false;",
    bug: "The end of an inode is taken for that of the one that came after it",
  },
  {
    file: "model/_releases.ts",
    original: "  if (event.before === 1) return 0;\n",
    replacement: "",
    bug: "What is read from freed memory is believed",
  },
  {
    file: "model/_releases.ts",
    original: "last === undefined || it.event.ktimeNs > last.event.ktimeNs",
    replacement: "last === undefined || it.event.ktimeNs < last.event.ktimeNs",
    bug: "Of several releases at once the first one is said to have dropped the inode",
  },
  {
    file: "model/_releases.ts",
    original: "if (others.every((it) => it.wentOn)) {",
    replacement: "if (others.some((it) => it.wentOn)) {",
    bug: "One thread that goes on speaks for all that release at once",
  },
  {
    file: "model/_releases.ts",
    original: "if (nowNs !== null && nowNs - releasing.event.ktimeNs <= RELEASE_SETTLES_NS) continue;",
    replacement: "if (nowNs !== null) continue;",
    bug: "A release whose thread is not heard of again is not told before the end",
  },
  {
    file: "model/_releases.ts",
    original: 'return fate.kind === "unknown" || isDoubtful(state, target) ? null : false;',
    replacement: 'return fate.kind === "unknown" ? null : false;',
    bug: "After a loss it is still said that the inode stays",
  },
  {
    file: "model/_releases.ts",
    original: "const hashMayDrop = target.reaped ? 1 : 0;",
    replacement: "const hashMayDrop = 0;",
    bug: "A put of the hash beside a release is taken for a second drop",
  },
  {
    file: "model/_releases.ts",
    original: "if (event.before - after <= 1 + hashMayDrop) return;",
    replacement: "if (event.before - after <= 2 + hashMayDrop) return;",
    bug: "A release may drop two references",
  },
  {
    file: "model/_releases.ts",
    original: "if (state.early.size > EARLY_MAX && oldest !== undefined) state.early.delete(oldest);",
    replacement: "if (state.early.size < 0 && oldest !== undefined) state.early.delete(oldest);",
    bug: "Releases of files that nobody knows are remembered without an end",
  },
  {
    file: "model/_failures.ts",
    original: "{ file_released: missing, pid_dropped: missing, count }",
    replacement: "{ file_released: true, pid_dropped: missing, count }",
    bug: "A file that a failed clone keeps is said to be released",
  },
  {
    file: "model/_failures.ts",
    original: "if (failing.tid !== tid) continue;",
    replacement: "if (failing.tid === tid) continue;",
    bug: "Any other thread that goes on ends the cleanup of a failed clone",
  },
  {
    file: "model/_failures.ts",
    original: "if (state.nowNs - failing.ktimeNs < CLEANUP_SETTLES_NS) continue;",
    replacement: "if (state.nowNs - failing.ktimeNs < 0n) continue;",
    bug: "A run that ends right after a failed clone blames it",
  },
  {
    file: "model/_failures.ts",
    original: "    target.reaped = true;\n    state.failing.set",
    replacement: "    state.failing.set",
    bug: "The hash is taken to hold the child of a failed clone for as long as a living one",
  },
  {
    file: "model/_births.ts",
    original:
      "  const installed = event.slotFile === file;\n  const early = installed ? undefined : takeEarly(" +
      "state, file);\n  const target",
    replacement:
      "  const installed = true;\n  const early = installed ? undefined : takeEarly(state, file);\n" +
      "  const target",
    bug: "A file that was closed before clone returned is open for ever",
  },
  {
    file: "model/_births.ts",
    original: 'return event.kind !== "made" || target.law === "per-inode";',
    replacement: "return target.files >= 0;",
    bug: "A count that is read before its own reference is taken is compared",
  },
  {
    file: "model/_births.ts",
    original: "    forgetFile(state, file);\n",
    replacement: "",
    bug: "A file whose release was not seen stays open when its address is used again",
  },
  {
    file: "model/_births.ts",
    original: "filledNs !== undefined && filledNs < target.bornNs",
    replacement: "filledNs !== undefined && filledNs < 0n",
    bug: "A loss while pidfd_open was under way does not make its target doubtful",
  },
  {
    file: "model/_targets.ts",
    original: "if (event.live !== 0 || target.exited) return;",
    replacement: "if (target.exited) return;",
    bug: "A process has ended with its first thread",
  },
  {
    file: "model/_targets.ts",
    original: "(event.exitCode >> 8) & 0xff",
    replacement: "event.exitCode & 0xff",
    bug: "The exit status is read from the wrong byte",
  },
  {
    file: "model/_targets.ts",
    original: "  target.hashed = false;\n  target.hashPutNs = event.ktimeNs;\n  target.reaped = true;",
    replacement: "  target.hashPutNs = event.ktimeNs;\n  target.reaped = true;",
    bug: "The hash is taken to keep its reference after its put",
  },
  {
    file: "model/_targets.ts",
    original: "  if (target.failed || target.reaped) return;\n  const { count: read, ktimeNs, tid } = event;",
    replacement: "  target.hashed = false;\n  const { count: read, ktimeNs, tid } = event;",
    bug: "The hash is taken to drop its reference at the wait, before the grace period",
  },
  {
    file: "model/_targets.ts",
    original: "by: holderOf(target), event, out",
    replacement: 'by: "other", event, out',
    bug: "A last reference that a release drops is said to be somebody else's",
  },
  {
    file: "model/_targets.ts",
    original: "    releasing.freed = true;\n",
    replacement: "",
    bug: "A release whose thread frees the target is not known to have dropped all there was",
  },
  {
    file: "model/_failures.ts",
    original: "    if (missing === false) stays(state, address, { failing, seq });\n",
    replacement: "",
    bug: "A pidfd that a failed clone leaves open is nobody's when it is closed",
  },
  {
    file: "model/_targets.ts",
    original: "  if (state.targets.get(target.address) === target) state.targets.delete(target.address);\n" +
      "  target.freed = true;",
    replacement: "  target.freed = true;",
    bug: "What was freed is still known by its address",
  },
  {
    file: "model/_doubts.ts",
    original: "return target.reaped ?",
    replacement: "return target.bornNs >= 0n ?",
    bug: "A lost put leaves no doubt of what was not waited for",
  },
  {
    file: "model/_doubts.ts",
    original: "return target.reaped ? isSince",
    replacement: "return target.failed ? isSince",
    bug: "A lost put makes doubtful what was waited for",
  },
  {
    file: "model/_births.ts",
    original: "whole: !isMaybeKnown && isWhole(state, event.ktimeNs),",
    replacement: "whole: isWhole(state, event.ktimeNs),",
    bug: "What may be the ended process that was known is judged as another one",
  },
  {
    file: "model/_births.ts",
    original: "if (begunNs < target.bornNs) target.bornNs = begunNs;",
    replacement: "",
    bug: "A file whose number names it no more cannot have gone before it was told",
  },
  {
    file: "model/_failures.ts",
    original: "if (!isNamed && !made) {",
    replacement: "if (!isNamed) {",
    bug: "Without types nobody waits for the cleanup of a failed clone",
  },
  {
    file: "model/_slots.ts",
    original: "waiting?.push({ ...news, closeOnExec: news.slot.closeOnExec });",
    replacement: "waiting?.push(news);",
    bug: "A slot is told with the flag that it has when its birth is told",
  },
  {
    file: "model/_doubts.ts",
    original: "(untilNs !== null && untilNs >= sinceNs)",
    replacement: "(untilNs !== null && untilNs > sinceNs)",
    bug: "A loss at the very moment of a birth does not make it doubtful",
  },
  {
    file: "model/_doubts.ts",
    original: "if (fromNs !== null && fromNs > nowNs) return true;",
    replacement: "",
    bug: "A loss makes doubtful what went before it",
  },
  {
    file: "model/_scope.ts",
    original: "return startNs === null || startNs === event.startNs;",
    replacement: "return startNs === null || startNs > 0n;",
    bug: "A process that has the number of one in scope is in scope",
  },
  {
    file: "model/tally.ts",
    original: "      this.#baselineReleased -= 1;\n",
    replacement: "",
    bug: "A release that came before its birth is counted twice",
  },
];
