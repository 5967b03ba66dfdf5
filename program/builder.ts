/**
 * Short constructors for the nodes of a program; each checks the words it is given.
 *
 * @module
 */

import type { AttachPoint, BinaryOperator, Expr, Probe, Statement } from "./ast.ts";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Symbols of the kernel; gcc's clones carry a suffix after a dot. */
const SYMBOL = /^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z0-9_]+)*$/;
const TYPE = /^(struct )?[a-zA-Z_][a-zA-Z0-9_]*( \*)?$/;
/** A sentence in a comment: anything that does not end the line. */
const SENTENCE = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;
/** An argument, or one place of an argument that is an array. */
const ARGUMENT = /^[a-zA-Z_][a-zA-Z0-9_]*(\[\d{1,3}\])?$/;
const PATH = /^((->|\.)[a-zA-Z_][a-zA-Z0-9_]*(\[\d{1,3}\])?)+$/;

/** Frames that a kernel keeps unless kernel.perf_event_max_stack says otherwise. */
const STACK_FRAMES_MAX = 127;

function checked(word: string, pattern: RegExp, what: string): string {
  if (!pattern.test(word)) throw new TypeError(`Cannot put ${what} into a program: ${JSON.stringify(word)}`);
  return word;
}

/** An integer constant; a `number` must be a safe integer. */
export function int(value: number | bigint): Expr {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(`Cannot put a number into a program: it must be a safe integer, got ${value}`);
  }
  return { kind: "integer", value: BigInt(value) };
}

/** A word that bpftrace defines: `pid`, `tid`, `cpu`, `nsecs`, `curtask`, `retval`, `arg0`. */
export function builtin(name: string): Expr {
  return { kind: "builtin", name: checked(name, NAME, "a builtin") };
}

/** A scratch variable, `$name`. */
export function variable(name: string): Expr {
  return { kind: "variable", name: checked(name, NAME, "a variable") };
}

/** A parameter given on bpftrace's command line, `$1` and so on. */
export function positional(index: number): Expr {
  if (!Number.isSafeInteger(index) || index < 1) {
    throw new RangeError(`Cannot put a parameter into a program: it counts from 1, got ${index}`);
  }
  return { kind: "positional", index };
}

/** A parameter of the probed function or a field of the tracepoint, `args.name`. */
export function argument(name: string): Expr {
  return { kind: "argument", name: checked(name, ARGUMENT, "an argument") };
}

/** What an iterator of the kernel is at, `ctx->name`, such as the `task`, the `file` and the `fd` of task_file. */
export function context(name: string): Expr {
  return { kind: "context", name: checked(name, NAME, "a member of a context") };
}

/** The value of a map for a key, `@name[key]`; 0 when there is none. */
export function lookup(name: string, key: Expr): Expr {
  return { kind: "map", name: checked(name, NAME, "a map"), key };
}

/** A field of a structure, such as `field(task, "->signal->live.counter")`. */
export function field(of: Expr, path: string): Expr {
  return { kind: "field", of, path: checked(path, PATH, "a field") };
}

/** A cast, `(type)expression`. */
export function cast(type: string, of: Expr): Expr {
  return { kind: "cast", type: checked(type, TYPE, "a type"), of };
}

/** The value of a type at an address of the kernel. */
export function load(type: string, address: Expr): Expr {
  return { kind: "load", type: checked(type, TYPE, "a type"), space: "kernel", address };
}

/** The value of a type at an address of the current process; 0 when it cannot be read. */
export function loadUser(type: string, address: Expr): Expr {
  return { kind: "load", type: checked(type, TYPE, "a type"), space: "user", address };
}

/** The first or the second eight bytes of the `comm` of a `struct task_struct *`, as a little-endian integer. */
export function commWord(task: Expr, index: 0 | 1): Expr {
  return { kind: "commWord", task, index };
}

/** The address of a kernel symbol. */
export function kaddr(symbol: string): Expr {
  return { kind: "kaddr", symbol: checked(symbol, SYMBOL, "a symbol") };
}

/** The present moment in UTC, as seconds since 1970 with six decimals. */
export function clockText(): Expr {
  return { kind: "clockText" };
}

/**
 * The user stack of the present task: as a key of a map it is itself, printed it is text, a frame a line.
 *
 * @param frames how many frames at most
 */
export function userStack(frames: number): Expr {
  if (!Number.isSafeInteger(frames) || frames < 1 || frames > STACK_FRAMES_MAX) {
    throw new RangeError(
      `Cannot put a stack into a program: it has 1 to ${STACK_FRAMES_MAX} frames, got ${frames}`,
    );
  }
  return { kind: "userStack", frames };
}

/** Two operands and an operator. */
// deno-lint-ignore trace-clone/exported-arguments-max -- it reads in the order of the text that it makes
export function binary(left: Expr, operator: BinaryOperator, right: Expr): Expr {
  return { kind: "binary", operator, left, right };
}

/** Assigns to a scratch variable. */
export function let_(name: string, value: Expr): Statement {
  return { kind: "let", name: checked(name, NAME, "a variable"), value };
}

/** Assigns to a map. */
// deno-lint-ignore trace-clone/exported-arguments-max -- it reads in the order of the text that it makes
export function set(map: string, key: Expr, value: Expr): Statement {
  return { kind: "set", map: checked(map, NAME, "a map"), key, value };
}

/**
 * Adds one to a value of a map and gives the new value.
 *
 * A second look at the map could find what another probe made of it, which had interrupted this one.
 */
export function increment(map: string, key: Expr): Expr {
  return { kind: "increment", map: checked(map, NAME, "a map"), key };
}

/**
 * Removes a key from a map, if it is there.
 *
 * bpftrace 0.23 reports the deletion of a missing key as an error, hence the condition.
 */
export function remove(map: string, key: Expr): Statement {
  const there = binary(lookup(map, key), "!=", int(0));
  return if_(there, [{ kind: "delete", map: checked(map, NAME, "a map"), key }]);
}

/** Empties a map, so that bpftrace does not print it at the end. */
export function clear(map: string): Statement {
  return { kind: "clear", map: checked(map, NAME, "a map") };
}

/** Ends the program. */
export function exit(): Statement {
  return { kind: "exit" };
}

/** Runs the one or the other. */
// deno-lint-ignore trace-clone/exported-arguments-max -- it reads in the order of the text that it makes
export function if_(
  condition: Expr,
  then: readonly Statement[],
  otherwise: readonly Statement[] = [],
): Statement {
  return { kind: "if", condition, then, otherwise };
}

/** A probe at an attach point; see {@linkcode Probe}. */
export function probe(
  attach: AttachPoint,
  why: string,
  options: { readonly when?: Expr; readonly body: readonly Statement[] },
): Probe {
  return { attach, why: checked(why, SENTENCE, "an explanation"), ...options };
}

/** The entry of a kernel function, with its arguments by name. */
export function fentry(name: string): AttachPoint {
  return { kind: "fentry", function: checked(name, SYMBOL, "a function") };
}

/** The return of a kernel function, with its arguments by name and `retval`. */
export function fexit(name: string): AttachPoint {
  return { kind: "fexit", function: checked(name, SYMBOL, "a function") };
}

/** The entry of any kernel function that can be probed, with its arguments by number. */
export function kprobe(name: string): AttachPoint {
  return { kind: "kprobe", function: checked(name, SYMBOL, "a function") };
}

/** The return of any kernel function that can be probed, with `retval`; some returns are missed when many run at once. */
export function kretprobe(name: string): AttachPoint {
  return { kind: "kretprobe", function: checked(name, SYMBOL, "a function") };
}

/** A tracepoint as the kernel calls it, with its arguments by number. */
export function rawtracepoint(name: string): AttachPoint {
  return { kind: "rawtracepoint", name: checked(name, NAME, "a tracepoint") };
}

/** A walk of the kernel over all that it has of one kind, such as the open files of all tasks; it ends by itself. */
export function iter(name: string): AttachPoint {
  return { kind: "iter", name: checked(name, NAME, "an iterator") };
}

/** A tracepoint. */
export function tracepoint(category: string, name: string): AttachPoint {
  return {
    kind: "tracepoint",
    category: checked(category, NAME, "a category"),
    name: checked(name, NAME, "a tracepoint"),
  };
}
