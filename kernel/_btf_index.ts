/**
 * Reads BTF: one pass finds and checks every type; a single type is decoded when it is asked for.
 *
 * @module
 */

/** Kinds from 1 on: words after the first two, words of each element, and the first word that is a type's id. */
const KINDS = `int 2 0|ptr 1 0 0|array 4 0 1|struct 1 3 2|union 1 3 2|enum 1 2|fwd 1 0|typedef 1 0 0|
volatile 1 0 0|const 1 0 0|restrict 1 0 0|func 1 0 0|proto 1 2 0|var 2 0 0|datasec 1 3 1|float 1 0|
decl_tag 2 0 0|type_tag 1 0 0|enum64 1 3`.split(/\|\n?/).map((row) => {
  const [kind = "", head, each, first] = row.split(" ");
  return { kind, head: Number(head), each: Number(each), first: Number(first) };
});
/** Kinds that leave the layout of the type behind them as it is. */
const WRAPPER = /typedef|volatile|const|restrict|type_tag/;
/** No C type is nested deeper; what is, refers to itself. */
const DEPTH_MAX = 64;

/** A member, or an element of an array in one: bits from the start, and bits of a bitfield or 0. */
export type BtfPlace = Readonly<{ name: string; type: number; bits: number; bitSize: number }>;

/** Where every type is, and what it says. */
export class BtfIndex {
  /** Ids of structs and unions by name, and of functions. */
  readonly structs = new Map<string, number[]>();
  readonly functions = new Map<string, number[]>();
  readonly #view: DataView;
  readonly #little: boolean;
  /** One character per byte, so that its indexes are the name offsets of the file. */
  readonly #names: string;
  /** Where each type begins, by id; id 0 is void, which is nowhere. */
  readonly #offsets: number[] = [0];
  /** BTF does not say it; Linux's pointers are as large as its `long`. */
  #pointerSize = 8;

  /** Reads the header and walks over all types; throws SyntaxError. */
  constructor(bytes: Uint8Array) {
    const length = bytes.length;
    if (length < 24) throw refusal(length, "a header of 24 bytes", "the end");
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, length);
    this.#little = this.#view.getUint16(0, true) === 0xeb9f;
    const magic = this.#view.getUint16(0, this.#little);
    if (magic !== 0xeb9f) throw refusal(0, "the magic 0xeb9f", `0x${magic.toString(16).padStart(4, "0")}`);
    if (bytes[2] !== 1) throw refusal(2, "version 1", `${bytes[2]}`);
    const header = this.#u32(4);
    if (header < 24 || header > length) throw refusal(4, "a header length within the file", `${header}`);
    const [types, names] = [header + this.#u32(8), header + this.#u32(16)];
    const [typesEnd, namesEnd] = [types + this.#u32(12), names + this.#u32(20)];
    if (typesEnd > length) throw refusal(length, `types up to byte ${typesEnd}`, "the end");
    if (namesEnd > length) throw refusal(length, `names up to byte ${namesEnd}`, "the end");
    this.#names = new TextDecoder("latin1").decode(bytes.subarray(names, namesEnd));
    if (!/^\0(.*\0)?$/s.test(this.#names)) throw refusal(20, "names", "none, or none between zero bytes");
    this.#walk(types, typesEnd);
  }

  /** The direct members of a struct or union, seen through typedefs and qualifiers; none for other types. */
  members(id: number): readonly BtfPlace[] {
    const { at, kind, flag, count } = this.#strip(id);
    return Array.from({ length: kind === "struct" || kind === "union" ? count : 0 }, (_, index) => {
      const member = at + 12 + 12 * index;
      const [name, type, bits] = [this.#name(member), this.#u32(member + 4), this.#u32(member + 8)];
      if (flag) return { name, type, bits: bits & 0xffffff, bitSize: bits >>> 24 };
      // Without the flag, a bitfield is an int of fewer bits than its bytes have.
      const target = this.#strip(type);
      const encoding = target.kind === "int" ? this.#u32(target.at + 12) : 0;
      const bitSize = (encoding & 0xff) === 8 * target.third ? 0 : encoding & 0xff;
      return { name, type, bits: bits + (encoding >>> 16 & 0xff), bitSize };
    });
  }

  /** A member of a place, also of its anonymous members; `seen` ends it where garbage refers to itself. */
  member({ type, bits }: BtfPlace, name: string, seen = new Set<number>()): BtfPlace | undefined {
    const members = seen.has(type) ? [] : this.members(type);
    seen.add(type);
    for (const direct of members) {
      const member = { ...direct, bits: bits + direct.bits };
      const found = member.name === "" ? this.member(member, name, seen) : member;
      if (found?.name === name) return found;
    }
    return undefined;
  }

  /** The element at an index of an array; undefined when it is no array, or not that long. */
  element(place: BtfPlace, index: number): BtfPlace | undefined {
    const { at, kind } = this.#strip(place.type);
    if (kind !== "array" || (this.#u32(at + 20) > 0 && index >= this.#u32(at + 20))) return undefined;
    const type = this.#u32(at + 12);
    return { ...place, type, bits: place.bits + 8 * index * this.size(type) };
  }

  /** The parameters of a function. */
  parameters(id: number): readonly { readonly name: string }[] {
    const { at, kind, count } = this.#get(this.#get(id).third);
    const names = Array.from({ length: kind === "proto" ? count : 0 }, (_, index) => at + 12 + 8 * index);
    return names.map((at) => ({ name: this.#name(at) }));
  }

  /** Size in bytes; 0 for void, functions, declarations and flexible arrays. */
  size(id: number, depth = 0): number {
    const { at, kind, third } = this.#strip(id);
    if (kind === "ptr") return this.#pointerSize;
    if (kind !== "array") return /int|float|struct|union|enum/.test(kind) ? third : 0;
    return depth === DEPTH_MAX ? 0 : this.#u32(at + 20) * this.size(this.#u32(at + 12), depth + 1);
  }

  /** Notes where every type is; refuses types that are cut off, and ids of types that there are not. */
  #walk(start: number, end: number): void {
    const names = this.#names.length;
    let [largest, largestAt] = [0, 0];
    for (let at = start, next = 0; at < end; at = next) {
      if (at + 12 > end) throw refusal(at, "12 bytes of a type", `${end - at}`);
      const info = this.#u32(at + 4);
      const row = KINDS[(info >>> 24 & 0x7f) - 1];
      if (row === undefined) throw refusal(at + 4, "a kind from 1 to 19", `${info >>> 24 & 0x7f}`);
      const { kind, head, each, first } = row;
      const words = head + each * (info & 0xffffff);
      next = at + 8 + 4 * words;
      if (next > end) throw refusal(end, `the type at byte ${at} up to byte ${next}`, "the end of the types");
      for (let word = first; word < words; word += each || words) {
        const type = this.#u32(at + 8 + 4 * word);
        if (type > largest) [largest, largestAt] = [type, at + 8 + 4 * word];
      }
      if (this.#u32(at) >= names) throw refusal(at, `a name offset below ${names}`, `${this.#u32(at)}`);
      const id = this.#offsets.push(at) - 1;
      if (kind !== "int" && kind !== "struct" && kind !== "union" && kind !== "func") continue;
      const name = this.#name(at);
      const ids = kind === "func" ? this.functions : this.structs;
      if (kind !== "int" && name !== "" && ids.get(name)?.push(id) === undefined) ids.set(name, [id]);
      if (kind === "int" && /^(?!.*long long).*long/.test(name)) this.#pointerSize = this.#u32(at + 8);
    }
    const last = this.#offsets.length - 1;
    if (largest > last) throw refusal(largestAt, `a type id up to ${last}`, `${largest}`);
  }

  /** One type; void for an id that there is not. The third word is a size in bytes or the id of a type. */
  #get(id: number) {
    const at = this.#offsets[id] ?? 0;
    const [info, third] = at === 0 ? [0, 0] : [this.#u32(at + 4), this.#u32(at + 8)];
    const kind = KINDS[(info >>> 24 & 0x7f) - 1]?.kind ?? "void";
    // Bit 31: members have bitfield sizes. The count had 16 bits; newer kernels use the 8 zero bits above, too.
    return { at, kind, flag: info >>> 31 === 1, count: info & 0xffffff, third };
  }

  /** The type behind typedefs, qualifiers and tags. */
  #strip(id: number) {
    let type = this.#get(id);
    for (let depth = 0; depth < DEPTH_MAX && WRAPPER.test(type.kind); depth++) type = this.#get(type.third);
    return type;
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  /** The name whose offset stands at a place; empty when it is outside, which only garbage has. */
  #name(at: number): string {
    const start = this.#u32(at);
    return this.#names.slice(start, this.#names.indexOf("\0", start));
  }
}

/** Where it is, what should be there, and what is. */
function refusal(at: number, expected: string, found: string): SyntaxError {
  return new SyntaxError(`Cannot parse BTF at byte ${at}: expected ${expected}, found ${found}`);
}
