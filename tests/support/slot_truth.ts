/**
 * The fd tables of the simulated kernel beside those of the model.
 *
 * @module
 */

import { slotsOfTasks } from "../../model/mod.ts";
import type { ModelState } from "../../model/mod.ts";
import type { FdMachine } from "../simulator/fd_tables.ts";
import type { SimFile, SimTable } from "../simulator/fd_objects.ts";

/**
 * What the model has otherwise than the kernel, one sentence each.
 *
 * @param state the model's state
 * @param machine the kernel
 */
export function slotDifferences(state: ModelState, machine: FdMachine): readonly string[] {
  return [...taskDifferences(state, machine), ...fileDifferences(state, machine)];
}

interface Entry {
  readonly pid: number;
  readonly tid: number | null;
  readonly fd: number;
  readonly file: SimFile;
}

function taskDifferences(state: ModelState, machine: FdMachine): readonly string[] {
  const modelled = slotsOfTasks(state);
  // Which of its threads go on is not known of a process whose first one has ended.
  const others = new Set(modelled.flatMap((it) => it.tid === null ? [it.pid] : []));
  const named = new Map<string, SimFile>();
  const byAddress = new Map([...filesOf(machine)].map((it) => [state.files.get(it.address)?.id, it]));
  for (const [id, file] of byAddress) if (id !== undefined) named.set(id, file);
  const says = modelled.map((it) => {
    const of = it.target === null ? "?" : `${it.target.address} since ${it.target.startNs}`;
    const file = named.get(it.file ?? "")?.address ?? "?";
    return `${it.pid}/${others.has(it.pid) ? "other" : it.tid} fd ${it.fd} file ${file} of ${of}`;
  });
  const is = entriesOf(machine).map(({ pid, tid, fd, file }) => {
    const { told, target, address } = file;
    const of = told ? `${target.pidAddress} since ${target.startNs}` : "?";
    return `${pid}/${others.has(pid) ? "other" : tid} fd ${fd} file ${told ? address : "?"} of ${of}`;
  });
  return differences(is, says);
}

/** Every slot of a pidfd, by the task that /proc would show it for. */
function entriesOf({ kernel }: FdMachine): readonly Entry[] {
  return kernel.processes.flatMap((process) => {
    const { pid, firstTable, tasks } = process;
    const isThere = tasks.some((it) => it.table === firstTable);
    const first = isThere ? pidfds(firstTable).map((it) => ({ ...it, pid, tid: pid })) : [];
    const own = tasks.filter((it) => it.table !== firstTable);
    return [...first, ...own.flatMap(({ tid, table }) => pidfds(table).map((it) => ({ ...it, pid, tid })))];
  });
}

function pidfds({ slots }: SimTable): readonly { readonly fd: number; readonly file: SimFile }[] {
  return [...slots].flatMap(([fd, { file }]) => file === null ? [] : [{ fd, file }]);
}

function filesOf(machine: FdMachine): ReadonlySet<SimFile> {
  const held = machine.tasks.flatMap(({ table }) => pidfds(table).map((it) => it.file));
  return new Set([...held, ...machine.messages]);
}

/** Each slot once, whoever has its table, with whether exec closes it. */
function fileDifferences(state: ModelState, machine: FdMachine): readonly string[] {
  const tables = new Set(machine.tasks.map((it) => it.table));
  const is = [...tables].flatMap(({ address, slots }) =>
    [...slots].flatMap(([fd, { file, closeOnExec }]) =>
      file === null ? [] : [`${address}[${fd}] holds ${file.address}, exec closes it: ${closeOnExec}`]
    )
  );
  const says = [...new Set([...filesOf(machine)].map((it) => it.address))].flatMap((address) =>
    state.slots.slotsOf(address).map(({ table, fd, closeOnExec }) =>
      `${table.address}[${fd}] holds ${address}, exec closes it: ${closeOnExec}`
    )
  );
  return differences(is, says);
}

function differences(is: readonly string[], says: readonly string[]): readonly string[] {
  const count = (all: readonly string[], one: string) => all.filter((it) => it === one).length;
  const all = [...new Set([...is, ...says])].filter((it) => count(is, it) !== count(says, it));
  return all.map((it) => `${it}: the kernel ${count(is, it)} times, the model ${count(says, it)} times`);
}
