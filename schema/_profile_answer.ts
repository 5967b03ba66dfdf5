/** What `profile --json` and `profile diff --json` print. */

import type { PublishedEvent, PublishedFields } from "./field.ts";

/** Where a profile comes from. */
const PROFILED_FIELDS = {
  release: { kind: "text", meaning: "`uname -r` of the target" },
  machine: { kind: "text", meaning: "`uname -m` of the target" },
} as const satisfies PublishedFields;

/** One fact of a profile. */
const PROFILE_FACT_FIELDS = {
  id: { kind: "text", meaning: "its name, the same for all kernels" },
  value: {
    kind: "text",
    nullable: true,
    meaning: "what this kernel does, such as EINVAL; `null` when it is not known",
  },
  unknown: { kind: "text", nullable: true, meaning: "why it is not known; `null` when it is" },
  says: { kind: "text", meaning: "what the value is about, one sentence" },
  how: { kind: "text", meaning: "the call, or the calls, by which it was seen" },
  rests_on: {
    kind: "texts",
    meaning: "the facts of the stimulus that it rests on: provocation, fact and call",
  },
} as const satisfies PublishedFields;

/** One of the two profiles that are compared. */
const COMPARED_FIELDS = {
  file: { kind: "text", meaning: "the file as the user named it" },
  host: { kind: "text", meaning: "the target as it was written then" },
  ...PROFILED_FIELDS,
} as const satisfies PublishedFields;

/** How a kernel behaves. */
export const PROFILE_ANSWER = {
  meaning: "Profile: how a kernel behaves, as far as user space can see it",
  fields: {
    ...PROFILED_FIELDS,
    facts: { items: PROFILE_FACT_FIELDS, meaning: "what was found out, and what was not" },
  },
} as const satisfies PublishedEvent;

/** What two of them tell differently. */
export const PROFILE_DIFF_ANSWER = {
  meaning: "Profile diff: what two profiles tell differently",
  fields: {
    a: { fields: COMPARED_FIELDS, meaning: "the first profile" },
    b: { fields: COMPARED_FIELDS, meaning: "the second profile" },
    changed: {
      items: {
        id: { kind: "text", meaning: "name of the fact" },
        says: { kind: "text", meaning: "what its value is about, one sentence" },
        a: { kind: "text", meaning: "its value in the first profile" },
        b: { kind: "text", meaning: "its value in the second one" },
        since: {
          kind: "text",
          nullable: true,
          meaning: "the version that brought the change, as far as it is known",
        },
        commits: { kind: "texts", meaning: "the upstream commits that brought it, where they are known" },
        source: { kind: "text", nullable: true, meaning: "where that is known from" },
      },
      meaning: "facts that both know, with different values",
    },
    untold: {
      items: {
        id: { kind: "text", meaning: "name of the fact" },
        a: {
          kind: "text",
          nullable: true,
          meaning: "its value in the first profile, if it is known there",
        },
        b: { kind: "text", nullable: true, meaning: "its value in the second one, if it is known there" },
        unknown: { kind: "text", meaning: "why it is not known to both" },
      },
      meaning: "facts that cannot be compared",
    },
    same: { kind: "integer", meaning: "facts that both know, with the same value" },
    exit_code: { kind: "integer", meaning: "the exit code of profile diff: 0 none changed, 1 some did" },
  },
} as const satisfies PublishedEvent;
