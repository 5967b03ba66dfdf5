/**
 * From the syntax tree to the text that bpftrace reads.
 *
 * @module
 */

import type { SymbolPlace } from "../kernel/mod.ts";
import type { AttachPoint, Expr, Probe, Statement, TraceProgram } from "./ast.ts";
import type { Dialect } from "./dialect.ts";

/**
 * Returns the text of a program; the same program gives the same text on every machine.
 *
 * bpftrace reads /proc/kallsyms up to the symbol for each `kaddr()` of a program, which takes longer than all the rest
 * where there are many. With places they are written as seen from a symbol that comes early, such as
 * `(kaddr("_text") + 17072320)`. Such a text is for starting it: it is not shown, and not kept.
 *
 * @param program the program
 * @param places where symbols are; others are left as they are. @default {none}
 * @returns text in the dialect of its bpftrace
 * @example
 * ```ts
 * import { renderProgram } from "./render.ts";
 * import { exit, probe } from "./builder.ts";
 * import { DIALECTS } from "./dialect.ts";
 * import assert from "node:assert/strict";
 *
 * const text = renderProgram({
 *   dialect: DIALECTS[0],
 *   commOffset: 0,
 *   config: { perfRbPages: 64, maxMapKeys: 4096, onStackLimit: 256 },
 *   probes: [probe({ kind: "interval", seconds: 5 }, "Ends the run.", { body: [exit()] })],
 * });
 * assert.match(text, /interval:s:5 \{\n {2}exit\(\);\n\}/);
 * ```
 */
export function renderProgram(
  program: TraceProgram,
  places: ReadonlyMap<string, SymbolPlace> = new Map(),
): string {
  const { dialect } = program;
  const writer = new Writer(program, places);
  const config = dialect.hasConfig ? [renderConfig(program.config)] : [];
  return [...config, ...program.probes.map((it) => writer.probe(it))].join("\n\n") + "\n";
}

function renderConfig({ perfRbPages, maxMapKeys, onStackLimit }: TraceProgram["config"]): string {
  return [
    "config = {",
    `  perf_rb_pages = ${perfRbPages};`,
    `  max_map_keys = ${maxMapKeys};`,
    `  on_stack_limit = ${onStackLimit};`,
    "}",
  ].join("\n");
}

/**
 * Returns the name of an attach point as a bpftrace writes it, such as `fentry:__fput`.
 *
 * @param attach where a probe attaches
 * @param dialect the way it is written
 * @returns the name
 */
export function renderAttachPoint(attach: AttachPoint, dialect: Dialect): string {
  switch (attach.kind) {
    case "BEGIN":
    case "END":
      return attach.kind;
    case "fentry":
    case "fexit":
      return `${dialect[attach.kind]}:${attach.function}`;
    case "kprobe":
    case "kretprobe":
      return `${attach.kind}:${attach.function}`;
    case "tracepoint":
      return `tracepoint:${attach.category}:${attach.name}`;
    case "rawtracepoint":
      return `rawtracepoint:${attach.name}`;
    case "iter":
      return `iter:${attach.name}`;
    case "interval":
      return `interval:s:${attach.seconds}`;
    case "profile":
      return `profile:hz:${attach.hertz}`;
    default:
      return attach satisfies never;
  }
}

/** Writes the parts of a program in one dialect. */
class Writer {
  readonly #dialect: Dialect;
  readonly #commOffset: number;
  readonly #places: ReadonlyMap<string, SymbolPlace>;

  constructor(
    { dialect, commOffset }: Pick<TraceProgram, "dialect" | "commOffset">,
    places: ReadonlyMap<string, SymbolPlace>,
  ) {
    this.#dialect = dialect;
    this.#commOffset = commOffset;
    this.#places = places;
  }

  probe(probe: Probe): string {
    const when = probe.when === undefined ? "" : ` /${this.#expr(probe.when)}/`;
    return [
      `// ${probe.why}`,
      `${renderAttachPoint(probe.attach, this.#dialect)}${when} {`,
      ...probe.body.flatMap((it) => this.#statement(it, "  ")),
      "}",
    ].join("\n");
  }

  #statement(statement: Statement, indent: string): readonly string[] {
    switch (statement.kind) {
      case "let":
        return [`${indent}$${statement.name} = ${this.#expr(statement.value)};`];
      case "set":
        return [`${indent}@${statement.map}[${this.#expr(statement.key)}] = ${this.#expr(statement.value)};`];
      case "delete":
        return [`${indent}delete(@${statement.map}[${this.#expr(statement.key)}]);`];
      case "clear":
        return [`${indent}clear(@${statement.map});`];
      case "exit":
        return [`${indent}exit();`];
      case "print": {
        const values = statement.values.map((it) => this.#expr(it));
        return [`${indent}printf(${[`"${statement.format}"`, ...values].join(", ")});`];
      }
      case "if":
        return this.#if(statement, indent);
      default:
        return statement satisfies never;
    }
  }

  #if(statement: Extract<Statement, { kind: "if" }>, indent: string): readonly string[] {
    const deeper = indent + "  ";
    const otherwise = statement.otherwise.length === 0
      ? []
      : [`${indent}} else {`, ...statement.otherwise.flatMap((it) => this.#statement(it, deeper))];
    return [
      `${indent}if (${this.#expr(statement.condition)}) {`,
      ...statement.then.flatMap((it) => this.#statement(it, deeper)),
      ...otherwise,
      `${indent}}`,
    ];
  }

  #expr(expr: Expr): string {
    switch (expr.kind) {
      case "integer":
        return expr.value.toString();
      case "builtin":
        return expr.name;
      case "variable":
        return `$${expr.name}`;
      case "positional":
        return `$${expr.index}`;
      case "argument":
        return `args${this.#dialect.member}${expr.name}`;
      case "context":
        return `ctx->${expr.name}`;
      case "map":
        return `@${expr.name}[${this.#expr(expr.key)}]`;
      case "increment":
        return `++@${expr.map}[${this.#expr(expr.key)}]`;
      case "field":
        return `${this.#operand(expr.of)}${expr.path}`;
      case "cast":
        return `(${expr.type})${this.#operand(expr.of)}`;
      case "load": {
        const address = this.#expr(expr.address);
        return `*(${expr.type} *)${expr.space === "user" ? "uptr" : "kptr"}(${address})`;
      }
      case "commWord":
        return `*(uint64 *)kptr((uint64)${this.#operand(expr.task)} + ${this.#commOffset + 8 * expr.index})`;
      case "kaddr": {
        const place = this.#places.get(expr.symbol);
        return place === undefined ? `kaddr("${expr.symbol}")` : `(kaddr("${place.base}") + ${place.offset})`;
      }
      case "userStack":
        return `ustack(perf, ${expr.frames})`;
      case "clockText":
        return `strftime("%s.%f", nsecs)`;
      case "binary":
        return `${this.#operand(expr.left)} ${expr.operator} ${this.#operand(expr.right)}`;
      default:
        return expr satisfies never;
    }
  }

  /** Text that binds tighter than any operator next to it. */
  #operand(expr: Expr): string {
    const text = this.#expr(expr);
    return ["increment", "binary", "cast", "load", "commWord"].includes(expr.kind) ? `(${text})` : text;
  }
}
