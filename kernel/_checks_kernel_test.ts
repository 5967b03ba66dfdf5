import { test } from "node:test";
import {
  assertSpoilt,
  FTRACE,
  FUNCTIONS,
  KALLSYMS,
  kallsyms,
  KPROBES,
  mounts,
  NO_TRACEFS,
  SYMBOLS,
} from "./_healthy_machine.ts";
import type { SpoiltRow } from "./_healthy_machine.ts";

const ROWS: readonly SpoiltRow[] = [
  [
    "no pidfds at all",
    {
      files: {
        [FUNCTIONS]: "do_exit\n",
        [KALLSYMS]: kallsyms(SYMBOLS.filter((it) => !it.startsWith("pidfs"))),
      },
    },
    [
      "pidfds no!",
    ],
    /No symbol of the kernel belongs to pidfds/,
    /5\.3/,
  ],
  [
    "symbols that cannot be read",
    {
      files: { [KALLSYMS]: { fails: "denied" }, [FUNCTIONS]: "do_exit\n" },
    },
    ["pidfds unknown!", "addresses unknown", "kprobes unknown", "fentry unknown"],
    /cannot be told/,
    /kallsyms/,
  ],
  [
    "no BTF",
    { files: { "/sys/kernel/btf/vmlinux": { fails: "missing" } } },
    ["btf no"],
    /^BTF cannot be read/,
    /DEBUG_INFO_BTF/,
  ],
  [
    "BTF that is empty",
    { files: { "/sys/kernel/btf/vmlinux": "" } },
    ["btf no"],
    /Cannot parse BTF/,
    /DEBUG_INFO_BTF/,
  ],
  [
    "tracefs is not mounted",
    { files: { ...NO_TRACEFS, "/proc/self/mounts": mounts("tracefs") } },
    ["tracefs no!"],
    /^tracefs is not mounted$/,
    /^mount -t tracefs tracefs \/sys\/kernel\/tracing$/,
  ],
  [
    "tracefs is refused to root",
    { files: { ...NO_TRACEFS, "/sys/kernel/tracing": { fails: "denied" } } },
    [
      "tracefs unknown!",
    ],
    /denied/,
    /Let root/,
  ],
  [
    "function tracing is refused",
    { files: { [FUNCTIONS]: { fails: "denied" } } },
    ["functions unknown!"],
    /is not told/,
    /available_filter_functions/,
  ],
  [
    "no kprobes",
    {
      files: {
        [KALLSYMS]: kallsyms(SYMBOLS.filter((it) => it !== "register_kprobe")),
        [KPROBES]: { fails: "missing" },
      },
    },
    ["kprobes no"],
    /without kprobes/,
    /CONFIG_KPROBES/,
  ],
  [
    "kprobes are switched off",
    { files: { [KPROBES]: "0\n" } },
    ["kprobes-enabled no"],
    /never fire/,
    /^echo 1 >/,
  ],
  [
    "debugfs is not mounted",
    { files: { [KPROBES]: { fails: "missing" }, "/proc/self/mounts": mounts("debugfs") } },
    [
      "kprobes-enabled unknown",
    ],
    /debugfs is not mounted/,
    /^mount -t debugfs/,
  ],
  [
    "debugfs is refused",
    { files: { [KPROBES]: { fails: "denied" } } },
    ["kprobes-enabled unknown"],
    /denied/,
    /^$/,
  ],
  [
    "no fentry",
    { files: { [KALLSYMS]: kallsyms(SYMBOLS.filter((it) => it !== "register_ftrace_direct")) } },
    [
      "fentry no",
    ],
    /without fentry/,
    /CONFIG_FUNCTION_TRACER/,
  ],
  [
    "no ftrace at all",
    {
      files: {
        [KALLSYMS]: kallsyms(SYMBOLS.filter((it) => it !== "register_ftrace_direct")),
        [FTRACE]: { fails: "missing" },
      },
    },
    ["fentry no"],
    /without fentry/,
    /CONFIG_FUNCTION_TRACER/,
  ],
  [
    "ftrace is switched off",
    { files: { [FTRACE]: "0\n" } },
    ["ftrace-enabled no"],
    /never fire/,
    /^sysctl kernel\.ftrace_enabled=1$/,
  ],
  [
    "the switch of ftrace is refused",
    { files: { [FTRACE]: { fails: "denied" } } },
    ["ftrace-enabled unknown"],
    /denied/,
    /root/,
  ],
  [
    "no CAP_SYSLOG",
    { files: { [KALLSYMS]: kallsyms(SYMBOLS, "0") } },
    ["addresses no!"],
    /CAP_SYSLOG/,
    /CAP_SYSLOG/,
  ],
  [
    "addresses that nobody sees",
    {
      files: { [KALLSYMS]: kallsyms(SYMBOLS, "0"), "/proc/sys/kernel/kptr_restrict": "2\n" },
    },
    ["addresses no!"],
    /kptr_restrict is 2/,
    /^sysctl kernel\.kptr_restrict=1$/,
  ],
];

for (const row of ROWS) test(`checkup() blames nothing but the cause: ${row[0]}`, () => assertSpoilt(row));
