/**
 * What a plan asks of a machine, kept small enough for the repository.
 *
 * @module
 */

import type { Host } from "../../hosts/mod.ts";
import { run } from "../../hosts/mod.ts";
import { BTF_PATH, discover, known, pidfdGeneration } from "../../kernel/mod.ts";
import type { KallsymsEntry, KernelFacts } from "../../kernel/mod.ts";
import {
  CLONE_WATCH,
  LIFECYCLE_SYMBOLS,
  LIFECYCLE_TRACEPOINTS,
  PATH_FUNCTIONS,
  PATH_TRACEPOINTS,
  planLifecycle,
  watchClones,
} from "../../tracers/mod.ts";
import type { PlannedMachine, PlannedStruct } from "../../tests/support/kernel_machine.ts";
import { limitsOf, PLAN_VARIANTS } from "../../tests/support/plan_variants.ts";
import { NotingBtf } from "./noting_btf.ts";
import { NotingHost } from "./noting_host.ts";

/** What is kept in another form, or says nothing about a plan. */
const LEFT_OUT = /^\/proc\/kallsyms$|available_filter_functions$|\/format$|boot_id$|^\/proc\/self\/ns\//;

/** What every plan asks about. */
const SYMBOLS = [...new Set([...LIFECYCLE_SYMBOLS, ...PATH_FUNCTIONS, ...CLONE_WATCH])];
const TRACEPOINTS = [...LIFECYCLE_TRACEPOINTS, ...PATH_TRACEPOINTS];
/** The command that has a field of its own. */
const VERSION = "bpftrace --version";

/**
 * Asks a machine all that every plan asks.
 *
 * @param host the machine
 * @returns its answers
 * @throws {HostError} when the host is lost
 * @throws {TypeError} when its symbols cannot be read
 */
export async function recordMachine(host: Host): Promise<PlannedMachine> {
  const noting = new NotingHost(host);
  const facts = await discover(noting, { symbols: SYMBOLS, tracepoints: TRACEPOINTS });
  const btf = new NotingBtf(await host.readBytes(BTF_PATH));
  for (const variant of PLAN_VARIANTS) {
    pidfdGeneration(facts.symbols, btf);
    const asked = variant.facts({ ...facts, btf: known(btf) });
    const plan = planLifecycle(asked, limitsOf(variant));
    if (!("reasons" in plan)) watchClones(asked, plan, { comm: "stimulus" });
  }
  const { release, machine } = await host.describe();
  return {
    release,
    machine,
    ...await commands(noting, host),
    ...symbolsOf(facts),
    ...typesOf(btf),
    tracepoints: await formats(host, facts),
    files: filesOf(noting),
  };
}

async function commands(
  { started }: NotingHost,
  host: Host,
): Promise<Pick<PlannedMachine, "bpftrace" | "commands">> {
  const outputs = new Map<string, { readonly code: number; readonly stdout: string }>();
  for (const argv of started) {
    const { code, stdout } = await run(host, argv, { timeoutMs: 60_000 });
    outputs.set(argv.join(" "), { code, stdout });
  }
  const { code, stdout } = outputs.get(VERSION) ?? { code: 127, stdout: "" };
  outputs.delete(VERSION);
  return { bpftrace: code === 0 ? stdout.trim() : null, commands: sorted(outputs) };
}

/** Most bytes between two symbols that say something about the first one. */
const NEAR_BYTES = 256n;

/** How long put_pid() is: the other addresses of a machine say nothing to a plan. */
function putPidBytes(symbols: readonly KallsymsEntry[]): Pick<PlannedMachine, "putPidBytes"> {
  const addressOf = (name: string) => symbols.find((it) => it.name === name)?.address;
  const begin = addressOf("put_pid");
  const end = addressOf("__pfx_delayed_put_pid") ?? addressOf("delayed_put_pid");
  if (begin === undefined || end === undefined || end <= begin || end - begin > NEAR_BYTES) return {};
  return { putPidBytes: Number(end - begin) };
}

function symbolsOf(
  { symbols }: KernelFacts,
): Pick<PlannedMachine, "symbols" | "untraceable" | "putPidBytes"> {
  const { kallsyms, filterFunctions } = symbols;
  if (kallsyms.kind === "unknown") throw new TypeError(`Cannot record a machine: ${kallsyms.reason}`);
  if (filterFunctions.kind === "unknown") {
    throw new TypeError(`Cannot record a machine: ${filterFunctions.reason}`);
  }
  const letters = new Map<string, string>();
  for (const { name, type } of kallsyms.value) letters.set(name, `${letters.get(name) ?? ""}${type}`);
  const functions = [...letters].filter(([, it]) => /t/i.test(it)).map(([name]) => name);
  return {
    symbols: sorted(letters),
    ...putPidBytes(kallsyms.value),
    untraceable: functions.filter((it) => !filterFunctions.value.has(it)).sort(),
  };
}

function typesOf(btf: NotingBtf): Pick<PlannedMachine, "functions" | "structs"> {
  const functions = new Map<string, readonly string[]>();
  for (const name of new Set([...btf.functions, ...SYMBOLS])) {
    if (btf.hasFunction(name)) functions.set(name, (btf.functionParameters(name) ?? []).map((it) => it.name));
  }
  const structs = new Map<string, PlannedStruct>();
  for (const [tag, names] of [...btf.structs]) {
    const size = btf.sizeOf(tag);
    if (size === undefined) continue;
    const members = [...names].sort().flatMap((name) => {
      const field = btf.field(tag, name);
      return field === undefined ? [] : [[name, [field.offsetBytes, field.sizeBytes]] as const];
    });
    structs.set(tag, { size, members: Object.fromEntries(members) });
  }
  return { functions: sorted(functions), structs: sorted(structs) };
}

/** The formats of the tracepoints; `null` for one that is not there. */
async function formats(
  host: Host,
  { tracefs, tracepoints }: KernelFacts,
): Promise<PlannedMachine["tracepoints"]> {
  const found = new Map<string, string | null>();
  const root = tracefs.kind === "known" ? tracefs.value : "";
  for (const [name, { support }] of tracepoints) {
    const path = `${root}/events/${name.replace(":", "/")}/format`;
    found.set(name, support.kind === "supported" ? await host.readText(path) : null);
  }
  return sorted(found);
}

function filesOf({ texts, folders, failures }: NotingHost): NonNullable<PlannedMachine["files"]> {
  const files = new Map<string, string | { readonly fails: "missing" | "denied" | "lost" | "failed" }>();
  for (const [path, fails] of failures) files.set(path, { fails });
  for (const [path, names] of folders) {
    // Of tracefs, that it is there; of others, that there is something in them.
    const shown = [...names.filter((it) => it === "events"), ...names].slice(0, 1);
    for (const name of shown) files.set(`${path}/${name}`, "");
  }
  for (const [path, text] of texts) files.set(path, path === "/proc/self/status" ? rightsIn(text) : text);
  return sorted(new Map([...files].filter(([path]) => !LEFT_OUT.test(path))));
}

/** The lines of a process's status that say what it may do. */
function rightsIn(status: string): string {
  return status.split("\n").filter((it) => /^(Uid|Gid|Cap|NSpid)/.test(it)).map((it) => `${it}\n`).join("");
}

function sorted<T>(entries: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => a < b ? -1 : 1));
}
