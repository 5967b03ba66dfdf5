// The stories of leaks that were reported in public: each slot that is left is found, under its rule and its family.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { familyOf, Holdings, LEAK_FAMILIES, LeakBook, suspectsOf } from "../model/mod.ts";
import { parseScenario, runScenario } from "./support/scenario.ts";

const FOLDER = fileURLToPath(new URL("./scenarios/leaks/", import.meta.url));
const HOUR_NS = 3_600_000_000_000n;

/** By the story: the process and the fd, the rule and the family. Those without any are told by growth alone. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  harmless_go_probe: [],
  leak_containerd_12166: ["101[3] K1 spawned-child", "101[4] K1 spawned-child"],
  leak_cpython_151179: ["101[3] K1 watcher"],
  leak_cpython_83163: ["101[3] K1 watcher"],
  // The third peer lives, and may well be connected.
  leak_cua_2349: ["101[4] K1 peer-credential", "101[6] K1 peer-credential"],
  leak_datadog_31957: ["101[5] K1 opened-process"],
  leak_dtkcore_449: ["101[4] K1 received-copy"],
  leak_go_69284: ["101[3] K1 spawned-child", "101[4] K1 spawned-child"],
  leak_goplugin_378: [],
  leak_gopsutil_1709: [],
  leak_gorunc_115: ["101[3] K1 received"],
  leak_homcc_71: ["101[3] K1 watcher", "101[4] K1 watcher", "101[5] K1 watcher"],
  leak_nixpkgs_355205: ["100[3] K1 opened-process", "100[5] K1 opened-process"],
  leak_polkit_563: ["101[3] K1 received", "101[4] K1 received", "101[5] K1 received"],
  leak_polkit_659: ["101[3] K1 watcher", "101[4] K1 opened-process"],
  leak_swift_303: ["101[3] K1 spawned-child", "101[4] K1 spawned-child", "101[5] K1 spawned-child"],
  leak_systemd_32923: ["101[4] K1 peer-credential"],
  leak_systemd_40248: ["101[3] K1 taken-copy"],
  leak_xdgportal_1675: ["101[5] K1 received-copy", "104[5] K1 inherited"],
  leak_xdgportalgtk_553: [
    "101[4] K1 peer-credential",
    "101[5] K1 peer-credential",
    "101[6] K1 peer-credential",
  ],
};

function holdingsOf(name: string): Holdings {
  const { updates } = runScenario(parseScenario(readFileSync(`${FOLDER}${name}.txt`, "utf8")));
  const holdings = new Holdings();
  for (const it of updates) holdings.take(it);
  return holdings;
}

for (const [name, expected] of Object.entries(EXPECTED)) {
  test(`the story ${name.replaceAll("_", " ")} is told as what it is`, () => {
    const holdings = holdingsOf(name);
    const held = [...holdings.held()];
    const later = { nowNs: holdings.nowNs + HOUR_NS, usesSeen: true };
    const suspects = suspectsOf(held, { ...later, olderNs: HOUR_NS / 60n });
    assert.deepEqual(
      suspects.map(({ rule, holding }) =>
        `${holding.holder?.pid}[${holding.fd}] ${rule.id} ${familyOf(holding)?.id}`
      ).sort(),
      expected,
    );
    assert.ok(suspects.every((it) => it.verdict === "broken"));
    assert.deepEqual(suspectsOf(held, { ...later, olderNs: 2n * HOUR_NS }), [], "not yet");
    const unused = suspectsOf(held, { ...later, olderNs: HOUR_NS / 60n, usesSeen: false });
    assert.ok(unused.every((it) => it.rule.id === "K1"), "what is not seen is not said");
  });
}

test("the story owner go 68984 is told as a number with two owners", () => {
  const { updates } = runScenario(parseScenario(readFileSync(`${FOLDER}owner_go_68984.txt`, "utf8")));
  const book = new LeakBook({ olderNs: HOUR_NS, usesSeen: true });
  for (const it of updates) book.take(it);
  const said = book.groups().map(({ rule, verdict, certainty, family, suspects, way }) =>
    [rule, verdict, certainty, family?.id, suspects, way].join(" ")
  );
  assert.deepEqual(said, ["K3 broken certain two-owners 1 closed"]);
});

test("every story of a leak is among them, and every family is met or named by none", () => {
  const stories = readdirSync(FOLDER).map((it) => it.replace(/\.txt$/, ""));
  const others = stories.filter((it) => !(it in EXPECTED));
  // Who closes what is not his own is no matter of time.
  assert.deepEqual(others.sort(), ["owner_dbusbroker_435", "owner_go_68984"]);
  const met = new Set(Object.values(EXPECTED).flat().map((it) => it.split(" ")[2]));
  assert.deepEqual(LEAK_FAMILIES.map((it) => it.id).filter((it) => !met.has(it)), [
    "unwaited-child",
    "go-find-process",
  ]);
});
