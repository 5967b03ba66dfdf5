/**
 * Recorded machines with what plans for slots and uses ask about, as far as their recordings do not have it.
 *
 * @module
 */

import type { PlannedMachine } from "./kernel_machine.ts";
import { recordedMachine } from "./recorded_machines.ts";
import type { MachineName } from "./recorded_machines.ts";

/** The functions of every kernel of the lab, with the names of their parameters. */
const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  fd_install: ["fd", "file"],
  do_dup2: ["files", "file", "fd", "flags"],
  filp_close: ["filp", "id"],
  exit_files: ["tsk"],
  put_files_struct: ["files"],
  set_close_on_exec: ["fd", "flag"],
  __x64_sys_close_range: ["regs"],
  fget_raw: ["fd"],
  pidfd_pid: ["file"],
  pidfd_poll: ["file", "pts"],
};

/** Those of kernels with pidfs. */
const NEWER = { file_close_fd_locked: ["files", "fd"], dup_fd: ["oldf", "punch_hole"] } as const;

/** Those of kernels without. */
const OLDER = { pick_file: ["files", "fd"], dup_fd: ["oldf", "max_fds", "errorp"] } as const;

/** A recorded machine that can be asked about slots. */
export function slottedMachine(name: MachineName): PlannedMachine {
  const machine = recordedMachine(name);
  const isNewer = !name.startsWith("5.10") && !name.startsWith("6.1+") && name !== "6.1";
  const functions = { ...FUNCTIONS, ...(isNewer ? NEWER : OLDER), ...machine.functions };
  const symbols = Object.fromEntries(Object.keys(functions).map((it) => [it, "T"]));
  const task = machine.structs["task_struct"] ?? { size: 9728, members: {} };
  const counter = name.startsWith("6.18") || name.startsWith("7.2") ? "f_ref" : "f_count";
  return {
    ...machine,
    functions,
    symbols: { ...symbols, ...machine.symbols },
    structs: {
      file: { size: 184, members: { [counter]: [0, 8] } },
      ...machine.structs,
      task_struct: { ...task, members: { in_execve: [1200, 1], ...task.members } },
    },
  };
}

/** A machine without some functions. */
export function withoutFunctions(machine: PlannedMachine, names: readonly string[]): PlannedMachine {
  const left = <T>(table: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(table).filter(([it]) => !names.includes(it)));
  return { ...machine, symbols: left(machine.symbols), functions: left(machine.functions) };
}
