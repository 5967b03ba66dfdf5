/**
 * How one field of a record or of a published event is described, and which TypeScript type follows from it.
 *
 * @module
 */

/**
 * Kinds of value in a line that the kernel program prints.
 *
 * - `i32`, `u32`: decimal, a `number`.
 * - `u64`: decimal, a `bigint`.
 * - `hex`: a 64-bit value such as flags, in lower-case hex without `0x`, kept as text.
 * - `pointer`: a kernel address, in the same form; `0` is NULL, and the last 4095 values are errors.
 * - `comm`: `char comm[16]` as two little-endian 64-bit hex words, so that no byte of it is ever quoted.
 * - `word`: printable ASCII without spaces that bpftrace or the tool itself made.
 * - `text`: whatever stands up to the end of the record, with line ends and all; only the last field can be one.
 */
export type WireKind = "i32" | "u32" | "u64" | "hex" | "pointer" | "comm" | "word" | "text";

/** The TypeScript type of each {@linkcode WireKind}. */
export interface WireTypes {
  /** Signed 32 bits. */
  readonly i32: number;
  /** Unsigned 32 bits. */
  readonly u32: number;
  /** Unsigned 64 bits. */
  readonly u64: bigint;
  /** Hex digits. */
  readonly hex: string;
  /** Hex digits. */
  readonly pointer: string;
  /** Printable text, other bytes escaped as `\xHH`. */
  readonly comm: string;
  /** Text without spaces. */
  readonly word: string;
  /** Any text: it is escaped where it is shown. */
  readonly text: string;
}

/** One field of a {@linkcode WireRecord}. */
export interface WireField {
  /** Name, camelCase, as in the decoded event. */
  readonly name: string;
  /** How it is printed and read. */
  readonly kind: WireKind;
  /** What it says, with its unit. */
  readonly meaning: string;
}

/**
 * Which counter numbers a record.
 *
 * - `task`: counted per CPU in process context.
 * - `softirq`: counted per CPU in softirq context, which can interrupt the former between its read and its write.
 * - `none`: not numbered; its loss changes nothing.
 */
export type Numbering = "task" | "softirq" | "none";

/** One kind of line that the kernel program prints. */
export interface WireRecord {
  /** What happened when this line is printed, and where. */
  readonly meaning: string;
  /** Which counter numbers it. */
  readonly numbering: Numbering;
  /** Fields in printed order, after the tag. */
  readonly fields: readonly WireField[];
}

/** Kinds of value in a published event. */
export type PublishedKind =
  | "integer"
  | "decimal"
  | "text"
  | "boolean"
  | "time"
  | "integers"
  | "texts"
  | "counts"
  | "events";

/** The TypeScript type of each {@linkcode PublishedKind}. */
export interface PublishedTypes {
  /** A JSON number without fraction, at most 2^53 - 1. */
  readonly integer: number;
  /** A 64-bit number as a string of decimal digits. */
  readonly decimal: string;
  /** A string; bytes that are not printable UTF-8 are escaped as `\xHH`. */
  readonly text: string;
  /** true or false. */
  readonly boolean: boolean;
  /** RFC 3339 with nine decimals, in UTC. */
  readonly time: string;
  /** A list of integers. */
  readonly integers: readonly number[];
  /** A list of strings. */
  readonly texts: readonly string[];
  /** How often something was met, by its number. */
  readonly counts: { readonly [number: string]: number };
  /** Events as the schema of events has them. */
  readonly events: readonly { readonly type: string; readonly seq: number }[];
}

/** One field of a published event. */
export interface PublishedField {
  /** The kind of value; absent when {@linkcode PublishedField.fields}, `items` or `values` is given. */
  readonly kind?: PublishedKind;
  /** The fields of an object. */
  readonly fields?: PublishedFields;
  /** The fields of each object of a list. */
  readonly items?: PublishedFields;
  /** The only strings that can stand here. */
  readonly values?: readonly string[];
  /** Whether `null` can stand here: the value is not known. Never 0 instead. */
  readonly nullable?: true;
  /** What it says, with its unit and its kernel type. */
  readonly meaning: string;
}

/** Fields by name, snake_case, in printed order. */
export interface PublishedFields {
  /** The field of that name. */
  readonly [name: string]: PublishedField;
}

/** One type of published event. */
export interface PublishedEvent {
  /** What it says. */
  readonly meaning: string;
  /** Its own fields, after the common ones. */
  readonly fields: PublishedFields;
}

/** The TypeScript type of a value that a {@linkcode PublishedField} describes. */
export type PublishedValue<F extends PublishedField> =
  | (F extends { readonly fields: infer O extends PublishedFields } ? PublishedObject<O>
    : F extends { readonly items: infer I extends PublishedFields } ? readonly PublishedObject<I>[]
    : F extends { readonly values: infer V extends readonly string[] } ? V[number]
    : F extends { readonly kind: infer K extends PublishedKind } ? PublishedTypes[K]
    : never)
  | (F extends { readonly nullable: true } ? null : never);

/** The TypeScript type of an object whose fields are described by `F`. */
export type PublishedObject<F extends PublishedFields> = {
  readonly [N in keyof F]: PublishedValue<F[N]>;
};
