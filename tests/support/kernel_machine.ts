/**
 * A machine that a plan is made for, reduced to what the plan asks about.
 *
 * @module
 */

import { encodeBtf } from "../../kernel/_btf_fixture.ts";
import type { FixtureType } from "../../kernel/_btf_fixture.ts";
import { fakeHost } from "../../kernel/_fake_host.ts";
import type { FakeMachine } from "../../kernel/_fake_host.ts";
import { discover } from "../../kernel/mod.ts";
import type { KernelFacts } from "../../kernel/mod.ts";
import {
  CLONE_WATCH,
  LIFECYCLE_SYMBOLS,
  LIFECYCLE_TRACEPOINTS,
  PATH_FUNCTIONS,
  PATH_TRACEPOINTS,
} from "../../tracers/mod.ts";

/** A struct in BTF, as far as plans ask about it. */
export interface PlannedStruct {
  /** Bytes that it takes. */
  readonly size: number;
  /** Of each member the bytes before it, and the bytes that it takes. */
  readonly members: Readonly<Record<string, readonly [offset: number, size: number]>>;
}

/** A machine; a recording of one is in tests/machines/. */
export interface PlannedMachine {
  /** `uname -r`. */
  readonly release: string;
  /** `uname -m`. */
  readonly machine: string;
  /** Symbols, by their letter in /proc/kallsyms; one letter for each symbol of that name. */
  readonly symbols: Readonly<Record<string, string>>;
  /** Bytes from `put_pid` to the symbol behind it in kernel/pid.c, when that is so near that it is asked about. */
  readonly putPidBytes?: number;
  /** Functions among them that available_filter_functions does not list. */
  readonly untraceable: readonly string[];
  /** Functions in BTF, with the names of their parameters. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  /** Structs in BTF. */
  readonly structs: Readonly<Record<string, PlannedStruct>>;
  /** The formats of tracepoints, by `category:name`; `null` for one that is not there. */
  readonly tracepoints: Readonly<Record<string, string | null>>;
  /** Other files. */
  readonly files?: NonNullable<FakeMachine["files"]>;
  /** What other commands say, by their words. */
  readonly commands?: NonNullable<FakeMachine["commands"]>;
  /** What `bpftrace --version` says; `null` when there is none. */
  readonly bpftrace: string | null;
  /** Whether bpftrace will be started by sudo. */
  readonly sudo?: boolean;
}

/** Where tracefs is. */
const TRACEFS = "/sys/kernel/tracing";

/** Files as a user who is not root, and may use sudo, meets them on a machine where only root may read tracefs. */
export const TRACEFS_DENIED: NonNullable<FakeMachine["files"]> = {
  [`${TRACEFS}/available_filter_functions`]: { fails: "denied" },
  [`${TRACEFS}/events/sched/sched_process_exit/format`]: { fails: "denied" },
  "/proc/self/status": "Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n",
  [TRACEFS]: { fails: "denied" },
  "/sys/kernel/debug/tracing": { fails: "denied" },
  "/sys/kernel/debug/kprobes/enabled": { fails: "denied" },
};

/** Asks the machine everything that a plan needs. */
export async function factsOf(machine: PlannedMachine): Promise<KernelFacts> {
  const { symbols, untraceable, tracepoints, bpftrace, sudo = false } = machine;
  const addresses = new Map(
    Object.keys(symbols).map((name, at) => [name, BigInt(`0xffffffff81${at + 10}0000`)]),
  );
  const behind = addresses.get("__pfx_delayed_put_pid") ?? addresses.get("delayed_put_pid");
  if (machine.putPidBytes !== undefined && behind !== undefined) {
    addresses.set("put_pid", behind - BigInt(machine.putPidBytes));
  }
  const lines = Object.entries(symbols).flatMap(([name, letters]) =>
    [...letters].map((letter) => `${addresses.get(name)?.toString(16)} ${letter} ${name}\n`)
  );
  const traceable = Object.entries(symbols).filter(([name, letters]) =>
    /t/i.test(letters) && !untraceable.includes(name)
  );
  const formats = Object.entries(tracepoints).map(([name, text]) =>
    [`${TRACEFS}/events/${name.replace(":", "/")}/format`, text ?? { fails: "missing" }] as const
  );
  const host = fakeHost({
    machine: machine.machine,
    files: {
      "/proc/sys/kernel/osrelease": `${machine.release}\n`,
      "/proc/kallsyms": lines.join(""),
      [`${TRACEFS}/available_filter_functions`]: traceable.map(([name]) => `${name}\n`).join(""),
      ...Object.fromEntries(formats),
      "/sys/kernel/btf/vmlinux": encodeBtf(typesOf(machine)),
      ...machine.files,
    },
    commands: {
      ...machine.commands,
      ...(bpftrace === null ? {} : { "bpftrace --version": { stdout: `${bpftrace}\n` } }),
    },
  });
  return await discover(host, {
    symbols: [...new Set([...LIFECYCLE_SYMBOLS, ...PATH_FUNCTIONS, ...CLONE_WATCH])],
    tracepoints: [...LIFECYCLE_TRACEPOINTS, ...PATH_TRACEPOINTS],
    sudo,
  });
}

/** BTF with a machine's structs and functions; a member's type is a struct of its size without a name. */
function typesOf({ structs, functions }: PlannedMachine): readonly FixtureType[] {
  const types: FixtureType[] = [];
  const typeOfSize = new Map<number, number>();
  for (const { members } of Object.values(structs)) {
    for (const [, size] of Object.values(members)) {
      if (!typeOfSize.has(size)) {
        typeOfSize.set(size, types.push({ kind: "struct", name: "", size, members: [] }));
      }
    }
  }
  for (const [name, { size, members }] of Object.entries(structs)) {
    const fields = Object.entries(members).map(([name, [offset, size]]) => ({
      name,
      type: typeOfSize.get(size) ?? 0,
      bits: 8 * offset,
    }));
    types.push({ kind: "struct", name, size, members: fields });
  }
  for (const [name, parameters] of Object.entries(functions)) {
    const type = types.push({ kind: "proto", returns: 0, parameters: parameters.map((it) => [it, 0]) });
    types.push({ kind: "func", name, type });
  }
  return types;
}
