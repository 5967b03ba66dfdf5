/**
 * The part of the grammar that says whose pidfds are shown.
 *
 * @module
 */

import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional } from "@optique/core/modifiers";
import type { InferValue } from "@optique/core/parser";
import { option } from "@optique/core/primitives";
import { integer } from "@optique/core/valueparser";
import { globValue } from "./values.ts";
import { cgroupValue, containerValue } from "./place_values.ts";

/** Most that Linux gives a process or a thread for a number. */
const PID_MAX = 4_194_304;

/** -1 is no user. */
const UID_MAX = 4_294_967_294;

/** Whose pidfds are shown; every option that is given must match. */
export const whoOptions = object({
  pids: multiple(option("-p", "--pid", integer({ metavar: "PID", min: 1, max: PID_MAX }), {
    description: message`Only of this process; repeatable.`,
  })),
  comm: optional(option("-n", "--comm", globValue(), {
    description: message`Only of processes whose comm matches; "*" and "?" are wild.`,
  })),
  uids: multiple(option("-u", "--uid", integer({ metavar: "UID", min: 0, max: UID_MAX }), {
    description: message`Only of processes of this user, a number; repeatable.`,
  })),
  cgroups: multiple(option("-c", "--cgroup", cgroupValue(), {
    description: message`Only of processes in this cgroup v2 or below it, such as /system.slice; repeatable.`,
  })),
  containers: multiple(option("--container", containerValue(), {
    description:
      message`Only of processes in the container whose id begins so, 4 characters at least; repeatable.`,
  })),
});

/** The same for events, each of which has a thread. */
export const actorOptions = merge(
  whoOptions,
  object({
    tids: multiple(option("-t", "--tid", integer({ metavar: "TID", min: 1, max: PID_MAX }), {
      description: message`Only of this thread; repeatable.`,
    })),
  }),
);

/** What is asked of a machine, where what happens later can be followed. */
export const followOption = object({
  follow: option("--follow", {
    description: message`With -p: also what these processes fork from then on, and so on.`,
  }),
});

/** The same for events, each of which has an outcome. */
export const eventOptions = merge(
  actorOptions,
  object({
    failed: option("-x", "--failed", { description: message`Only calls that failed.` }),
    ok: option("--ok", { description: message`Only calls that succeeded.` }),
  }),
);

/** What says whose pidfds are shown. */
export type WhoOptions = InferValue<typeof whoOptions>;

/** What says who acts in the events that are shown. */
export type ActorOptions = InferValue<typeof actorOptions>;

/** What says which events are shown. */
export type EventOptions = InferValue<typeof eventOptions>;
