import { test } from "node:test";
import { assertSpoilt } from "./_healthy_machine.ts";
import type { SpoiltRow } from "./_healthy_machine.ts";

const ROWS: readonly SpoiltRow[] = [
  [
    "no bpftrace",
    { commands: { "bpftrace --version": { code: 127 } } },
    ["bpftrace no!"],
    /not on the host$/,
    /--bpftrace PATH/,
  ],
  [
    "bpftrace 0.11",
    { commands: { "bpftrace --version": { stdout: "bpftrace v0.11.3\n" } } },
    ["bpftrace no!"],
    /too old: 0\.17 or later is needed, found bpftrace v0\.11\.3/,
    /0\.17/,
  ],
  [
    "bpftrace 0.16",
    { commands: { "bpftrace --version": { stdout: "bpftrace v0.16.9\n" } } },
    ["bpftrace no!"],
    /too old/,
    /0\.17/,
  ],
  [
    "no /dev/fd for an old bpftrace",
    { files: { "/dev/fd/0": { fails: "missing" }, "/dev/fd": { fails: "missing" } } },
    [
      "fd-folder no",
    ],
    /0\.27/,
    /^ln -s/,
  ],
  [
    "no /dev/fd for bpftrace 0.27",
    {
      files: { "/dev/fd/0": { fails: "missing" }, "/dev/fd": { fails: "missing" } },
      commands: { "bpftrace --version": { stdout: "bpftrace v0.27.1\n" } },
    },
    ["fd-folder no!"],
    /0\.27/,
    /^ln -s/,
  ],
  [
    "/dev/fd is refused",
    { files: { "/dev/fd": { fails: "denied" } } },
    ["fd-folder unknown"],
    /denied/,
    /^ln -s/,
  ],
];

for (const row of ROWS) test(`checkup() blames nothing but the cause: ${row[0]}`, () => assertSpoilt(row));
