import { test } from "node:test";
import {
  assertSpoilt,
  DENIED,
  FUNCTIONS,
  KALLSYMS,
  kallsyms,
  KPROBES,
  LOCKDOWN,
  mounts,
  NAMESPACES,
  status,
  SYMBOLS,
} from "./_healthy_machine.ts";
import type { SpoiltRow } from "./_healthy_machine.ts";

const ROWS: readonly SpoiltRow[] = [
  ["another architecture", { machine: "aarch64" }, ["architecture no!"], /aarch64/, /x86-64/],
  [
    "an unknown architecture",
    { files: { "/proc/sys/kernel/osrelease": { fails: "denied" } } },
    [
      "architecture unknown",
    ],
    /denied/,
    /x86-64/,
  ],
  [
    "a user who is not root",
    { files: { ...DENIED, [KALLSYMS]: kallsyms(SYMBOLS, "0"), "/proc/self/status": status(1000, "0") } },
    ["rights no!", "tracefs unknown", "container unknown", "kprobes-enabled unknown"],
    /this is user 1000/,
    /as root/,
  ],
  [
    "root without capabilities",
    { files: { "/proc/self/status": status(0, "0") } },
    ["rights no!"],
    /neither/,
    /CAP_BPF/,
  ],
  [
    "root with two capabilities and a strict sysctl",
    { files: { "/proc/self/status": status(0, "c400000000") } },
    [
      "rights no!",
    ],
    /perf_event_paranoid is 3/,
    /perf_event_paranoid=2/,
  ],
  [
    "nobody knows who we are",
    { files: { "/proc/self/status": { fails: "missing" } } },
    ["rights unknown"],
    /missing/,
    /root/,
  ],
  [
    "another user namespace",
    { commands: { [NAMESPACES]: { stdout: "pid:[4026531836]\nuser:[7]\n" } } },
    [
      "user-namespace no!",
    ],
    /user:\[7\]/,
    /host itself/,
  ],
  [
    "another pid namespace",
    { commands: { [NAMESPACES]: { stdout: "pid:[7]\nuser:[4026531837]\n" } } },
    [
      "pid-namespace no",
    ],
    /pid:\[7\]/,
    /-p/,
  ],
  [
    "namespaces that are not shown",
    { commands: { [NAMESPACES]: { code: 1 } } },
    [
      "user-namespace unknown",
      "pid-namespace unknown",
    ],
    /ns\/user/,
    /host/,
  ],
  [
    "lockdown for confidentiality",
    {
      files: {
        [LOCKDOWN]: "none integrity [confidentiality]\n",
        [FUNCTIONS]: { fails: "denied" },
        [KPROBES]: { fails: "denied" },
      },
    },
    ["lockdown no!", "kprobes-enabled unknown"],
    /locked down for confidentiality/,
    /Boot without/,
  ],
  [
    "securityfs is not mounted",
    { files: { [LOCKDOWN]: { fails: "missing" }, "/proc/self/mounts": mounts("securityfs") } },
    [
      "lockdown unknown",
    ],
    /securityfs is not mounted/,
    /^mount -t securityfs/,
  ],
  ["a mark of a container", { files: { "/.dockerenv": "" } }, ["container no"], /dockerenv/, /on the host/],
  [
    "a place for marks is refused",
    { files: { "/proc/1/environ": { fails: "denied" } } },
    ["container unknown"],
    /denied/,
    /^$/,
  ],
];

for (const row of ROWS) test(`checkup() blames nothing but the cause: ${row[0]}`, () => assertSpoilt(row));
