/**
 * The kernel's own type information, /sys/kernel/btf/vmlinux.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { type BtfIndex, indexBtf } from "./_btf_index.ts";
import { type BtfPlace, BtfTypes } from "./_btf_types.ts";

/** Where a kernel publishes its BTF. */
export const BTF_PATH = "/sys/kernel/btf/vmlinux";

/** Where a member of a struct is. */
export interface BtfField {
  /** Bytes from the start of the outermost struct; of a bitfield, the byte that holds its first bit. */
  readonly offsetBytes: number;
  /** Only of a bitfield: its first bit within that byte, 0 to 7. */
  readonly bitOffset?: number;
  /** Only of a bitfield: how many bits it has. */
  readonly bitSize?: number;
  /** How many bytes its type takes; 0 for a flexible array. */
  readonly sizeBytes: number;
  /** Its C type, such as `struct pid *` or `struct hlist_head[4]`. */
  readonly typeName: string;
}

/** A direct member of a struct or union. */
export interface BtfMember extends BtfField {
  /** Its name; empty for an anonymous struct or union. */
  readonly name: string;
}

/** A parameter of a kernel function. */
export interface BtfParameter {
  /** Its name, as in `args->name`; empty for the rest of a variadic function. */
  readonly name: string;
  /** Its C type; `void` for the rest of a variadic function. */
  readonly typeName: string;
}

const STEP = /^([A-Za-z_]\w*)((?:\[\d+\])*)$/;

/**
 * The types and functions of a kernel.
 *
 * It keeps the bytes and where each type is; names are decoded when asked for. When several structs or
 * functions share a name, as static ones may, it answers only what is true of all of them.
 *
 * @example Which kernels can keep a pidfs dentry at a `struct pid`
 * ```ts
 * import { parseBtf } from "./btf.ts";
 * import { encodeBtf } from "./_btf_fixture.ts";
 * import assert from "node:assert/strict";
 *
 * const btf = parseBtf(encodeBtf([
 *   { kind: "int", name: "unsigned int", size: 4 },
 *   { kind: "struct", name: "pid", size: 8, members: [{ name: "level", type: 1, bits: 32 }] },
 * ]));
 * assert.deepEqual(btf.field("pid", "level"), { offsetBytes: 4, sizeBytes: 4, typeName: "unsigned int" });
 * assert.equal(btf.field("pid", "stashed"), undefined);
 * ```
 */
export class Btf {
  readonly #index: BtfIndex;
  readonly #types: BtfTypes;

  /** Indexes the bytes; see {@linkcode parseBtf}. */
  constructor(bytes: Uint8Array) {
    this.#index = indexBtf(bytes);
    this.#types = new BtfTypes(this.#index);
  }

  /**
   * Whether a struct or union is defined.
   *
   * @param name its tag, such as `pid` for `struct pid`
   * @returns false also when it is only declared
   */
  hasStruct(name: string): boolean {
    return this.#structs(name).length > 0;
  }

  /**
   * How large a struct or union is.
   *
   * @param name its tag
   * @returns bytes, without a flexible array; undefined when there is none, or several that differ
   */
  sizeOf(name: string): number | undefined {
    return agreed(this.#structs(name).map((id) => this.#types.get(id).third));
  }

  /**
   * Finds a member of a struct, through nested and anonymous structs and unions, typedefs and arrays.
   *
   * @param structName the tag, such as `pid` for `struct pid`
   * @param path names and indexes, such as `count.refs.counter` or `numbers[0].nr`; no pointer is followed
   * @returns where it is; undefined when there is none, or when two structs of that name disagree
   */
  field(structName: string, path: string): BtfField | undefined {
    return agreed(this.#structs(structName).map((id) => this.#resolve(id, path)));
  }

  /**
   * The direct members of a struct or union.
   *
   * @param structName the tag
   * @returns the members in order; undefined when there is none, or several that differ
   */
  members(structName: string): readonly BtfMember[] | undefined {
    return agreed(
      this.#structs(structName).map((id) =>
        this.#types.members(id).map((member) => ({ name: member.name, ...this.#field(member) }))
      ),
    );
  }

  /**
   * Whether BTF describes a function, so that fentry and fexit are possible.
   *
   * @param name its name in the C source
   * @returns false also for functions that exist and are not described, such as `put_pid.part.0`
   */
  hasFunction(name: string): boolean {
    return this.#functions(name).length > 0;
  }

  /**
   * The parameters of a function.
   *
   * @param name its name in the C source
   * @returns the parameters in order; undefined when the function is not described, or twice and differently
   */
  functionParameters(name: string): readonly BtfParameter[] | undefined {
    return agreed(
      this.#functions(name).map((id) =>
        this.#types.parameters(this.#types.get(id).third)
          .map((parameter) => ({ name: parameter.name, typeName: this.#types.describe(parameter.type) }))
      ),
    );
  }

  #structs(name: string): readonly number[] {
    return this.#find(this.#index.structs, name);
  }

  #functions(name: string): readonly number[] {
    return this.#find(this.#index.functions, name);
  }

  #find(index: ReadonlyMap<number, readonly number[]>, name: string): readonly number[] {
    const { strings } = this.#index;
    const found: number[] = [];
    if (!/^[\w.$]+$/.test(name)) return found;
    const needle = `\0${name}\0`;
    for (let at = strings.indexOf(needle); at >= 0; at = strings.indexOf(needle, at + 1)) {
      found.push(...index.get(at + 1) ?? []);
    }
    return found;
  }

  #resolve(structId: number, path: string): BtfField | undefined {
    let here: BtfPlace | undefined = { name: "", type: structId, bits: 0, bitSize: 0 };
    for (const step of path.split(".")) {
      const [, name, indexes = ""] = STEP.exec(step) ?? [];
      if (name === undefined) return undefined;
      here = this.#within(here, this.#member(this.#types.strip(here.type), name, new Set()));
      for (const [, index] of indexes.matchAll(/\[(\d+)\]/g)) {
        here = here && this.#types.element(here, Number(index));
      }
      if (here === undefined) return undefined;
    }
    return this.#field(here);
  }

  /** Depth first through anonymous members; `seen` ends it where garbage refers to itself. */
  #member(id: number, name: string, seen: Set<number>): BtfPlace | undefined {
    if (seen.has(id)) return undefined;
    seen.add(id);
    const members = this.#types.members(id);
    const direct = members.find((member) => member.name === name);
    if (direct !== undefined) return direct;
    for (const outer of members.filter((member) => member.name === "")) {
      const inner = this.#within(outer, this.#member(this.#types.strip(outer.type), name, seen));
      if (inner !== undefined) return inner;
    }
    return undefined;
  }

  #within(outer: BtfPlace, inner: BtfPlace | undefined): BtfPlace | undefined {
    return inner && { ...inner, bits: outer.bits + inner.bits };
  }

  #field({ type, bits, bitSize }: BtfPlace): BtfField {
    const [sizeBytes, typeName] = [this.#types.size(type), this.#types.describe(type)];
    const offsetBytes = Math.floor(bits / 8);
    return bitSize === 0
      ? { offsetBytes, sizeBytes, typeName }
      : { offsetBytes, bitOffset: bits % 8, bitSize, sizeBytes, typeName };
  }
}

/**
 * Reads BTF from its bytes.
 *
 * @param bytes the content of /sys/kernel/btf/vmlinux, little or big endian; module BTF, which needs its
 * base, is not understood
 * @returns the types and functions
 * @throws {SyntaxError} when the bytes end early or are not consistent BTF; the message says where
 *
 * @example Garbage is refused
 * ```ts
 * import { parseBtf } from "./btf.ts";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => parseBtf(new Uint8Array(24)), SyntaxError);
 * ```
 */
export function parseBtf(bytes: Uint8Array): Btf {
  return new Btf(bytes);
}

/**
 * Reads the BTF of a running kernel.
 *
 * @param host the machine
 * @returns the types and functions
 * @throws {HostError} when the file is missing, refused, or the host is lost
 * @throws {SyntaxError} when its content is not BTF
 *
 * @example
 * ```ts
 * import { BTF_PATH, readBtf } from "./btf.ts";
 * import { encodeBtf } from "./_btf_fixture.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const host = fakeHost({ files: { [BTF_PATH]: encodeBtf([]) } });
 * assert.equal((await readBtf(host)).hasStruct("pid"), false);
 * ```
 */
export async function readBtf(host: Host): Promise<Btf> {
  return parseBtf(await host.readBytes(BTF_PATH));
}

/** The answer of all, when they agree. */
function agreed<T>(answers: readonly T[]): T | undefined {
  const [first, ...others] = answers;
  const text = JSON.stringify(first);
  return others.every((other) => JSON.stringify(other) === text) ? first : undefined;
}
