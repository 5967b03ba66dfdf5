/**
 * The types of a kernel, noting which of them were asked for.
 *
 * @module
 */

import { Btf } from "../../kernel/mod.ts";
import type { BtfField, BtfMember, BtfParameter } from "../../kernel/mod.ts";

/** BTF that keeps what it was asked. */
export class NotingBtf extends Btf {
  /** Functions that were asked for, whether there or not. */
  readonly functions = new Set<string>();
  /** Structs that were asked for, and which of their members. */
  readonly structs = new Map<string, Set<string>>();

  override hasStruct(tag: string): boolean {
    this.#struct(tag);
    return super.hasStruct(tag);
  }

  override sizeOf(tag: string): number | undefined {
    this.#struct(tag);
    return super.sizeOf(tag);
  }

  override field(tag: string, path: string): BtfField | undefined {
    if (!/^\w+$/.test(path)) {
      throw new RangeError(`Cannot record a member of a struct: one name is required, got "${path}"`);
    }
    this.#struct(tag).add(path);
    return super.field(tag, path);
  }

  override members(tag: string): readonly BtfMember[] | undefined {
    const members = super.members(tag);
    for (const { name } of members ?? []) this.#struct(tag).add(name);
    return members;
  }

  override hasFunction(name: string): boolean {
    this.functions.add(name);
    return super.hasFunction(name);
  }

  override functionParameters(name: string): readonly BtfParameter[] | undefined {
    this.functions.add(name);
    return super.functionParameters(name);
  }

  #struct(tag: string): Set<string> {
    const members = this.structs.get(tag) ?? new Set();
    this.structs.set(tag, members);
    return members;
  }
}
