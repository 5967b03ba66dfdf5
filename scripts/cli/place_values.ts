/**
 * Kinds of value that name a place of processes: a cgroup, or a container.
 *
 * @module
 */

import { message } from "@optique/core/message";
import type { ValueParser } from "@optique/core/valueparser";

/** Where cgroup v2 is mounted: people copy paths from there. */
const MOUNT = /^\/sys\/fs\/cgroup(?:\/unified)?(?=\/|$)/;

/** Longest path that the kernel takes. */
const PATH_MAX = 4096;

/**
 * A cgroup v2: its path from the root of cgroup v2, or the folder. The value is the path from the root, without a slash
 * at its end.
 */
export function cgroupValue(): ValueParser<"sync", string> {
  return {
    mode: "sync",
    metavar: "PATH",
    placeholder: "/",
    parse(input) {
      const names = input.replace(MOUNT, "").split("/").filter((it) => it !== "");
      const isPath = input.startsWith("/") && input.length <= PATH_MAX && !/[\0\n]/.test(input);
      if (!isPath || names.some((it) => it === "." || it === "..")) {
        return {
          success: false,
          error:
            message`Expected a path in cgroup v2 that begins with /, such as /system.slice, but got ${input}.`,
        };
      }
      return { success: true, value: `/${names.join("/")}` };
    },
    format: (value) => value,
  };
}

/** The begin of a container's id: 4 characters at least, or a match would be chance. */
export function containerValue(): ValueParser<"sync", string> {
  return {
    mode: "sync",
    metavar: "ID",
    placeholder: "0000",
    parse: (input) =>
      /^[\w.-]{4,256}$/.test(input) ? { success: true, value: input } : {
        success: false,
        error: message`Expected at least 4 characters of a container's id or name, but got ${input}.`,
      },
    format: (value) => value,
  };
}
