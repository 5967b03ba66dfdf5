// Our reader of BTF beside bpftool's, on the types of a real kernel. It needs Debian's bpftool on this machine.

import assert from "node:assert/strict";
import { startGuestHost } from "../../hosts/mod.ts";
import { BTF_PATH, type BtfMember, parseBtf } from "../../kernel/mod.ts";

/** A type as bpftool tells it. */
interface Type {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly type_id?: number;
  readonly nr_elems?: number;
  readonly members?: readonly Member[];
  readonly params?: readonly { readonly name: string }[];
}

/** A member as bpftool tells it. */
interface Member {
  readonly name: string;
  readonly type_id: number;
  readonly bits_offset: number;
  readonly bitfield_size?: number;
}

/** What bpftool calls something without a name. */
const ANONYMOUS = "(anon)";
const POINTER_BYTES = 8;
/** Where Debian has it, which is not on everybody's PATH. */
const BPFTOOL = "/usr/sbin/bpftool";
/** Structs that tracers look into; all members of their members are compared, too. */
const NAMED = ["pid", "file", "task_struct", "kernel_clone_args", "inode", "signal_struct"];
/** How many others are compared: evenly spaced in the list of all, by name. */
const SAMPLE = 200;

/** The types of a kernel as bpftool tells them, with what follows from C alone. */
class Expected {
  readonly #types: ReadonlyMap<number, Type>;

  constructor(types: readonly Type[]) {
    this.#types = new Map(types.map((type) => [type.id, type]));
  }

  /** All types of some kinds that have a name, by name; several where several have the same. */
  named(...kinds: readonly string[]): ReadonlyMap<string, readonly Type[]> {
    const types = [...this.#types.values()];
    return Map.groupBy(
      types.filter(({ kind, name }) => kinds.includes(kind) && name !== ANONYMOUS),
      ({ name }) => name,
    );
  }

  /** The direct members of a struct or union. */
  members({ members = [] }: Type): readonly BtfMember[] {
    return members.map((member) => ({
      name: member.name === ANONYMOUS ? "" : member.name,
      ...this.#place(member, member.bits_offset),
    }));
  }

  /** All members with a name, those of anonymous members among them; when `deep` is set, those of members, too. */
  *flat({ members = [] }: Type, deep: boolean, prefix = "", bits = 0): Generator<BtfMember> {
    for (const member of members) {
      const here = bits + member.bits_offset;
      const isAnonymous = member.name === ANONYMOUS;
      const type = this.#behind(member.type_id);
      if (!isAnonymous) yield { name: prefix + member.name, ...this.#place(member, here) };
      if (isAnonymous) yield* this.flat(type, deep, prefix, here);
      else if (deep) yield* this.flat(type, deep, `${prefix}${member.name}.`, here);
    }
  }

  /** The names of a function's parameters. */
  parameters(func: Type): readonly string[] {
    const { params = [] } = this.#behind(func.type_id);
    return params.map(({ name }) => name === ANONYMOUS ? "" : name);
  }

  #place({ type_id, bitfield_size = 0 }: Member, bits: number): Omit<BtfMember, "name"> {
    const place = { offsetBytes: Math.floor(bits / 8), sizeBytes: this.#size(type_id) };
    return bitfield_size === 0 ? place : { ...place, bitOffset: bits % 8, bitSize: bitfield_size };
  }

  #size(id: number): number {
    const { kind, size = 0, nr_elems = 0, type_id = 0 } = this.#behind(id);
    if (kind === "PTR") return POINTER_BYTES;
    return kind === "ARRAY" ? nr_elems * this.#size(type_id) : size;
  }

  #behind(id = 0): Type {
    const type = this.#types.get(id) ?? { id: 0, kind: "VOID", name: "void" };
    const isThrough = ["TYPEDEF", "CONST", "VOLATILE", "RESTRICT", "TYPE_TAG"].includes(type.kind);
    return isThrough ? this.#behind(type.type_id) : type;
  }
}

/** The BTF of a guest's kernel. */
async function readGuest(): Promise<Uint8Array> {
  const onProgress = (line: string) => console.log(line);
  await using host = await startGuestHost({
    kernel: "6.12",
    timeLimitSeconds: 300,
    shared: false,
    onProgress,
  });
  return await host.readBytes(BTF_PATH);
}

/** What bpftool reads from BTF. */
async function askBpftool(bytes: Uint8Array): Promise<Expected> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, bytes);
    const args = ["--json", "btf", "dump", "file", file];
    const { success, stdout, stderr } = await new Deno.Command(BPFTOOL, { args }).output();
    const text = new TextDecoder().decode(stdout);
    assert.ok(success, `${text}${new TextDecoder().decode(stderr)}`);
    return new Expected(JSON.parse(text).types);
  } finally {
    await Deno.remove(file);
  }
}

/** Evenly spaced names of those that only one type has. */
function sample(named: ReadonlyMap<string, readonly Type[]>): readonly [string, Type][] {
  const single = [...named].flatMap(([name, types]): [string, Type][] =>
    types.length === 1 && types[0] !== undefined && !NAMED.includes(name) ? [[name, types[0]]] : []
  ).sort(([left], [right]) => left < right ? -1 : 1);
  assert.ok(single.length > SAMPLE);
  return Array.from({ length: SAMPLE }, (_, index) => single[Math.floor(index * single.length / SAMPLE)]!);
}

Deno.test("parseBtf() reads from a real kernel what bpftool reads", async (t) => {
  const bytes = await readGuest();
  const expected = await askBpftool(bytes);
  const structs = expected.named("STRUCT", "UNION");
  const functions = expected.named("FUNC");
  const start = performance.now();
  const btf = parseBtf(bytes);
  console.log(`${bytes.length} bytes in ${Math.round(performance.now() - start)} ms`);

  /** Compares all that can be asked about a struct; returns what was compared. */
  function compare(name: string, type: Type, deep: boolean): readonly BtfMember[] {
    assert.equal(btf.sizeOf(name), type.size, name);
    assert.deepEqual(btf.members(name), expected.members(type), name);
    const fields = [...expected.flat(type, deep)];
    for (const { name: path, ...place } of fields) {
      assert.deepEqual(btf.field(name, path), place, `${name}.${path}`);
    }
    return fields;
  }

  await t.step("the same structs and functions are there", () => {
    for (const name of structs.keys()) assert.ok(btf.hasStruct(name), name);
    for (const name of functions.keys()) assert.ok(btf.hasFunction(name), name);
    for (const name of expected.named("FWD", "TYPEDEF", "ENUM", "FUNC", "VAR").keys()) {
      assert.equal(btf.hasStruct(name), structs.has(name), name);
    }
    for (const name of structs.keys()) assert.equal(btf.hasFunction(name), functions.has(name), name);
    console.log(`${structs.size} structs and unions, ${functions.size} functions`);
  });

  for (const name of NAMED) {
    await t.step(`struct ${name} has the same size and members, and they theirs`, () => {
      const [type, ...others] = structs.get(name) ?? [];
      assert.ok(type !== undefined && others.length === 0);
      console.log(`${name}: ${compare(name, type, true).length} members`);
    });
  }

  await t.step(`${SAMPLE} other structs have the same sizes and members`, () => {
    const fields = sample(structs).flatMap(([name, type]) => compare(name, type, false));
    const bitfields = fields.filter((field) => field.bitSize !== undefined);
    assert.ok(bitfields.length > 0);
    console.log(`${fields.length} members, ${bitfields.length} bitfields`);
  });

  await t.step("structs that share a name have the size that they agree on", () => {
    const shared = [...structs].filter(([, types]) => types.length > 1);
    for (const [name, types] of shared) {
      const sizes = new Set(types.map((type) => type.size));
      assert.equal(btf.sizeOf(name), sizes.size === 1 ? [...sizes][0] : undefined, name);
    }
    console.log(`${shared.length} names`);
  });

  await t.step(`${SAMPLE} functions have the same parameters`, () => {
    const names = sample(functions).flatMap(([name, func]) => {
      const parameters = expected.parameters(func);
      assert.deepEqual(btf.functionParameters(name)?.map((parameter) => parameter.name), parameters, name);
      return parameters;
    });
    console.log(`${names.length} parameters`);
  });
});
