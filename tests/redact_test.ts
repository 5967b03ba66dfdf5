import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessage, Redactor } from "../capture/mod.ts";
import { decode } from "../events/mod.ts";
import { WIRE_TABLE } from "../schema/mod.ts";
import type { WireTag } from "../schema/mod.ts";
import { rawLine, simulatedChunks } from "./support/recording.ts";

const KEY = new Uint8Array(32).fill(7);
const RAW = simulatedChunks({ seed: 3, calls: 80 }).flat();

/** The records among lines, decoded. */
function decoded(lines: readonly string[]): readonly Readonly<Record<string, unknown>>[] {
  return lines.map(readMessage).flatMap((it) => it.kind === "record" ? [{ ...decode(it.text, 1) }] : []);
}

function kindsOf(kind: unknown): readonly { readonly name: string; readonly kind: string }[] {
  return WIRE_TABLE[kind as WireTag].fields;
}

test("Redactor replaces every address, keeps NULL and what is equal, and touches nothing else", () => {
  const before = decoded(RAW);
  const after = decoded(new Redactor(["addresses"], KEY).lines(RAW));
  const names = new Map<unknown, unknown>();
  let replaced = 0;
  assert.equal(after.length, before.length);
  before.forEach((event, at) => {
    for (const { name, kind } of kindsOf(event.kind)) {
      const [old, now] = [event[name], after[at]?.[name]];
      if (kind !== "pointer" || old === "0") {
        assert.deepEqual(now, old, name);
        continue;
      }
      assert.match(String(now), /^a[0-9a-f]{14}$/);
      assert.equal(names.get(old) ?? now, now);
      names.set(old, now);
      replaced += 1;
    }
  });
  assert.ok(replaced > 100);
  assert.equal(new Set(names.values()).size, names.size);
});

test("Redactor replaces every name of a thread by a short one, and keeps what is empty", () => {
  const before = decoded(RAW);
  const after = decoded(new Redactor(["comm"], KEY).lines(RAW));
  const names = new Map<unknown, unknown>();
  before.forEach((event, at) => {
    for (const { name, kind } of kindsOf(event.kind)) {
      const [old, now] = [event[name], after[at]?.[name]];
      if (kind !== "comm" || old === "") {
        assert.deepEqual(now, old, name);
        continue;
      }
      assert.match(String(now), /^c-[0-9a-f]{10}$/);
      assert.equal(names.get(old) ?? now, now);
      names.set(old, now);
    }
  });
  assert.ok(names.size > 0);
  assert.equal(new Set(names.values()).size, names.size);
});

test("Redactor gives other values under another key", () => {
  const under = (byte: number) =>
    new Redactor(["addresses", "comm"], new Uint8Array(32).fill(byte)).lines(RAW);
  assert.deepEqual(under(1), under(1));
  assert.notDeepEqual(under(1), under(2));
});

test("Redactor keeps an error pointer", () => {
  const record = `made 0 1 5 7 7 9 61 0 fffffffffffffff4 ffff8881 2 9 80002 55 1 0 0 0 0`;
  const [line = ""] = new Redactor(["addresses"], KEY).lines([rawLine({ kind: "record", text: record })]);
  assert.match(line, / fffffffffffffff4 a[0-9a-f]{14} 2 /);
});

const SECRET = "ffff888100abc123";

const OTHERS: readonly (readonly [line: string, kind: string])[] = [
  [`{"type": "printf", "data": "unknown ${SECRET}\\n"}`, "record"],
  [`{"type": "printf", "data": "put 0 1 2 ${SECRET} 1 ${SECRET}\\n"}`, "record"],
  [`{"type": "printf", "data": "put 0 1 2 ${SECRET}x 1\\n"}`, "record"],
  [`{"type": "map", "data": {"@tracked": {"${SECRET}": 1}}}`, "other"],
  [`not JSON ${SECRET}`, "unreadable"],
  ['{"type": "lost_events", "data": {"events": 5}}', "dropped"],
  ['{"type": "map", "data": {"@task": {"0": 5}}}', "totals"],
  ['{"type": "attached_probes", "data": {"probes": 3}}', "other"],
];

for (const [line, kind] of OTHERS) {
  test(`Redactor leaves no address in ${line}, and its meaning as it was`, () => {
    const [now = ""] = new Redactor(["addresses"], KEY).lines([line]);
    assert.equal(now.includes(SECRET), false);
    assert.equal(readMessage(now).kind, kind);
  });
}

test("Redactor does nothing to lines when only the command is taken out", () => {
  assert.equal(new Redactor(["command"], KEY).lines(RAW), RAW);
});

test("WIRE_TABLE calls every address a pointer, so that it can be taken out", () => {
  for (const [tag, { fields }] of Object.entries(WIRE_TABLE)) {
    for (const { name, kind } of fields as readonly { name: string; kind: string }[]) {
      if (kind === "hex") assert.match(name, /[fF]lags$/, `${tag}.${name}: is it an address?`);
      if (/address$|file$|^(file|table|copy|displaced|now)$/i.test(name)) {
        assert.equal(kind, "pointer", `${tag}.${name}`);
      }
    }
  }
});
