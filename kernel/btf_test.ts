import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBtf, type FixtureType } from "./_btf_fixture.ts";
import { fakeHost } from "./_fake_host.ts";
import { type Btf, BTF_PATH, parseBtf, readBtf } from "./btf.ts";

// Ids count from 1. A small kernel with one type of every kind.
const TYPES: readonly FixtureType[] = [
  /* 1 */ { kind: "int", name: "int", size: 4 },
  /* 2 */ { kind: "int", name: "long unsigned int", size: 8 },
  /* 3 */ { kind: "struct", name: "", size: 4, members: [{ name: "counter", type: 1, bits: 0 }] },
  /* 4 */ { kind: "typedef", name: "atomic_t", type: 3 },
  /* 5 */ { kind: "struct", name: "refcount_struct", size: 4, members: [{ name: "refs", type: 4, bits: 0 }] },
  /* 6 */ { kind: "typedef", name: "refcount_t", type: 5 },
  /* 7 */ { kind: "const", type: 6 },
  /* 8 */ { kind: "volatile", type: 7 },
  /* 9 */ { kind: "ptr", type: 12 },
  /* 10 */ { kind: "array", type: 9, length: 4 },
  /* 11 */ {
    kind: "struct",
    name: "upid",
    size: 16,
    members: [{ name: "nr", type: 1, bits: 0 }, { name: "ns", type: 16, bits: 64 }],
  },
  /* 12 */ {
    kind: "struct",
    name: "pid",
    size: 64,
    members: [
      { name: "count", type: 8, bits: 0 },
      { name: "level", type: 1, bits: 32 },
      { name: "", type: 14, bits: 64 },
      { name: "tasks", type: 10, bits: 128 },
      { name: "grid", type: 25, bits: 384 },
      { name: "numbers", type: 13, bits: 512 },
    ],
  },
  /* 13 */ { kind: "array", type: 11, length: 0 },
  /* 14 */ {
    kind: "union",
    name: "",
    size: 8,
    members: [{ name: "ino", type: 2, bits: 0 }, { name: "", type: 15, bits: 0 }],
  },
  /* 15 */ {
    kind: "struct",
    name: "",
    size: 8,
    members: [{ name: "low", type: 1, bits: 0 }, { name: "high", type: 1, bits: 32 }],
  },
  /* 16 */ { kind: "ptr", type: 17 },
  /* 17 */ { kind: "fwd", name: "pid_namespace" },
  /* 18 */ { kind: "enum64", name: "wide", size: 8, values: 2 },
  /* 19 */ { kind: "enum", name: "pid_type", size: 4, values: 3 },
  /* 20 */ {
    kind: "struct",
    name: "flags",
    size: 16,
    bitfields: true,
    members: [
      { name: "plain", type: 19, bits: 0 },
      { name: "one", type: 1, bits: 32, bitSize: 1 },
      { name: "three", type: 1, bits: 45, bitSize: 3 },
      { name: "wide", type: 18, bits: 64 },
    ],
  },
  /* 21 */ { kind: "proto", returns: 9, parameters: [["pid", 9], ["flags", 1], ["", 0]] },
  /* 22 */ { kind: "func", name: "pidfd_prepare", type: 21 },
  /* 23 */ { kind: "ptr", type: 21 },
  /* 24 */ { kind: "array", type: 1, length: 2 },
  /* 25 */ { kind: "array", type: 24, length: 2 },
  /* 26 */ { kind: "int", name: "narrow", size: 4, bits: 3, shift: 2 },
  /* 27 */ { kind: "struct", name: "old_flags", size: 4, members: [{ name: "bits", type: 26, bits: 8 }] },
  /* 28 */ { kind: "const", type: 1 },
  /* 29 */ { kind: "ptr", type: 28 },
  /* 30 */ { kind: "const", type: 29 },
  /* 31 */ { kind: "ptr", type: 24 },
  /* 32 */ { kind: "typeTag", name: "rcu", type: 12 },
  /* 33 */ { kind: "ptr", type: 32 },
  /* 34 */ { kind: "fwd", name: "opaque", union: true },
  /* 35 */ { kind: "ptr", type: 34 },
  /* 36 */ { kind: "float", name: "double", size: 8 },
  /* 37 */ { kind: "restrict", type: 9 },
  /* 38 */ { kind: "ptr", type: 0 },
  /* 39 */ {
    kind: "struct",
    name: "names",
    size: 80,
    members: [23, 30, 31, 33, 35, 36, 37, 38, 18].map((type, index) => ({
      name: `f${index}`,
      type,
      bits: 64 * index,
    })),
  },
  /* 40 */ { kind: "var", name: "init_struct_pid", type: 12 },
  /* 41 */ { kind: "datasec", name: ".data", variables: [40] },
  /* 42 */ { kind: "declTag", name: "kfunc", type: 22 },
];

const INT_PLACE = { sizeBytes: 4 };

for (const bigEndian of [false, true]) {
  const btf = parseBtf(encodeBtf(TYPES, { bigEndian }));
  const order = bigEndian ? "big" : "little";

  test(`field() goes through qualifiers, typedefs and nested structs (${order} endian)`, () => {
    assert.deepEqual(btf.field("pid", "count.refs.counter"), { offsetBytes: 0, ...INT_PLACE });
    assert.deepEqual(btf.field("pid", "level"), { offsetBytes: 4, ...INT_PLACE });
    assert.equal(btf.field("pid", "count")?.sizeBytes, 4);
  });

  test(`field() goes through anonymous structs in unions (${order} endian)`, () => {
    assert.deepEqual(btf.field("pid", "ino"), { offsetBytes: 8, sizeBytes: 8 });
    assert.deepEqual(btf.field("pid", "high"), { offsetBytes: 12, ...INT_PLACE });
  });

  test(`field() takes indexes of arrays, and no more than there are (${order} endian)`, () => {
    assert.deepEqual(btf.field("pid", "tasks[3]"), { offsetBytes: 40, sizeBytes: 8 });
    assert.equal(btf.field("pid", "tasks[4]"), undefined);
    assert.equal(btf.field("pid", "tasks")?.sizeBytes, 32);
    assert.deepEqual(btf.field("pid", "grid[1][1]"), { offsetBytes: 60, ...INT_PLACE });
    assert.equal(btf.field("pid", "numbers")?.sizeBytes, 0);
    assert.deepEqual(btf.field("pid", "numbers[2].nr"), { offsetBytes: 96, ...INT_PLACE });
    assert.equal(btf.field("pid", "level[0]"), undefined);
  });

  test(`field() tells where a bitfield is, of both forms (${order} endian)`, () => {
    assert.deepEqual(btf.field("flags", "plain"), { offsetBytes: 0, sizeBytes: 4 });
    assert.deepEqual(btf.field("flags", "one"), { offsetBytes: 4, bitOffset: 0, bitSize: 1, ...INT_PLACE });
    assert.deepEqual(btf.field("flags", "three"), { offsetBytes: 5, bitOffset: 5, bitSize: 3, ...INT_PLACE });
    assert.deepEqual(btf.field("flags", "wide"), { offsetBytes: 8, sizeBytes: 8 });
    const old = { offsetBytes: 1, bitOffset: 2, bitSize: 3, sizeBytes: 4 };
    assert.deepEqual(btf.field("old_flags", "bits"), old);
  });

  test(`functionParameters() names them in order (${order} endian)`, () => {
    assert.equal(btf.hasFunction("pidfd_prepare"), true);
    const expected = [{ name: "pid" }, { name: "flags" }, { name: "" }];
    assert.deepEqual(btf.functionParameters("pidfd_prepare"), expected);
  });

  test(`field() finds what lies far inside, behind a tag (${order} endian)`, () => {
    const members = [{ name: "far", type: 2, bits: 0xabcde0 }, {
      name: "bit",
      type: 1,
      bits: 0xfffff7,
      bitSize: 9,
    }];
    const types: readonly FixtureType[] = [
      { kind: "int", name: "short", size: 2 },
      { kind: "typeTag", name: "user", type: 1 },
      { kind: "struct", name: "s", size: 0x200000, members },
    ];
    const far = parseBtf(encodeBtf(types, { bigEndian }));
    assert.deepEqual(far.field("s", "far"), { offsetBytes: 0x1579bc, sizeBytes: 2 });
    assert.deepEqual(far.field("s", "bit"), {
      offsetBytes: 0x1ffffe,
      sizeBytes: 2,
      bitOffset: 7,
      bitSize: 9,
    });
  });

  test(`members() gives sizes through every kind of type (${order} endian)`, () => {
    assert.deepEqual(btf.members("names")?.map((member) => member.sizeBytes), Array(9).fill(8));
    assert.deepEqual(btf.members("pid")?.map((member) => member.name), [
      "count",
      "level",
      "",
      "tasks",
      "grid",
      "numbers",
    ]);
  });
}

test("hasStruct() is about definitions of exactly that tag", () => {
  const btf = parseBtf(encodeBtf(TYPES));
  assert.equal(btf.hasStruct("pid"), true);
  for (const name of ["pi", "id", "pid_namespace", "atomic_t", "int", "", "level", "pidfd_prepare"]) {
    assert.equal(btf.hasStruct(name), false, name);
  }
  assert.equal(btf.sizeOf("pid"), 64);
  assert.equal(btf.sizeOf("gone"), undefined);
  assert.equal(btf.members("gone"), undefined);
});

test("hasFunction() is false for a name that is only a type's", () => {
  const btf = parseBtf(encodeBtf(TYPES));
  assert.equal(btf.hasFunction("pid"), false);
  assert.equal(btf.functionParameters("pid"), undefined);
});

test("field() gives undefined when a step is no member, follows a pointer, or is no path", () => {
  const btf = parseBtf(encodeBtf(TYPES));
  for (const path of ["gone", "level.x", "tasks[0].level", "count..refs", "", "tasks[", "tasks[-1]", "[0]"]) {
    assert.equal(btf.field("pid", path), undefined, path);
  }
  assert.equal(btf.field("gone", "count"), undefined);
});

test("field() answers for two structs of one name only what is true of both", () => {
  const twin = (bits: number): FixtureType => ({
    kind: "struct",
    name: "twin",
    size: 16,
    members: [{ name: "same", type: 1, bits: 0 }, { name: "other", type: 1, bits }],
  });
  const btf = parseBtf(encodeBtf([{ kind: "int", name: "int", size: 4 }, twin(32), twin(64)]));
  assert.equal(btf.field("twin", "same")?.offsetBytes, 0);
  assert.equal(btf.field("twin", "other"), undefined);
});

test("parseBtf() takes pointers as large as long, which is not long long", () => {
  const types: readonly FixtureType[] = [
    { kind: "int", name: "long unsigned int", size: 4 },
    { kind: "int", name: "long long int", size: 8 },
    { kind: "ptr", type: 0 },
    { kind: "struct", name: "s", size: 4, members: [{ name: "p", type: 3, bits: 0 }] },
  ];
  assert.equal(parseBtf(encodeBtf(types)).field("s", "p")?.sizeBytes, 4);
});

test("parseBtf() accepts a longer header, and bytes in the middle of a buffer", () => {
  const bytes = encodeBtf(TYPES, { headerExtraBytes: 8 });
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 5);
  assert.equal(parseBtf(larger.subarray(5, 5 + bytes.length)).hasStruct("pid"), true);
});

test("parseBtf() throws SyntaxError when a type refers to one that there is not", () => {
  const gone = 2;
  const types: readonly FixtureType[] = [
    ...(["ptr", "const", "volatile", "restrict"] as const).map((kind) => ({ kind, type: gone })),
    ...(["typedef", "func", "var", "declTag", "typeTag"] as const).map((kind) => ({
      kind,
      name: "x",
      type: gone,
    })),
    { kind: "array", type: gone, length: 1 },
    { kind: "struct", name: "x", size: 8, members: [0, gone].map((type) => ({ name: "", type, bits: 0 })) },
    { kind: "union", name: "x", size: 8, members: [gone, 0].map((type) => ({ name: "", type, bits: 0 })) },
    { kind: "proto", returns: gone, parameters: [] },
    { kind: "proto", returns: 0, parameters: [["x", 0], ["y", gone]] },
    { kind: "datasec", name: "x", variables: [0, gone] },
  ];
  for (const type of types) {
    const message = /expected a type id up to 1, found 2/;
    assert.throws(() => parseBtf(encodeBtf([type])), { name: "SyntaxError", message }, JSON.stringify(type));
  }
});

test("parseBtf() throws SyntaxError at every truncation", () => {
  const bytes = encodeBtf(TYPES);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => parseBtf(bytes.subarray(0, length)), SyntaxError, `${length} bytes`);
  }
});

test("parseBtf() says where it stopped and what it expected", () => {
  const garbled = (change: (view: DataView) => void): () => Btf => () => {
    const bytes = encodeBtf(TYPES);
    change(new DataView(bytes.buffer));
    return parseBtf(bytes);
  };
  const rows: readonly (readonly [RegExp, (view: DataView) => void])[] = [
    [/byte 0: expected the magic 0xeb9f, found 0x0102/, (view) => view.setUint16(0, 0x0102)],
    [/byte 2: expected version 1, found 9/, (view) => view.setUint8(2, 9)],
    [/byte 4: expected a header length within the file, found 8/, (view) => view.setUint32(4, 8, true)],
    [/expected types up to byte/, (view) => view.setUint32(12, 0x7fffffff, true)],
    [/expected names up to byte/, (view) => view.setUint32(16, 0x7fffffff, true)],
    [/byte 20: expected names, found none/, (view) => view.setUint32(20, 0, true)],
    [/byte 28: expected a kind from 1 to 19, found 20/, (view) => view.setUint8(31, 20)],
    [/byte 24: expected a name offset below/, (view) => view.setUint32(24, 0xffffff, true)],
    [/expected the type at byte 24 up to/, (view) => view.setUint32(28, (4 << 24) | 0xffff, true)],
    [/byte 72: expected a type id up to 42, found 99/, (view) => view.setUint32(72, 99, true)],
  ];
  for (const [message, change] of rows) {
    assert.throws(
      garbled(change),
      (error) => error instanceof SyntaxError && message.test(error.message),
      `${message}`,
    );
  }
});

test("parseBtf() and every question end, whatever byte is wrong", () => {
  const good = encodeBtf(TYPES);
  for (let at = 0; at < good.length; at++) {
    for (const value of [0, 1, 12, 0x7f, 0xff]) {
      const bytes = good.slice();
      bytes[at] = value;
      askEverything(bytes);
    }
  }
});

test("field() and members() end when types refer to themselves", () => {
  const btf = parseBtf(encodeBtf([
    { kind: "typedef", name: "t", type: 1 },
    { kind: "array", type: 2, length: 9 },
    { kind: "ptr", type: 3 },
    {
      kind: "struct",
      name: "s",
      size: 8,
      members: [
        { name: "", type: 4, bits: 0 },
        { name: "", type: 4, bits: 0 },
        { name: "t", type: 1, bits: 0 },
        { name: "a", type: 2, bits: 0 },
        { name: "p", type: 3, bits: 0 },
      ],
    },
  ]));
  assert.equal(btf.field("s", "gone"), undefined);
  assert.equal(btf.field("s", "t.x"), undefined);
  assert.equal(btf.members("s")?.length, 5);
});

test("readBtf() throws HostError when the kernel has none", async () => {
  await assert.rejects(readBtf(fakeHost({})), { name: "HostError", kind: "missing" });
  const host = fakeHost({ files: { [BTF_PATH]: "no BTF" } });
  await assert.rejects(readBtf(host), SyntaxError);
});

function askEverything(bytes: Uint8Array): void {
  try {
    const btf = parseBtf(bytes);
    for (const struct of ["pid", "flags", "names"]) btf.members(struct);
    btf.field("pid", "count.refs.counter");
    btf.field("pid", "numbers[1].nr");
    btf.field("pid", "high");
    btf.functionParameters("pidfd_prepare");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}
