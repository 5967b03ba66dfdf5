import assert from "node:assert/strict";
import { test } from "node:test";
import { isCloneSuffix, parseKallsyms, parseKallsymsLine, splitSymbolName } from "./kallsyms.ts";

test("parseKallsymsLine() reads address, type, name and no module for the kernel's own", () => {
  assert.deepEqual(parseKallsymsLine("ffffffff8109a0b0 T kernel_clone"), {
    address: 0xffffffff8109a0b0n,
    type: "T",
    name: "kernel_clone",
    module: undefined,
  });
});

test("parseKallsymsLine() reads the module after a tab", () => {
  assert.equal(parseKallsymsLine("ffffffffc0000000 t probe\t[virtio_blk]")?.module, "virtio_blk");
  assert.equal(parseKallsymsLine("ffffffffc0000000 t bpf_prog_1\t[bpf]\n")?.module, "bpf");
});

test("parseKallsymsLine() keeps the name and drops the address when addresses are hidden", () => {
  assert.deepEqual(parseKallsymsLine("00000000 d pidfs_file_operations"), {
    address: undefined,
    type: "d",
    name: "pidfs_file_operations",
    module: undefined,
  });
});

test("parseKallsymsLine() gives undefined when the line is no symbol", () => {
  for (const line of ["", "ffffffff T", "zz T name", "kernel_clone", "ffff T two words"]) {
    assert.equal(parseKallsymsLine(line), undefined, line);
  }
});

test("parseKallsyms() leaves out what is no symbol and keeps the order", () => {
  const names = parseKallsyms(["1 t b", "garbage", "2 T a"]).map((entry) => entry.name);
  assert.deepEqual(names, ["b", "a"]);
});

test("splitSymbolName() keeps a leading dot with the name", () => {
  assert.deepEqual(splitSymbolName(".copy_process"), { base: ".copy_process", suffix: "" });
  assert.deepEqual(splitSymbolName("f.isra.0.part.1"), { base: "f", suffix: ".isra.0.part.1" });
});

test("isCloneSuffix() accepts what can be entered and refuses the rest", () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ["", false],
    [".part.0", true],
    [".isra.12", true],
    [".constprop.0.isra.0", true],
    [".llvm.14862290339234", true],
    [".lto_priv.0", true],
    [".__uniq.1234.llvm.99", true],
    [".cold", false],
    [".part.0.cold", false],
    [".cfi_jt", false],
    [".rela", false],
  ];
  for (const [suffix, expected] of rows) assert.equal(isCloneSuffix(suffix), expected, suffix);
});
