/**
 * Checks of values that somebody else wrote: each one returns the value with its type, or says what is wrong.
 *
 * @module
 */

import type { PublishedField, PublishedFields } from "../schema/mod.ts";

/** What a value should have been, and where it stands. */
export class ShapeError extends TypeError {}

/** Returns the value with its type, or throws a {@linkcode ShapeError} that names its place. */
export type Shape<T> = (value: unknown, place: string) => T;

/** The type that a shape gives. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** A value for which a test holds. */
function tested<T>(what: string, test: (value: unknown) => value is T): Shape<T> {
  return (value, place) => {
    if (test(value)) return value;
    throw new ShapeError(`${place === "" ? "The line" : `"${place}"`} must be ${what}`);
  };
}

/** Any text. */
export const text: Shape<string> = tested("text", (it): it is string => typeof it === "string");

/** Yes or no. */
export const truth: Shape<boolean> = tested(
  "true or false",
  (it): it is boolean => typeof it === "boolean",
);

/** A whole number that a double holds exactly. */
export const integer: Shape<number> = tested(
  "a whole number",
  (it): it is number => Number.isSafeInteger(it),
);

/** A 64-bit number as decimal digits. */
export const decimal: Shape<string> = tested(
  "a number as text",
  (it): it is string => typeof it === "string" && /^-?\d{1,20}$/.test(it),
);

/** An object, whatever is in it. */
export const anything: Shape<Readonly<Record<string, unknown>>> = tested(
  "an object",
  (it): it is Readonly<Record<string, unknown>> =>
    typeof it === "object" && it !== null && !Array.isArray(it),
);

/** One of some texts or numbers. */
export function oneOf<const T extends string | number>(values: readonly T[]): Shape<T> {
  return tested(
    `one of ${values.join(", ")}`,
    (it): it is T => values.some((value) => value === it),
  );
}

/** A value, or `null`. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, place) => value === null ? null : shape(value, place);
}

/** A list. */
export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw new ShapeError(`"${place}" must be a list`);
    return value.map((it: unknown, at) => shape(it, `${place}[${at}]`));
  };
}

/** An object with at least these fields; others are dropped. */
export function object<const S extends { readonly [name: string]: Shape<unknown> }>(
  shapes: S,
): Shape<{ readonly [N in keyof S]: Shaped<S[N]> }> {
  return (value, place) => {
    const source = anything(value, place);
    const entries = Object.entries(shapes).map(([name, shape]) => [
      name,
      shape(source[name], place === "" ? name : `${place}.${name}`),
    ]);
    return Object.fromEntries(entries);
  };
}

/**
 * An object of which the published fields that it has are as the event table says.
 *
 * The format grows: fields that an older tool did not write are absent, those of a newer one are kept.
 */
export function published<T>(fields: PublishedFields): Shape<T> {
  return (value, place) => {
    const source = anything(value, place);
    for (const [name, field] of Object.entries(fields)) {
      if (name in source) publishedShape(field)(source[name], `${place}.${name}`);
    }
    return source as T;
  };
}

function publishedShape(field: PublishedField): Shape<unknown> {
  if (field.nullable === true) {
    const { nullable: _nullable, ...rest } = field;
    return nullable(publishedShape(rest));
  }
  if (field.fields !== undefined) return published(field.fields);
  if (field.values !== undefined) return oneOf(field.values);
  switch (field.kind) {
    case "integer":
      return integer;
    case "decimal":
      return decimal;
    case "boolean":
      return truth;
    case "integers":
      return list(integer);
    case "texts":
      return list(text);
    default:
      return text;
  }
}
