/**
 * Uses of pidfds: who asks one for its process, polls it, or asks it by ioctl.
 *
 * Every call that takes a pidfd as an argument asks `pidfd_pid` for its process: waitid, pidfd_send_signal, setns,
 * pidfd_getfd, process_madvise, process_mrelease. poll, select and epoll ask `pidfd_poll`, once or more in each call.
 *
 * Overhead: one record for each use, and nothing for other files.
 *
 * @module
 */

import { argument, binary, cast, emit, fentry, field, int, kaddr, probe, variable } from "../program/mod.ts";
import type { Probe } from "../program/mod.ts";
import { letCall } from "./_calls.ts";
import type { CallPlace } from "./_calls.ts";
import type { Sight, Way } from "./_ladder.ts";
import type { SightSources } from "./_sights.ts";

/** How a pidfd is asked: the place in this list is what a `use` record has. */
const ASKED: readonly string[] = ["pidfd_pid", "pidfd_poll", "pidfd_ioctl"];

/** The functions that uses are seen by, for `discover`. */
export const USE_SYMBOLS: readonly string[] = ASKED;

const WITHOUT: Readonly<Record<string, string>> = {
  pidfd_pid: "uses by waitid, pidfd_send_signal, setns and the like are not seen",
  pidfd_poll: "uses by poll, select and epoll are not seen",
  pidfd_ioctl: "uses by ioctl are not seen",
};

/** Each way to use a pidfd. */
export function uses({ facts, files, places }: SightSources): readonly Sight[] {
  const operations = facts.symbols.has(files.operations)
    ? undefined
    : `The symbol ${files.operations} is needed: a pidfd's file is known by it`;
  return ASKED.map((name, how): Sight => ({
    what: `uses by ${name}`,
    ways: [(): Way => ({
      functions: [name],
      missing: [operations],
      probes: () => [used(name, { how, operations: files.operations, callPlace: places.callPlace })],
    })],
    without: [WITHOUT[name] ?? ""],
  }));
}

function used(
  name: string,
  about: { readonly how: number; readonly operations: string; readonly callPlace: CallPlace },
): Probe {
  const file = argument("file");
  return probe(fentry(name), "A pidfd is used.", {
    when: binary(cast("uint64", field(file, "->f_op")), "==", kaddr(about.operations)),
    body: [
      ...letCall(about.callPlace),
      ...emit("use", {
        file,
        how: int(about.how),
        command: name === "pidfd_ioctl" ? argument("cmd") : int(0),
        call: variable("call"),
      }),
    ],
  });
}
