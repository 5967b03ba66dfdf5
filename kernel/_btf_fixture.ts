/**
 * Writes small BTF blobs, for the tests and examples of this folder.
 *
 * @module
 */

/** A member of a struct or union. */
export interface FixtureMember {
  /** Its name; empty for an anonymous one. */
  readonly name: string;
  /** The id of its type: types count from 1, in the order of the list. */
  readonly type: number;
  /** Bits from the start of the struct. */
  readonly bits: number;
  /** Size in bits of a bitfield of the newer form; it sets kind_flag. @default {0} */
  readonly bitSize?: number;
}

/** A type to be written. */
export type FixtureType =
  | {
    readonly kind: "int";
    readonly name: string;
    readonly size: number;
    readonly bits?: number;
    readonly shift?: number;
  }
  | { readonly kind: "array"; readonly type: number; readonly length: number }
  | {
    readonly kind: "struct" | "union";
    readonly name: string;
    readonly size: number;
    readonly members: readonly FixtureMember[];
    readonly bitfields?: boolean;
  }
  | {
    readonly kind: "enum" | "enum64";
    readonly name: string;
    readonly size: number;
    readonly values: number;
  }
  | { readonly kind: "fwd"; readonly name: string; readonly union?: boolean }
  | {
    readonly kind: "typedef" | "func" | "var" | "declTag" | "typeTag";
    readonly name: string;
    readonly type: number;
  }
  | { readonly kind: "ptr" | "const" | "volatile" | "restrict"; readonly type: number }
  | {
    readonly kind: "proto";
    readonly returns: number;
    readonly parameters: readonly (readonly [string, number])[];
  }
  | { readonly kind: "datasec"; readonly name: string; readonly variables: readonly number[] }
  | { readonly kind: "float"; readonly name: string; readonly size: number };

const KINDS = {
  int: 1,
  ptr: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  fwd: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  proto: 13,
  var: 14,
  datasec: 15,
  float: 16,
  declTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

/** Options of {@linkcode encodeBtf}. */
export interface EncodeBtfOptions {
  /** Whether numbers are big endian. @default {false} */
  readonly bigEndian?: boolean;
  /** Zero bytes that a newer header has more. @default {0} */
  readonly headerExtraBytes?: number;
}

/**
 * Writes BTF.
 *
 * @param types the types; their ids count from 1
 * @param options see {@linkcode EncodeBtfOptions}
 * @returns the bytes
 */
export function encodeBtf(types: readonly FixtureType[], options: EncodeBtfOptions = {}): Uint8Array {
  const names = new Names();
  const words = types.flatMap((type) => encodeType(type, names));
  const strings = new TextEncoder().encode(names.text);
  const headerBytes = 24 + (options.headerExtraBytes ?? 0);
  const bytes = new Uint8Array(headerBytes + 4 * words.length + strings.length);
  const view = new DataView(bytes.buffer);
  const little = options.bigEndian !== true;
  view.setUint16(0, 0xeb9f, little);
  view.setUint8(2, 1);
  [headerBytes, 0, 4 * words.length, 4 * words.length, strings.length]
    .forEach((word, index) => view.setUint32(4 + 4 * index, word, little));
  words.forEach((word, index) => view.setUint32(headerBytes + 4 * index, word, little));
  bytes.set(strings, headerBytes + 4 * words.length);
  return bytes;
}

class Names {
  text = "\0";

  at(name: string): number {
    if (name === "") return 0;
    const known = this.text.indexOf(`\0${name}\0`);
    if (known >= 0) return known + 1;
    this.text += `${name}\0`;
    return this.text.length - name.length - 1;
  }
}

function encodeType(type: FixtureType, names: Names): readonly number[] {
  const name = "name" in type ? names.at(type.name) : 0;
  const common = (third: number, count = 0, flag = false): readonly number[] => [
    name,
    ((flag ? 1 << 31 : 0) | (KINDS[type.kind] << 24) | count) >>> 0,
    third,
  ];
  switch (type.kind) {
    case "int":
      return [...common(type.size), ((type.shift ?? 0) << 16) | (type.bits ?? type.size * 8)];
    case "array":
      return [...common(0), type.type, 1, type.length];
    case "struct":
    case "union": {
      const flag = type.bitfields === true || type.members.some((member) => member.bitSize !== undefined);
      const members = type.members.flatMap((member) => [
        names.at(member.name),
        member.type,
        ((flag ? (member.bitSize ?? 0) << 24 : 0) | member.bits) >>> 0,
      ]);
      return [...common(type.size, type.members.length, flag), ...members];
    }
    case "enum":
    case "enum64": {
      const each = type.kind === "enum" ? [0, 0] : [0, 0, 0];
      return [...common(type.size, type.values), ...Array.from({ length: type.values }, () => each).flat()];
    }
    case "fwd":
      return common(0, 0, type.union === true);
    case "var":
    case "declTag":
      return [...common(type.type), 0];
    case "proto":
      return [
        ...common(type.returns, type.parameters.length),
        ...type.parameters.flatMap(([parameter, id]) => [names.at(parameter), id]),
      ];
    case "datasec":
      return [...common(0, type.variables.length), ...type.variables.flatMap((id) => [id, 0, 0])];
    case "float":
      return common(type.size);
    default:
      return common(type.type);
  }
}
