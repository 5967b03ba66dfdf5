/**
 * From fentry and fexit to kprobe and kretprobe, for kernels that have only those.
 *
 * A kprobe has its arguments by number and without types, and a kretprobe has none at all: so a further kprobe keeps
 * those that are needed, by thread, until the return takes them away. A return without a free instance is missed.
 *
 * @module
 */

import type { Expr, Probe, Statement } from "./ast.ts";
import { builtin, cast, if_, int, kprobe, kretprobe, lookup, probe, remove, set } from "./builder.ts";

/** How a function is called, in C. */
export interface Signature {
  /** Its parameters in order. */
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  /** The type of what it returns, `void` when that is nothing. */
  readonly returns: string;
}

/** What the names of the maps begin with that keep arguments for a return. */
const KEPT = "in_";

const THREAD = cast("uint64", builtin("tid"));

/**
 * Writes a probe of kind fentry or fexit as a kprobe, or as a kretprobe and the kprobe that it needs.
 *
 * @param original the probe; another kind is returned as it is
 * @param signature how its function is called
 * @returns the probes in its place
 * @throws {RangeError} when it uses an argument that the signature does not have
 *
 * @example
 * ```ts
 * import { argument, fentry, field, probe } from "./builder.ts";
 * import { lowerToKprobe } from "./lower.ts";
 * import assert from "node:assert/strict";
 *
 * const fput = probe(fentry("__fput"), "A file goes.", { when: field(argument("file"), "->f_op"), body: [] });
 * const [only] = lowerToKprobe(fput, { parameters: [{ name: "file", type: "struct file *" }], returns: "void" });
 * assert.equal(only?.attach.kind, "kprobe");
 * ```
 */
export function lowerToKprobe(original: Probe, signature: Signature): readonly Probe[] {
  const { attach, why } = original;
  if (attach.kind === "fentry") {
    const entry = mapProbe(original, (it) => atEntry(it, signature));
    return [{ ...entry, attach: kprobe(attach.function) }];
  }
  if (attach.kind !== "fexit") return [original];
  const name = attach.function;
  const kept = argumentsOf(original);
  const mapOf = (argument: string) => `${KEPT}${position(signature, argument)}_${name.slice(0, 10)}`;
  const atReturn = (it: Expr): Expr => {
    if (it.kind === "builtin" && it.name === "retval") return cast(signature.returns, it);
    if (it.kind !== "argument") return it;
    const { type } = signature.parameters[position(signature, it.name)] ?? { type: "uint64" };
    return cast(type, lookup(mapOf(it.name), THREAD));
  };
  const back = mapProbe(original, atReturn);
  if (kept.length === 0) return [{ ...back, attach: kretprobe(name) }];
  const forget = kept.map((it) => remove(mapOf(it), THREAD));
  const keep = kept.map((it) =>
    set(mapOf(it), THREAD, cast("uint64", builtin(`arg${position(signature, it)}`)))
  );
  const keeper = `Keeps the arguments for the return: ${why}`;
  const { when } = original;
  if (when !== undefined && back.when !== undefined && uses(when, "retval")) {
    // What was kept for a return that does not concern us goes too: the map would be full some day.
    const body = [if_(back.when, back.body), ...forget];
    return [probe(kprobe(name), keeper, { body: keep }), probe(kretprobe(name), why, { body })];
  }
  // What the return's condition says of the arguments is true at the entry already.
  const early = when === undefined ? {} : { when: mapExpr(when, (it) => atEntry(it, signature)) };
  return [
    probe(kprobe(name), keeper, { ...early, body: keep }),
    { ...back, attach: kretprobe(name), body: [...back.body, ...forget] },
  ];
}

function position({ parameters }: Signature, name: string): number {
  const at = parameters.findIndex((it) => it.name === name);
  if (at >= 0) return at;
  const names = parameters.map((it) => it.name).join(", ");
  throw new RangeError(`Cannot find an argument by its number: one of "${names}" is required, got "${name}"`);
}

function atEntry(expr: Expr, signature: Signature): Expr {
  if (expr.kind !== "argument") return expr;
  const at = position(signature, expr.name);
  return cast(signature.parameters[at]?.type ?? "uint64", builtin(`arg${at}`));
}

/** The arguments that a probe uses, each once. */
function argumentsOf(probe: Probe): readonly string[] {
  const names = new Set<string>();
  mapProbe(probe, (it) => {
    if (it.kind === "argument") names.add(it.name);
    return it;
  });
  return [...names];
}

function uses(expr: Expr, name: string): boolean {
  let found = false;
  mapExpr(expr, (it) => {
    found ||= it.kind === "builtin" && it.name === name;
    return it;
  });
  return found;
}

/** A function of expressions, applied to each of them, the innermost first. */
type ExprMap = (expr: Expr) => Expr;

function mapProbe(probe: Probe, change: ExprMap): Probe {
  const body = probe.body.map((it) => mapStatement(it, change));
  return probe.when === undefined
    ? { ...probe, body }
    : { ...probe, body, when: mapExpr(probe.when, change) };
}

function mapStatement(it: Statement, change: ExprMap): Statement {
  switch (it.kind) {
    case "let":
      return { ...it, value: mapExpr(it.value, change) };
    case "set":
      return { ...it, key: mapExpr(it.key, change), value: mapExpr(it.value, change) };
    case "delete":
      return { ...it, key: mapExpr(it.key, change) };
    case "print":
      return { ...it, values: it.values.map((value) => mapExpr(value, change)) };
    case "if": {
      const branch = (body: readonly Statement[]) => body.map((inner) => mapStatement(inner, change));
      return {
        ...it,
        condition: mapExpr(it.condition, change),
        then: branch(it.then),
        otherwise: branch(it.otherwise),
      };
    }
    case "clear":
    case "exit":
      return it;
    default:
      return it satisfies never;
  }
}

function mapExpr(expr: Expr, change: ExprMap): Expr {
  const inner = (it: Expr) => mapExpr(it, change);
  switch (expr.kind) {
    case "map":
    case "increment":
      return change({ ...expr, key: inner(expr.key) });
    case "field":
    case "cast":
      return change({ ...expr, of: inner(expr.of) });
    case "load":
      return change({ ...expr, address: inner(expr.address) });
    case "commWord":
      return change({ ...expr, task: inner(expr.task) });
    case "binary":
      return change({ ...expr, left: inner(expr.left), right: inner(expr.right) });
    case "integer":
    case "builtin":
    case "variable":
    case "positional":
    case "argument":
    case "context":
    case "kaddr":
    case "clockText":
    case "userStack":
      return change(expr);
    default:
      return expr satisfies never;
  }
}

/**
 * Takes out of a probe what only types can give: every member of a struct reads as 0.
 *
 * @param original a probe
 * @returns the same without members, for a kernel that does not describe its types
 *
 * @example
 * ```ts
 * import { builtin, field, kprobe, probe, set, int } from "./builder.ts";
 * import { withoutTypes } from "./lower.ts";
 * import assert from "node:assert/strict";
 *
 * const comm = field(builtin("curtask"), "->pid");
 * const [only] = withoutTypes(probe(kprobe("f"), "A call.", { body: [set("m", int(1), comm)] })).body;
 * assert.deepEqual(only?.kind === "set" && only.value, int(0));
 * ```
 */
export function withoutTypes(original: Probe): Probe {
  return mapProbe(original, (it) => it.kind === "field" || it.kind === "commWord" ? int(0) : it);
}

/**
 * Makes one probe of those that stand at the same place, so that a place is attached to once.
 *
 * @param probes the probes of a program
 * @returns the same, each place once, where its first probe stood
 *
 * @example
 * ```ts
 * import { exit, kprobe, probe } from "./builder.ts";
 * import { mergePlaces } from "./lower.ts";
 * import assert from "node:assert/strict";
 *
 * const one = probe(kprobe("put_pid"), "One thing.", { body: [exit()] });
 * assert.equal(mergePlaces([one, { ...one, why: "Another." }])[0]?.why, "One thing. Another.");
 * ```
 */
export function mergePlaces(probes: readonly Probe[]): readonly Probe[] {
  const places = new Map<string, Probe>();
  for (const it of probes) {
    const place = JSON.stringify(it.attach);
    const first = places.get(place);
    places.set(place, first === undefined ? it : merged(first, it));
  }
  return [...places.values()];
}

function merged(first: Probe, second: Probe): Probe {
  const { attach } = first;
  const why = `${first.why} ${second.why}`;
  if (JSON.stringify(first.when, bigints) === JSON.stringify(second.when, bigints)) {
    const body = [...first.body, ...second.body];
    return { ...first, why, body: [...body.filter((it) => !forgets(it)), ...forgotten(body)] };
  }
  const guarded = ({ when, body }: Probe) => {
    const rest = body.filter((it) => !forgets(it));
    return when === undefined ? rest : [if_(when, rest)];
  };
  const last = forgotten([...first.body, ...second.body]);
  return { attach, why, body: [...guarded(first), ...guarded(second), ...last] };
}

/** Whether it takes away what an entry kept for the return. */
function forgets(it: Statement): boolean {
  const [only, ...more] = it.kind === "if" ? it.then : [];
  return only?.kind === "delete" && only.map.startsWith(KEPT) && more.length === 0;
}

/** What is taken away, each once: when all that stands at the place has read it. */
function forgotten(body: readonly Statement[]): readonly Statement[] {
  const each = new Map(body.filter(forgets).map((it) => [JSON.stringify(it, bigints), it]));
  return [...each.values()];
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
