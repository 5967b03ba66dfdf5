/**
 * How a bpftrace program is written: a small syntax tree, a builder, and its text.
 *
 * @module
 */

export type {
  AttachPoint,
  BinaryOperator,
  Expr,
  Probe,
  ProgramConfig,
  Statement,
  TraceProgram,
} from "./ast.ts";
export {
  argument,
  binary,
  builtin,
  cast,
  clear,
  clockText,
  commWord,
  context,
  exit,
  fentry,
  fexit,
  field,
  if_,
  increment,
  int,
  iter,
  kaddr,
  kprobe,
  kretprobe,
  let_,
  load,
  loadUser,
  lookup,
  positional,
  probe,
  rawtracepoint,
  remove,
  set,
  tracepoint,
  userStack,
  variable,
} from "./builder.ts";
export { dialectOf, DIALECTS, environmentOf } from "./dialect.ts";
export type { Dialect } from "./dialect.ts";
export { COUNTERS, emit, WITNESSES } from "./emit.ts";
export type { AutoName, EmitValues, FieldName, Numbered } from "./emit.ts";
export { SEQ_PRINTF_VALUES_MAX, splitPrints } from "./split_prints.ts";
export { lowerToKprobe, mergePlaces, withoutTypes } from "./lower.ts";
export type { Signature } from "./lower.ts";
export { BPFTRACE_QUIRKS } from "./quirks.ts";
export type { BpftraceQuirk, BpftraceQuirkId } from "./quirks.ts";
export { renderAttachPoint, renderProgram } from "./render.ts";
