/**
 * The kernel's own type information, /sys/kernel/btf/vmlinux.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { BtfIndex, type BtfPlace } from "./_btf_index.ts";

/** Where a kernel publishes its BTF. */
export const BTF_PATH = "/sys/kernel/btf/vmlinux";

/** Where a member of a struct is. */
export interface BtfField {
  /** Bytes from the start of the outermost struct; of a bitfield, the byte that holds its first bit. */
  readonly offsetBytes: number;
  /** How many bytes its type takes; 0 for a flexible array. */
  readonly sizeBytes: number;
  /** Only of a bitfield: its first bit within that byte, 0 to 7. */
  readonly bitOffset?: number;
  /** Only of a bitfield: how many bits it has. */
  readonly bitSize?: number;
}

/** A direct member of a struct or union; its name is empty when it is anonymous. */
export type BtfMember = BtfField & { readonly name: string };

/** A parameter of a kernel function, as in `args->name`; its name is empty for the rest of a variadic one. */
export type BtfParameter = { readonly name: string };

/**
 * The types and functions of a kernel.
 *
 * Types are decoded when asked for. When several structs or functions share a name, as static ones may, it
 * answers only what is true of all of them, and otherwise `undefined`, as for a name that there is not.
 *
 * @example
 * ```ts
 * import { parseBtf } from "./btf.ts";
 * import { encodeBtf } from "./_btf_fixture.ts";
 * import assert from "node:assert/strict";
 *
 * const btf = parseBtf(encodeBtf([{ kind: "struct", name: "pid", size: 112, members: [] }]));
 * assert.equal(btf.sizeOf("pid"), 112);
 * assert.equal(btf.field("pid", "stashed"), undefined);
 * ```
 */
export class Btf {
  readonly #index: BtfIndex;

  /** Indexes the bytes; see {@linkcode parseBtf}. */
  constructor(bytes: Uint8Array) {
    this.#index = new BtfIndex(bytes);
  }

  /** Whether a struct or union of this tag is defined, and not only declared. */
  hasStruct(tag: string): boolean {
    return this.#index.structs.has(tag);
  }

  /** How many bytes a struct or union takes, without a flexible array. */
  sizeOf(tag: string): number | undefined {
    return agreed(this.#index.structs.get(tag), (id) => this.#index.size(id));
  }

  /**
   * Finds a member of a struct, through nested and anonymous structs and unions, typedefs and arrays.
   *
   * @param tag such as `pid` for `struct pid`
   * @param path names and indexes, such as `count.refs.counter` or `numbers[0].nr`; no pointer is followed
   * @returns where it is, if it is there
   */
  field(tag: string, path: string): BtfField | undefined {
    if (!/^[a-z_]\w*(\.[a-z_]\w*|\[\d+\])*$/i.test(path)) return undefined;
    return agreed(this.#index.structs.get(tag), (type) => {
      let here: BtfPlace | undefined = { name: "", type, bits: 0, bitSize: 0 };
      for (const [step] of path.matchAll(/\w+/g)) {
        here &&= /^\d/.test(step) ? this.#index.element(here, Number(step)) : this.#index.member(here, step);
      }
      return here && this.#field(here);
    });
  }

  /** The direct members of a struct or union, in order. */
  members(tag: string): readonly BtfMember[] | undefined {
    const answer = (id: number) =>
      this.#index.members(id).map((it) => ({ name: it.name, ...this.#field(it) }));
    return agreed(this.#index.structs.get(tag), answer);
  }

  /** Whether BTF describes a function of this name in the C source, so that fentry and fexit are possible. */
  hasFunction(name: string): boolean {
    return this.#index.functions.has(name);
  }

  /** The ids of the types of kind FUNC with a name: one where C has one, none where BTF does not describe it. */
  functionIds(name: string): readonly number[] {
    return this.#index.functions.get(name) ?? [];
  }

  /** The parameters of a function, in order. */
  functionParameters(name: string): readonly BtfParameter[] | undefined {
    return agreed(this.#index.functions.get(name), (id) => this.#index.parameters(id));
  }

  #field({ type, bits, bitSize }: BtfPlace): BtfField {
    const field = { offsetBytes: Math.floor(bits / 8), sizeBytes: this.#index.size(type) };
    return bitSize === 0 ? field : { ...field, bitOffset: bits % 8, bitSize };
  }
}

/**
 * Reads BTF from its bytes.
 *
 * @param bytes the content of /sys/kernel/btf/vmlinux, of either byte order; not that of a module, which needs its base
 * @returns the types and functions
 * @throws {SyntaxError} when the bytes end early or are not consistent BTF; the message says where
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
 */
export async function readBtf(host: Host): Promise<Btf> {
  return parseBtf(await host.readBytes(BTF_PATH));
}

/** What is true of all that there are. */
function agreed<T>(ids: readonly number[] | undefined, answer: (id: number) => T): T | undefined {
  const [first, ...others] = (ids ?? []).map(answer);
  return others.every((other) => JSON.stringify(other) === JSON.stringify(first)) ? first : undefined;
}
