import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMemoryMaps, placeOfAddress } from "./memory_maps.ts";

const TEXT = `map 7 100
5000-6000 r--p 00000000 08:01 5                          /bin/prog
6000-7000 r-xp 00001000 08:01 5                          /bin/prog
7fff00-7fff10 r-xp 00000000 00:00 0                      [vdso]
8000-9000 rwxp 00000000 00:00 0
map 8 200
1000-2000 r-xp 00000000 08:01 6                          /tmp/a\\012b (deleted)
end
`;

test("parseMemoryMaps() keeps the code of files, process by process", () => {
  const maps = parseMemoryMaps(TEXT);
  assert.ok(maps.kind === "known");
  assert.deepEqual([...maps.value.keys()], [7, 8]);
  assert.deepEqual(maps.value.get(7)?.code.map((it) => it.path), ["/bin/prog", "[vdso]"]);
  assert.equal(maps.value.get(8)?.code[0]?.path, "/tmp/a\\012b (deleted)");
  assert.equal(maps.value.get(8)?.startTicks, 200n);
});

test("parseMemoryMaps() does not take what was cut for the whole", () => {
  assert.equal(parseMemoryMaps(TEXT.replace("end\n", "")).kind, "unknown");
  assert.equal(parseMemoryMaps("").kind, "unknown");
});

test("placeOfAddress() counts from the begin of the file, and knows no place outside of code", () => {
  const maps = parseMemoryMaps(TEXT);
  const map = maps.kind === "known" ? maps.value.get(7) : undefined;
  assert.ok(map !== undefined);
  assert.equal(placeOfAddress(map, 0x6004n), "/bin/prog+0x1004");
  assert.equal(placeOfAddress(map, 0x7000n), undefined);
  assert.equal(placeOfAddress(map, 0x5004n), undefined);
});
