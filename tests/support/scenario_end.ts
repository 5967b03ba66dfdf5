/**
 * The state that a scenario ends in: which pidfds are open, what has become of their targets, and who holds them.
 *
 * @module
 */

import type { TaskSlot, Update } from "../../model/mod.ts";

/** What is known of a file while it is open. */
interface OpenFile {
  /** This run's name for its target, and the process id. */
  readonly target: string;
  /** This run's name for its target. */
  readonly targetId: string;
  /** Holders beside the slots, as the latest event of a slot tells them. */
  others: readonly string[];
}

/**
 * Returns one line for each pidfd that is open in the end, such as
 * `held f1 p1=200 reaped by 100[3], 101[4], socket`.
 *
 * Files and targets come from what was said, the slots from the model as it stands in the end; so a slot whose file is
 * said to have gone shows as `held f1 gone`. What was not told, such as an end whose record was lost, has not happened
 * here. `by ?` stands where no slot is known, because slots are not watched.
 *
 * @param updates everything that was said
 * @param slots every slot that holds a pidfd in the end
 * @returns the lines, in the order of the births
 */
export function heldAtEnd(updates: readonly Update[], slots: readonly TaskSlot[]): readonly string[] {
  const files = new Map<string, OpenFile>();
  const fates = new Map<string, string>();
  for (const update of updates) follow(update, files, fates);
  const lines = [...files].map(([file, { target, targetId, others }]) => {
    const holders = [...slots.filter((it) => it.file === file).map(slotText), ...others];
    const by = holders.length === 0 ? "?" : holders.join(", ");
    return `held ${file} ${target} ${fates.get(targetId) ?? "alive"} by ${by}`;
  });
  const strays = slots.filter((it) => it.file === null || !files.has(it.file));
  return [...lines, ...strays.map((it) => `held ${it.file ?? "?"} gone by ${slotText(it)}`)];
}

function follow(update: Update, files: Map<string, OpenFile>, fates: Map<string, string>): void {
  switch (update.type) {
    case "pidfd.create": {
      const { file, target, released_seq: released } = update.body;
      if (file === null || released !== null) return;
      files.set(file, { target: `${target.id}=${target.pid ?? "?"}`, targetId: target.id, others: [] });
      return;
    }
    case "pidfd.release":
      files.delete(update.body.file);
      return;
    case "process.exit":
      fates.set(update.body.target.id, "ended");
      return;
    case "process.reap":
      fates.set(update.body.target.id, "reaped");
      return;
    case "pidfd.install":
    case "pidfd.dup":
    case "pidfd.inherit":
    case "pidfd.send":
    case "pidfd.receive":
    case "pidfd.getfd":
    case "pidfd.close": {
      const file = files.get(update.body.file);
      if (file !== undefined) file.others = update.body.other_holders ?? [];
      return;
    }
  }
}

function slotText({ pid, tid, fd, doubtful }: TaskSlot): string {
  const thread = tid === null ? "/?" : tid === pid ? "" : `/${tid}`;
  return `${pid}${thread}[${fd}]${doubtful ? "?" : ""}`;
}
