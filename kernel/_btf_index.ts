/**
 * The first pass over BTF: where every type is, and that none of them points outside.
 *
 * @module
 */

/** Kinds of BTF types, by their number in the kernel's include/uapi/linux/btf.h. */
export const Kind = {
  Int: 1,
  Ptr: 2,
  Array: 3,
  Struct: 4,
  Union: 5,
  Enum: 6,
  Fwd: 7,
  Typedef: 8,
  Volatile: 9,
  Const: 10,
  Restrict: 11,
  Func: 12,
  FuncProto: 13,
  Datasec: 15,
  Float: 16,
  TypeTag: 18,
  Enum64: 19,
} as const;

// Three tables by kind, 0 (never stored) to 19 (enum64).
/** Bytes after the common 12. */
const FIXED = [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];
/** Bytes per element: a member, value, parameter or variable. */
const EACH = [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];
/** Whether the third common word is the id of another type. */
const REFERS = [0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0];

/** BTF bytes with the places of their parts. */
export interface BtfIndex {
  /** All bytes. */
  readonly view: DataView;
  /** Whether numbers are little endian. */
  readonly little: boolean;
  /** Byte offset of each type by id; element 0 (void) is unused. */
  readonly offsets: Uint32Array;
  /** The string section, one character per byte, so that its indexes are the file's name offsets. */
  readonly strings: string;
  /** Ids of structs and unions by name offset. */
  readonly structs: ReadonlyMap<number, readonly number[]>;
  /** Ids of functions by name offset. */
  readonly functions: ReadonlyMap<number, readonly number[]>;
}

/**
 * Reads the header and walks over all types once.
 *
 * @param bytes the content of /sys/kernel/btf/vmlinux
 * @returns where everything is
 * @throws {SyntaxError} when the bytes end early, or are not consistent BTF
 */
export function indexBtf(bytes: Uint8Array): BtfIndex {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { little, types, names } = readHeader(view);
  const strings = new TextDecoder("latin1").decode(bytes.subarray(names.start, names.end));
  if (!strings.startsWith("\0")) throw refuse(names.start, "a zero byte", "another");
  if (!strings.endsWith("\0")) throw refuse(names.end - 1, "a zero byte", "another");
  const structs = new Map<number, number[]>();
  const functions = new Map<number, number[]>();
  const offsets = new Uint32Array(1 + (types.end - types.start) / 12);
  const largest = new LargestId(view, little);
  let count = 0;
  for (let at = types.start; at < types.end;) {
    if (at + 12 > types.end) throw refuse(at, "12 bytes of a type", `${types.end - at}`);
    const info = view.getUint32(at + 4, little);
    const end = endOfType(at, info, types.end);
    const name = view.getUint32(at, little);
    if (name >= strings.length) throw refuse(at, `a name offset below ${strings.length}`, `${name}`);
    const kind = kindOf(info);
    offsets[++count] = at;
    if (kind === Kind.Struct || kind === Kind.Union) push(structs, name, count);
    else if (kind === Kind.Func) push(functions, name, count);
    largest.noteType(kind, at, end);
    at = end;
  }
  if (largest.id > count) throw refuse(largest.at, `a type id up to ${count}`, `${largest.id}`);
  return { view, little, offsets: offsets.slice(0, count + 1), strings, structs, functions };
}

/** The kind in a type's second word. */
export function kindOf(info: number): number {
  return (info >>> 24) & 0x7f;
}

/**
 * The number of elements in a type's second word.
 *
 * It had 16 bits; newer kernels use the 8 bits above too, which were zero before.
 */
export function countOf(info: number): number {
  return info & 0xffffff;
}

interface Section {
  readonly start: number;
  readonly end: number;
}

function readHeader(
  view: DataView,
): { readonly little: boolean; readonly types: Section; readonly names: Section } {
  if (view.byteLength < 24) throw refuse(view.byteLength, "a header of 24 bytes", "the end");
  const little = view.getUint16(0, true) === 0xeb9f;
  const magic = view.getUint16(0, little);
  if (magic !== 0xeb9f) throw refuse(0, "the magic 0xeb9f", `0x${magic.toString(16).padStart(4, "0")}`);
  if (view.getUint8(2) !== 1) throw refuse(2, "version 1", `${view.getUint8(2)}`);
  const length = view.getUint32(4, little);
  if (length < 24 || length > view.byteLength) {
    throw refuse(4, "a header length within the file", `${length}`);
  }
  const section = (at: number, what: string): Section => {
    const start = length + view.getUint32(at, little);
    const end = start + view.getUint32(at + 4, little);
    if (end > view.byteLength) throw refuse(view.byteLength, `${what} up to byte ${end}`, "the end");
    return { start, end };
  };
  const types = section(8, "types");
  const names = section(16, "names");
  if (names.start === names.end) throw refuse(20, "names", "none");
  return { little, types, names };
}

function endOfType(at: number, info: number, limit: number): number {
  const kind = kindOf(info);
  const fixed = FIXED[kind];
  const each = EACH[kind];
  if (kind === 0 || fixed === undefined || each === undefined) {
    throw refuse(at + 4, "a kind from 1 to 19", `${kind}`);
  }
  const end = at + 12 + fixed + each * (each === 0 ? 0 : countOf(info));
  if (end > limit) throw refuse(limit, `the type at byte ${at} up to byte ${end}`, "the end of the types");
  return end;
}

/** Remembers the largest type id that was referred to, and where. */
class LargestId {
  readonly #view: DataView;
  readonly #little: boolean;
  id = 0;
  at = 0;

  constructor(view: DataView, little: boolean) {
    this.#view = view;
    this.#little = little;
  }

  noteType(kind: number, at: number, end: number): void {
    if (REFERS[kind] === 1) this.#note(at + 8);
    if (kind === Kind.Array) {
      this.#note(at + 12);
      this.#note(at + 16);
    } else if (kind === Kind.Struct || kind === Kind.Union) {
      for (let member = at + 12; member < end; member += 12) this.#note(member + 4);
    } else if (kind === Kind.FuncProto) {
      for (let parameter = at + 12; parameter < end; parameter += 8) this.#note(parameter + 4);
    } else if (kind === Kind.Datasec) {
      for (let variable = at + 12; variable < end; variable += 12) this.#note(variable);
    }
  }

  #note(at: number): void {
    const id = this.#view.getUint32(at, this.#little);
    if (id <= this.id) return;
    this.id = id;
    this.at = at;
  }
}

function push(index: Map<number, number[]>, name: number, id: number): void {
  const ids = index.get(name);
  if (ids === undefined) index.set(name, [id]);
  else ids.push(id);
}

/** A clear refusal: where it is, what should be there, and what is. */
function refuse(at: number, expected: string, found: string): SyntaxError {
  return new SyntaxError(`Cannot parse BTF at byte ${at}: expected ${expected}, found ${found}`);
}
