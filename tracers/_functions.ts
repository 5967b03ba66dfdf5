/**
 * How the functions that are probed are called, in C.
 *
 * The names of parameters are those of BTF where there is any; types and order are the same in every kernel that was
 * looked at, 5.10 to 7.3 (BTF of Debian's kernels).
 *
 * @module
 */

import type { Btf } from "../kernel/mod.ts";
import type { Signature } from "../program/mod.ts";

// The places of what has no type that every bpftrace knows are numbers: 0.17 takes "void" for the name of a struct.
const GETFILE = "name:uint64, fops:struct file_operations *, priv:uint64, flags:int32";

/** Parameters as `name:type, …`, and what is returned. */
const FUNCTIONS: Readonly<Record<string, readonly [parameters: string, returns: string]>> = {
  copy_process: [
    "pid:struct pid *, trace:int32, node:int32, args:struct kernel_clone_args *",
    "struct task_struct *",
  ],
  kernel_clone: ["args:struct kernel_clone_args *", "int32"],
  free_pid: ["pid:struct pid *", "void"],
  release_task: ["p:struct task_struct *", "void"],
  delayed_put_pid: ["rhp:struct callback_head *", "void"],
  put_pid: ["pid:struct pid *", "void"],
  pidfs_alloc_file: ["pid:struct pid *, flags:uint32", "struct file *"],
  anon_inode_getfile: [GETFILE, "struct file *"],
  __anon_inode_getfile: [GETFILE, "struct file *"],
  anon_inode_getfd: [GETFILE, "int32"],
  alloc_pid: ["ns:struct pid_namespace *, set_tid:uint64, set_tid_size:uint64", "struct pid *"],
  get_unused_fd_flags: ["flags:uint32", "int32"],
  cgroup_can_fork: ["child:struct task_struct *, kargs:struct kernel_clone_args *", "int32"],
  put_unused_fd: ["fd:uint32", "void"],
  close_fd: ["fd:uint32", "int32"],
  __fput: ["file:struct file *", "void"],
  pidfd_release: ["inode:struct inode *, file:struct file *", "int32"],
  pidfs_file_release: ["inode:struct inode *, file:struct file *", "int32"],
  pidfs_evict_inode: ["inode:struct inode *", "void"],
  pidfs_free_pid: ["pid:struct pid *", "void"],
  __x64_sys_pidfd_open: ["regs:struct pt_regs *", "int32"],
  fget_raw: ["fd:uint32", "struct file *"],
  pidfd_pid: ["file:struct file *", "struct pid *"],
  pidfd_poll: ["file:struct file *, pts:uint64", "uint32"],
  pidfd_ioctl: ["file:struct file *, cmd:uint32, arg:uint64", "int64"],
  fd_install: ["fd:uint32, file:struct file *", "void"],
  do_dup2: ["files:struct files_struct *, file:struct file *, fd:uint32, flags:uint32", "int32"],
  file_close_fd_locked: ["files:struct files_struct *, fd:uint32", "struct file *"],
  __close_fd_get_file: ["fd:uint32", "int32"],
  close_fd_get_file: ["fd:uint32", "int32"],
  pick_file: ["files:struct files_struct *, fd:uint32", "struct file *"],
  filp_close: ["filp:struct file *, id:uint64", "int32"],
  exit_files: ["tsk:struct task_struct *", "void"],
  put_files_struct: ["files:struct files_struct *", "void"],
  set_close_on_exec: ["fd:uint32, flag:int32", "void"],
  __x64_sys_close_range: ["regs:struct pt_regs *", "int32"],
};

/** dup_fd() as the kernel at hand has it: until 5.10 it is told how many to copy, later which not. */
function dupFd(btf: Btf | undefined): readonly [parameters: string, returns: string] {
  const isRange = btf?.functionParameters("dup_fd")?.[1]?.name === "punch_hole";
  return isRange
    ? ["oldf:struct files_struct *, punch_hole:struct fd_range *", "struct files_struct *"]
    : ["oldf:struct files_struct *, max_fds:uint32, errorp:uint64", "struct files_struct *"];
}

/**
 * How a function is called.
 *
 * @param name the function
 * @param btf the kernel's own word for its parameters' names, if there is any
 * @returns its signature; `undefined` for a function that is not in the list
 */
export function signatureOf(name: string, btf?: Btf): Signature | undefined {
  const known = name === "dup_fd" ? dupFd(btf) : FUNCTIONS[name];
  if (known === undefined) return undefined;
  const [words, returns] = known;
  const described = btf?.functionParameters(name);
  const parameters = words.split(", ").map((it, at) => {
    const [documented = "", type = ""] = it.split(":");
    return { name: described?.[at]?.name || documented, type };
  });
  return { parameters, returns };
}
