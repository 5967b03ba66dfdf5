/**
 * A bpftrace program as a small syntax tree.
 *
 * Nodes are plain values; the only way to text is {@linkcode renderProgram}. Words that end up in the text
 * (names, types, symbols) are checked when a node is built, so nothing that was read from a machine or typed by a
 * user can add code.
 *
 * @module
 */

import type { Dialect } from "./dialect.ts";

/** An expression. */
export type Expr =
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "positional"; readonly index: number }
  | { readonly kind: "argument"; readonly name: string }
  | { readonly kind: "context"; readonly name: string }
  | { readonly kind: "map"; readonly name: string; readonly key: Expr }
  | { readonly kind: "increment"; readonly map: string; readonly key: Expr }
  | { readonly kind: "field"; readonly of: Expr; readonly path: string }
  | { readonly kind: "cast"; readonly type: string; readonly of: Expr }
  | {
    readonly kind: "load";
    readonly type: string;
    readonly space: "kernel" | "user";
    readonly address: Expr;
  }
  | { readonly kind: "commWord"; readonly task: Expr; readonly index: 0 | 1 }
  | { readonly kind: "kaddr"; readonly symbol: string }
  | { readonly kind: "clockText" }
  | { readonly kind: "userStack"; readonly frames: number }
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr };

/** Operators of two operands, as bpftrace writes them. */
export type BinaryOperator = "==" | "!=" | "<" | ">" | ">>" | "&" | "&&" | "||" | "+" | "-" | "*";

/** A statement. */
export type Statement =
  | { readonly kind: "let"; readonly name: string; readonly value: Expr }
  | { readonly kind: "set"; readonly map: string; readonly key: Expr; readonly value: Expr }
  | { readonly kind: "delete"; readonly map: string; readonly key: Expr }
  | { readonly kind: "clear"; readonly map: string }
  | { readonly kind: "print"; readonly format: string; readonly values: readonly Expr[] }
  | { readonly kind: "exit" }
  | {
    readonly kind: "if";
    readonly condition: Expr;
    readonly then: readonly Statement[];
    readonly otherwise: readonly Statement[];
  };

/** Where a probe attaches. */
export type AttachPoint =
  | { readonly kind: "BEGIN" }
  | { readonly kind: "END" }
  | { readonly kind: "fentry"; readonly function: string }
  | { readonly kind: "fexit"; readonly function: string }
  | { readonly kind: "kprobe"; readonly function: string }
  | { readonly kind: "kretprobe"; readonly function: string }
  | { readonly kind: "rawtracepoint"; readonly name: string }
  | { readonly kind: "iter"; readonly name: string }
  | { readonly kind: "tracepoint"; readonly category: string; readonly name: string }
  | { readonly kind: "interval"; readonly seconds: number }
  | { readonly kind: "profile"; readonly hertz: number };

/** A probe: where, under which condition, and what it does. */
export interface Probe {
  /** Where it attaches. */
  readonly attach: AttachPoint;
  /** One sentence for the reader of the program: what it is there for. */
  readonly why: string;
  /** The body runs only when this is true. */
  readonly when?: Expr;
  /** What it does. */
  readonly body: readonly Statement[];
}

/** Settings in the `config` block of a program. */
export interface ProgramConfig {
  /** Ring buffer of each CPU, in pages of 4 KiB; a power of two. */
  readonly perfRbPages: number;
  /** Entries that one map can hold. */
  readonly maxMapKeys: number;
  /**
   * Bytes of one object that may stand on the BPF stack. Larger ones go to a buffer that all programs of a CPU
   * share, which a program in softirq context could overwrite while another one is still filling it.
   */
  readonly onStackLimit: number;
}

/** A whole program: deterministic, made of the plan alone. */
export interface TraceProgram {
  /** The bpftrace that it is written for. */
  readonly dialect: Dialect;
  /** Offset in bytes of `comm` in `struct task_struct`: bpftrace 0.17 cannot take a part of an array. */
  readonly commOffset: number;
  /** Settings. */
  readonly config: ProgramConfig;
  /** Probes in printed order. */
  readonly probes: readonly Probe[];
}
