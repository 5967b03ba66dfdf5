import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { known, notKnown } from "./known.ts";
import { parseIdentity, readRights, tracingRights } from "./rights.ts";

const STATUS = "Name:\tcat\nUid:\t1000\t0\t0\t0\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\n";

test("readRights() reads the effective user, its capabilities and both sysctls", async () => {
  const { identity, perfEventParanoid, kptrRestrict } = await readRights(fakeHost({
    files: {
      "/proc/self/status": STATUS,
      "/proc/sys/kernel/perf_event_paranoid": "-1\n",
      "/proc/sys/kernel/kptr_restrict": "2\n",
    },
  }));
  assert.ok(identity.kind === "known");
  assert.equal(identity.value.uid, 0);
  assert.deepEqual([...identity.value.capabilities].sort(), [
    "CAP_BPF",
    "CAP_PERFMON",
    "CAP_SYSLOG",
    "CAP_SYS_ADMIN",
  ]);
  assert.deepEqual([perfEventParanoid, kptrRestrict], [known(-1), known(2)]);
});

test("readRights() says unknown when a file is missing, refused or odd", async () => {
  const rights = await readRights(fakeHost({
    files: { "/proc/self/status": { fails: "denied" }, "/proc/sys/kernel/kptr_restrict": "many" },
  }));
  assert.deepEqual(Object.values(rights).map((it) => it.kind), ["unknown", "unknown", "unknown"]);
  assert.match(rights.kptrRestrict.kind === "unknown" ? rights.kptrRestrict.reason : "", /got "many"/);
});

test("parseIdentity() wants both lines", () => {
  for (
    const text of [
      "",
      "Uid:\t0\t0\t0\t0\n",
      "CapEff:\t0\n",
      "Uid:\t0\nCapEff:\t0\n",
      "Uid:\t0\t0\nCapEff:\tall\n",
    ]
  ) {
    assert.equal(parseIdentity(text).kind, "unknown", text);
  }
});

test("tracingRights() says what bpftrace accepts", () => {
  const admin = 1n << 21n;
  const both = 1n << 38n | 1n << 39n;
  const rows:
    readonly (readonly [uid: number, bits: bigint, paranoid: number | null, kind: string, says: RegExp])[] = [
      [0, admin, 4, "supported", /^$/],
      [0, both, 2, "supported", /^$/],
      [0, both, 3, "unsupported", /perf_event_paranoid is 3, above 2$/],
      [0, both, null, "unknown", /^Nobody knows$/],
      [0, 1n << 39n, 2, "unsupported", /^Root has neither CAP_SYS_ADMIN nor CAP_PERFMON here$/],
      [0, 0n, 2, "unsupported", /CAP_BPF and CAP_PERFMON here$/],
      [1000, admin | both, 0, "unsupported", /every user but root, and this is user 1000$/],
    ];
  for (const [uid, bits, paranoid, kind, says] of rows) {
    const answer = tracingRights({
      identity: parseIdentity(`Uid:\t${uid}\t${uid}\t${uid}\t${uid}\nCapEff:\t${bits.toString(16)}\n`),
      perfEventParanoid: paranoid === null ? notKnown("Nobody knows") : known(paranoid),
      kptrRestrict: known(0),
    });
    assert.equal(answer.kind, kind, `${uid} ${bits} ${paranoid}`);
    assert.match("reason" in answer ? answer.reason : "", says);
  }
});
