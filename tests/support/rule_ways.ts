/**
 * Ways that a call takes through the kernel, and what user space saw of it, for rules on evidence that was made up.
 *
 * @module
 */

import type { Told } from "../../model/rules/evidence.ts";
import { fact, failed, steps } from "./told.ts";

/** What is told of one kernel. */
export type RuleCase = Partial<Omit<Told, "truth">> & { readonly truth?: Partial<Told["truth"]> };

/** A call that is refused. */
export const EINVAL = failed(22);
/** A call that made a child. */
export const MADE = { ret: 101, errno: 0, targetPid: 101, hasChild: true, fd: 3 };
/** The way of a clone that makes a pidfd. */
export const BORN =
  "kernel_clone > copy_process > dup_fd = 0 > alloc_pid = 101 > get_unused_fd_flags = 3 > " +
  "pidfs_alloc_file > pidfs_alloc_file = file > cgroup_can_fork = 0 > fd_install > copy_process = 101 > kernel_clone = 101";
/** The way of one that is refused at once. */
export const REFUSED = "kernel_clone > copy_process > copy_process = -22 > kernel_clone = -22";
/** The way of one whose pidfd's number cannot be handed over. */
export const UNDONE =
  "kernel_clone > copy_process > alloc_pid = 101 > get_unused_fd_flags = 3 > pidfs_alloc_file > " +
  "pidfs_alloc_file = file > put_unused_fd = 3 > free_pid > copy_process = -14 > kernel_clone = -14";
/** The way of a call that fails after its file was made. */
export function late(error: number): string {
  return "kernel_clone > copy_process > alloc_pid = 101 > get_unused_fd_flags = 3 > pidfs_alloc_file > " +
    `pidfs_alloc_file = file > cgroup_can_fork = ${error} > put_unused_fd = 3 > free_pid > ` +
    `copy_process = ${error} > kernel_clone = ${error}`;
}

/** The way of a call that fails before that. */
export function early(error: number): string {
  return `kernel_clone > copy_process > alloc_pid = 101 > get_unused_fd_flags = ${error} > free_pid > ` +
    `copy_process = ${error} > kernel_clone = ${error}`;
}

/** Steps of a call that gives no struct pid up, while another thread does. */
export function kept(way: string) {
  return steps(way).map((it) => it.function === "free_pid" ? { ...it, tid: it.tid + 1 } : it);
}

/** Steps of which one was entered with a value. */
export function valued(way: string, { name, value }: { readonly name: string; readonly value: number }) {
  return steps(way.replace(`${name} = 3`, name)).map((it) =>
    it.function === name && !it.returned ? { ...it, value } : it
  );
}

/** What one viewer sees of the first process of a namespace. */
export function nested(name: string, line: string): RuleCase {
  const [, target = ""] = name.split("-");
  return {
    facts: [
      fact(`confirm-nested clone ${target}`, MADE),
      fact(`confirm-nested fdinfo ${name}`, { fdinfo: `pos:\t0\n${line}\n` }),
    ],
    steps: steps(
      "kernel_clone > copy_process > alloc_pid = 101:0 > alloc_pid = 1:1 > copy_process = 101 > kernel_clone = 101",
    ),
  };
}

/** What poll told of a process that is alive, and of a zombie. */
export function polled({ alive, zombie }: { readonly alive: number; readonly zombie: number }): RuleCase {
  const asked = (name: string, revents: number) =>
    fact(`confirm-poll poll ${name}`, { ret: revents === 0 ? 0 : 1, revents });
  return { facts: [asked("alive", alive), asked("zombie", zombie)] };
}
