/**
 * Kinds of value that options take.
 *
 * @module
 */

import { message, text } from "@optique/core/message";
import type { Message } from "@optique/core/message";
import type { ValueParser } from "@optique/core/valueparser";
import { parseTarget } from "../../hosts/mod.ts";
import type { Target } from "../../hosts/mod.ts";
import { CONFIRM_RULES } from "../../model/mod.ts";
import { DEFAULT_KERNEL, findKernel, LAB_KERNELS } from "../../lab/mod.ts";

/** A machine to trace. */
export function targetValue(): ValueParser<"sync", Target> {
  return {
    mode: "sync",
    metavar: "TARGET",
    placeholder: { kind: "local", name: "local" },
    parse(input) {
      try {
        const value = parseTarget(input);
        if (value.kind === "lab") findKernel(value.kernel);
        return { success: true, value };
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        return { success: false, error: message`${text(words)}.` };
      }
    },
    format: (value) => value.name,
  };
}

/** A kernel of the lab, alone or with a root file system. */
export function kernelValue(): ValueParser<"sync", string> {
  return {
    mode: "sync",
    metavar: "KERNEL",
    placeholder: DEFAULT_KERNEL,
    parse(input) {
      try {
        return { success: true, value: findKernel(input).name };
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        return { success: false, error: message`${text(words)}.` };
      }
    },
    format: (value) => value,
    *suggest(prefix) {
      for (const { name } of LAB_KERNELS) if (name.startsWith(prefix)) yield { kind: "literal", text: name };
    },
  };
}

/** Rules by their ids, with commas between; upper and lower case are the same. The value has no id twice. */
export function rulesValue(): ValueParser<"sync", readonly string[]> {
  const ids = CONFIRM_RULES.map((it) => it.id);
  return {
    mode: "sync",
    metavar: "RULES",
    placeholder: [],
    parse(input) {
      const words = input.split(",").map((it) => it.trim());
      const unknown = words.find((word) => !ids.some((it) => it.toLowerCase() === word.toLowerCase()));
      if (unknown !== undefined) {
        return {
          success: false,
          error: message`Cannot find the rule ${unknown}: ids of ${text(ids.join(", "))} are required.`,
        };
      }
      const wanted = new Set(words.map((it) => it.toLowerCase()));
      return { success: true, value: ids.filter((it) => wanted.has(it.toLowerCase())) };
    },
    format: (value) => value.join(","),
    *suggest(prefix) {
      const begun = prefix.slice(0, prefix.lastIndexOf(",") + 1);
      for (const id of ids) {
        if (`${begun}${id}`.toLowerCase().startsWith(prefix.toLowerCase())) {
          yield { kind: "literal", text: `${begun}${id}` };
        }
      }
    },
  };
}

/**
 * A file or folder of this machine, or a name that stands for one.
 *
 * @param metavar what help calls it
 */
export function pathValue(metavar: "PATH" | "FILE" | "DIR"): ValueParser<"sync", string> {
  return nameValue(metavar, /./s, message`A name is required, but nothing was given.`);
}

/** A program of the target: what `exec` takes for one, and not for an option. */
export function programValue(): ValueParser<"sync", string> {
  return nameValue("PATH", /^[^-]/, message`A name without a dash in front is required.`);
}

function nameValue(
  metavar: "PATH" | "FILE" | "DIR",
  required: RegExp,
  error: Message,
): ValueParser<"sync", string> {
  return {
    mode: "sync",
    metavar,
    placeholder: ".",
    parse: (input) => required.test(input) ? { success: true, value: input } : { success: false, error },
    format: (value) => value,
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A length of time, such as `30s`, `5m`, `500ms`; a bare number is seconds. The value is in milliseconds. */
export function durationValue(): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "DURATION",
    placeholder: 1000,
    parse(input) {
      const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(input);
      const milliseconds = Math.round(Number(match?.[1]) * (UNIT_MS[match?.[2] ?? "s"] ?? 1));
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
    parse: (input) =>
      input === ""
        ? { success: false, error: message`A pattern is required, but nothing was given.` }
        : { success: true, value: globExpression(input) },
    format: (value) => value.source,
  };
}

const UNIT_BYTES: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Fewest bytes that a recording may be limited to: its header and what is written at once fit into half of them. */
const SIZE_MIN = 512 * 1024;

/** An amount of memory, such as `100M`; a bare number is bytes. */
export function sizeValue(): ValueParser<"sync", number> {
  return {
    mode: "sync",
    metavar: "SIZE",
    placeholder: SIZE_MIN,
    parse(input) {
      const match = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(input);
      const bytes = Math.floor(Number(match?.[1]) * (UNIT_BYTES[match?.[2]?.toLowerCase() ?? ""] ?? 1));
      if (match === null || bytes < SIZE_MIN || bytes > Number.MAX_SAFE_INTEGER) {
        return {
          success: false,
          error: message`Expected a size such as 512K, 100M or 2G, at least 512K, but got ${input}.`,
        };
      }
      return { success: true, value: bytes };
    },
    format: (value) => `${value}`,
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
    it === "*" ? ".*" : it === "?" ? "." : it.replace(/[\\^$.|+()[\]{}\/]/u, "\\$&")
  );
  return new RegExp(`^${source.join("")}$`, "su");
}

/** What stands in an expression's source for characters that cannot stand there as they are. */
const SOURCE_ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  u2028: "\u2028",
  u2029: "\u2029",
};

/**
 * Returns the shell pattern that an expression of {@linkcode globExpression} was made from.
 *
 * @param expression such an expression
 * @returns the pattern
 * @example
 * ```ts
 * import { globExpression, globText } from "./values.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(globText(globExpression("a.b*?")), "a.b*?");
 * ```
 */
export function globText(expression: RegExp): string {
  return expression.source.slice(1, -1).replaceAll(
    /\\(u202[89]|[^])|\.\*|\./gu,
    (it, escaped: string | undefined) =>
      escaped === undefined ? (it === ".*" ? "*" : "?") : SOURCE_ESCAPES[escaped] ?? escaped,
  );
}
