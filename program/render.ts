/**
 * From the syntax tree to the text that bpftrace reads.
 *
 * @module
 */

import type { AttachPoint, Expr, Probe, Statement, TraceProgram } from "./ast.ts";

/**
 * Returns the text of a program; the same program gives the same text on every machine.
 *
 * @param program the program
 * @returns text for bpftrace 0.22 and later
 * @example
 * ```ts
 * import { renderProgram } from "./render.ts";
 * import { exit, probe } from "./builder.ts";
 * import assert from "node:assert/strict";
 *
 * const text = renderProgram({
 *   config: { perfRbPages: 64, maxMapKeys: 4096, onStackLimit: 256 },
 *   probes: [probe({ kind: "interval", seconds: 5 }, "Ends the run.", { body: [exit()] })],
 * });
 * assert.match(text, /interval:s:5 \{\n {2}exit\(\);\n\}/);
 * ```
 */
export function renderProgram(program: TraceProgram): string {
  const { perfRbPages, maxMapKeys, onStackLimit } = program.config;
  const config = [
    "config = {",
    `  perf_rb_pages = ${perfRbPages};`,
    `  max_map_keys = ${maxMapKeys};`,
    `  on_stack_limit = ${onStackLimit};`,
    "}",
  ].join("\n");
  return [config, ...program.probes.map(renderProbe)].join("\n\n") + "\n";
}

/**
 * Returns the name of an attach point as bpftrace writes it, such as `fentry:__fput`.
 *
 * @param attach where a probe attaches
 * @returns the name
 */
export function renderAttachPoint(attach: AttachPoint): string {
  switch (attach.kind) {
    case "BEGIN":
    case "END":
      return attach.kind;
    case "fentry":
    case "fexit":
    case "kprobe":
      return `${attach.kind}:${attach.function}`;
    case "tracepoint":
      return `tracepoint:${attach.category}:${attach.name}`;
    case "interval":
      return `interval:s:${attach.seconds}`;
    case "profile":
      return `profile:hz:${attach.hertz}`;
    default:
      return attach satisfies never;
  }
}

function renderProbe(probe: Probe): string {
  const when = probe.when === undefined ? "" : ` /${renderExpr(probe.when)}/`;
  return [
    `// ${probe.why}`,
    `${renderAttachPoint(probe.attach)}${when} {`,
    ...probe.body.flatMap((it) => renderStatement(it, "  ")),
    "}",
  ].join("\n");
}

function renderStatement(statement: Statement, indent: string): readonly string[] {
  switch (statement.kind) {
    case "let":
      return [`${indent}$${statement.name} = ${renderExpr(statement.value)};`];
    case "set":
      return [`${indent}@${statement.map}[${renderExpr(statement.key)}] = ${renderExpr(statement.value)};`];
    case "increment":
      return [`${indent}@${statement.map}[${renderExpr(statement.key)}]++;`];
    case "delete":
      return [`${indent}delete(@${statement.map}[${renderExpr(statement.key)}]);`];
    case "clear":
      return [`${indent}clear(@${statement.map});`];
    case "exit":
      return [`${indent}exit();`];
    case "print":
      return [
        `${indent}printf(${[`"${statement.format}"`, ...statement.values.map(renderExpr)].join(", ")});`,
      ];
    case "if":
      return renderIf(statement, indent);
    default:
      return statement satisfies never;
  }
}

function renderIf(statement: Extract<Statement, { kind: "if" }>, indent: string): readonly string[] {
  const deeper = indent + "  ";
  const otherwise = statement.otherwise.length === 0
    ? []
    : [`${indent}} else {`, ...statement.otherwise.flatMap((it) => renderStatement(it, deeper))];
  return [
    `${indent}if (${renderExpr(statement.condition)}) {`,
    ...statement.then.flatMap((it) => renderStatement(it, deeper)),
    ...otherwise,
    `${indent}}`,
  ];
}

function renderExpr(expr: Expr): string {
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
      return `args.${expr.name}`;
    case "map":
      return `@${expr.name}[${renderExpr(expr.key)}]`;
    case "field":
      return `${renderOperand(expr.of)}${expr.path}`;
    case "cast":
      return `(${expr.type})${renderOperand(expr.of)}`;
    case "load": {
      const address = renderExpr(expr.address);
      return `*(${expr.type} *)${expr.space === "user" ? "uptr" : "kptr"}(${address})`;
    }
    case "commWord":
      return `*((uint64 *)${renderOperand(expr.task)}->comm + ${expr.index})`;
    case "kaddr":
      return `kaddr("${expr.symbol}")`;
    case "clockText":
      return `strftime("%s.%f", nsecs)`;
    case "binary":
      return `${renderOperand(expr.left)} ${expr.operator} ${renderOperand(expr.right)}`;
    default:
      return expr satisfies never;
  }
}

/** Text that binds tighter than any operator next to it. */
function renderOperand(expr: Expr): string {
  const text = renderExpr(expr);
  return ["binary", "cast", "load", "commWord"].includes(expr.kind) ? `(${text})` : text;
}
