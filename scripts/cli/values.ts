/**
 * Kinds of value that options take.
 *
 * @module
 */

import { message } from "@optique/core/message";
import type { ValueParser } from "@optique/core/valueparser";
import { parseTarget } from "../../hosts/mod.ts";
import type { Target } from "../../hosts/mod.ts";

/** A machine to trace. */
export function targetValue(): ValueParser<"sync", Target> {
  return {
    mode: "sync",
    metavar: "TARGET",
    placeholder: { kind: "local", name: "local" },
    parse(input) {
      try {
        return { success: true, value: parseTarget(input) };
      } catch (error) {
        return { success: false, error: message`${error instanceof Error ? error.message : String(error)}` };
      }
    },
    format: (value) => value.name,
  };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** A length of time, such as `30s`, `5m`, `500ms`; a bare number is seconds. The value is in milliseconds. */
export function durationValue(): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "DURATION",
    placeholder: 1000,
    parse(input) {
      const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(input);
      const milliseconds = Number(match?.[1]) * (UNIT_SECONDS[match?.[2] ?? "s"] ?? 1) * 1000;
      if (match === null || milliseconds < 1 || milliseconds > 86_400_000) {
        return {
          success: false,
          error: message`Expected a time such as 30s, 5m or 500ms, at most 24h, but got ${input}.`,
        };
      }
      return { success: true, value: milliseconds };
    },
    format: (value) => `${value}ms`,
  };
}

/** A shell pattern with `*` and `?`, as an anchored expression. */
export function globValue(): ValueParser<"sync", RegExp> {
  return {
    mode: "sync",
    metavar: "GLOB",
    placeholder: /^$/,
    parse: (input) => ({ success: true, value: globExpression(input) }),
    format: (value) => value.source,
  };
}

/**
 * Returns the expression that matches what a shell pattern matches.
 *
 * @param glob pattern, where `*` is any text and `?` any character
 * @returns an anchored expression; every other character stands for itself
 */
export function globExpression(glob: string): RegExp {
  const source = [...glob].map((it) =>
    it === "*" ? ".*" : it === "?" ? "." : it.replace(/[\\^$.|+()[\]{}\/-]/u, "\\$&")
  );
  return new RegExp(`^${source.join("")}$`, "su");
}
