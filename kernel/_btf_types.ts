/**
 * Single BTF types, decoded when asked for.
 *
 * @module
 */

import { type BtfIndex, countOf, Kind, kindOf } from "./_btf_index.ts";

/** One type, or void. */
export interface BtfType {
  /** Byte offset of its description; 0 for void. */
  readonly at: number;
  /** Its name; empty when it is anonymous. */
  readonly name: string;
  /** One of {@linkcode Kind}; 0 for void. */
  readonly kind: number;
  /** Bit 31: members have bitfield sizes, a forward declaration is of a union. */
  readonly flag: boolean;
  /** Number of elements. */
  readonly count: number;
  /** The third word: a size in bytes, or the id of another type. */
  readonly third: number;
}

/** Something of a type at a place: a member, or an element of an array in one. */
export interface BtfPlace {
  /** Its name; empty when it is anonymous. */
  readonly name: string;
  /** The id of its type. */
  readonly type: number;
  /** Bits from the start of the struct. */
  readonly bits: number;
  /** Number of bits of a bitfield; 0 for everything else. */
  readonly bitSize: number;
}

/** No C type is nested deeper; what is, refers to itself. */
const DEPTH_MAX = 64;

const VOID: BtfType = { at: 0, name: "void", kind: 0, flag: false, count: 0, third: 0 };
const QUALIFIERS: Readonly<Record<number, string>> = {
  [Kind.Const]: "const",
  [Kind.Volatile]: "volatile",
  [Kind.Restrict]: "restrict",
};
const TAGS: Readonly<Record<number, string>> = {
  [Kind.Struct]: "struct",
  [Kind.Union]: "union",
  [Kind.Enum]: "enum",
  [Kind.Enum64]: "enum",
};

/** Decodes types by their ids. */
export class BtfTypes {
  readonly #index: BtfIndex;
  #pointerSize: number | undefined;

  /** Creates the decoder. */
  constructor(index: BtfIndex) {
    this.#index = index;
  }

  /** The type of an id. */
  get(id: number): BtfType {
    const at = this.#index.offsets[id];
    if (id === 0 || at === undefined) return VOID;
    const info = this.#u32(at + 4);
    return {
      at,
      name: this.#name(at),
      kind: kindOf(info),
      flag: info >>> 31 === 1,
      count: countOf(info),
      third: this.#u32(at + 8),
    };
  }

  /** The id of the type behind typedefs, qualifiers and tags. */
  strip(id: number): number {
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const { kind, third } = this.get(id);
      if (kind !== Kind.Typedef && kind !== Kind.TypeTag && QUALIFIERS[kind] === undefined) return id;
      id = third;
    }
    return 0;
  }

  /** The direct members of a struct or union; none for other types. */
  members(id: number): readonly BtfPlace[] {
    const { at, kind, flag, count } = this.get(id);
    if (kind !== Kind.Struct && kind !== Kind.Union) return [];
    return Array.from({ length: count }, (_, index) => {
      const member = at + 12 + 12 * index;
      const [type, offset] = [this.#u32(member + 4), this.#u32(member + 8)];
      const bits = flag ? { bits: offset & 0xffffff, bitSize: offset >>> 24 } : this.#plainBits(type, offset);
      return { name: this.#name(member), type, ...bits };
    });
  }

  /** The parameters of a FUNC_PROTO; none for other types. */
  parameters(id: number): readonly { readonly name: string; readonly type: number }[] {
    const { at, kind, count } = this.get(id);
    return Array.from({ length: kind === Kind.FuncProto ? count : 0 }, (_, index) => {
      const parameter = at + 12 + 8 * index;
      return { name: this.#name(parameter), type: this.#u32(parameter + 4) };
    });
  }

  /** The element at an index of an array; undefined when it is no array, or not that long. */
  element(place: BtfPlace, index: number): BtfPlace | undefined {
    const array = this.#array(this.strip(place.type));
    if (array === undefined || (array.length > 0 && index >= array.length)) return undefined;
    return { ...place, type: array.type, bits: place.bits + 8 * index * this.size(array.type) };
  }

  /** Size in bytes; 0 for void, functions, declarations and flexible arrays. */
  size(id: number): number {
    let elements = 1;
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      id = this.strip(id);
      const array = this.#array(id);
      if (array === undefined) break;
      elements *= array.length;
      id = array.type;
    }
    const { kind, third } = this.get(id);
    if (kind === Kind.Ptr) return elements * (this.#pointerSize ??= this.#findPointerSize());
    const sized = kind === Kind.Int || kind === Kind.Float || TAGS[kind] !== undefined;
    return sized ? elements * third : 0;
  }

  /** The type as C writes it, such as `struct pid **`; parameters of functions are left out. */
  describe(id: number): string {
    let [prefix, declarator] = ["", ""];
    for (let depth = 0; depth < DEPTH_MAX; depth++) {
      const { at, name, kind, flag, third } = this.get(id);
      const qualifier = QUALIFIERS[kind];
      if (kind === Kind.Ptr) declarator = this.#isSuffixed(third) ? `(*${declarator})` : `*${declarator}`;
      else if (kind === Kind.Array) declarator += `[${this.#u32(at + 20)}]`;
      else if (kind === Kind.FuncProto) declarator += "()";
      else if (qualifier !== undefined && this.get(third).kind === Kind.Ptr) {
        declarator = ` ${qualifier}${declarator}`;
      } else if (qualifier !== undefined) prefix += `${qualifier} `;
      else if (kind !== Kind.TypeTag) {
        const tag = kind === Kind.Fwd ? (flag ? "union" : "struct") : TAGS[kind];
        const title = [prefix.trim(), tag ?? "", name === "" ? "(anonymous)" : name].filter((word) =>
          word !== ""
        ).join(" ");
        return declarator === "" || declarator.startsWith("[")
          ? title + declarator
          : `${title} ${declarator}`;
      }
      id = kind === Kind.Array ? this.#u32(at + 12) : third;
    }
    return "?";
  }

  #u32(at: number): number {
    return this.#index.view.getUint32(at, this.#index.little);
  }

  /** The name whose offset stands at a place; empty when it is outside, which only garbage has. */
  #name(at: number): string {
    const { strings } = this.#index;
    const start = this.#u32(at);
    return strings.slice(start, strings.indexOf("\0", start));
  }

  #array(id: number): { readonly type: number; readonly length: number } | undefined {
    const { at, kind } = this.get(id);
    return kind === Kind.Array ? { type: this.#u32(at + 12), length: this.#u32(at + 20) } : undefined;
  }

  #isSuffixed(id: number): boolean {
    const { kind } = this.get(id);
    return kind === Kind.Array || kind === Kind.FuncProto;
  }

  /** Where kind_flag is not set, a bitfield is an int of fewer bits than its bytes have. */
  #plainBits(type: number, bits: number): { readonly bits: number; readonly bitSize: number } {
    const { at, kind, third } = this.get(this.strip(type));
    if (kind !== Kind.Int) return { bits, bitSize: 0 };
    const encoding = this.#u32(at + 12);
    const bitSize = encoding & 0xff;
    return bitSize === third * 8
      ? { bits, bitSize: 0 }
      : { bits: bits + ((encoding >>> 16) & 0xff), bitSize };
  }

  /** BTF does not say it; Linux's pointers are as large as its `long`. */
  #findPointerSize(): number {
    for (let id = 1; id < this.#index.offsets.length; id++) {
      const { name, kind, third } = this.get(id);
      if (kind === Kind.Int && /^(long|unsigned long|long int|long unsigned int)$/.test(name)) return third;
    }
    return 8;
  }
}
