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
  __fput: ["file:struct file *", "void"],
  pidfd_release: ["inode:struct inode *, file:struct file *", "int32"],
  pidfs_file_release: ["inode:struct inode *, file:struct file *", "int32"],
  pidfs_evict_inode: ["inode:struct inode *", "void"],
  pidfs_free_pid: ["pid:struct pid *", "void"],
  __x64_sys_pidfd_open: ["regs:struct pt_regs *", "int32"],
};

/**
 * How a function is called.
 *
 * @param name the function
 * @param btf the kernel's own word for its parameters' names, if there is any
 * @returns its signature; `undefined` for a function that is not in the list
 */
export function signatureOf(name: string, btf?: Btf): Signature | undefined {
  const known = FUNCTIONS[name];
  if (known === undefined) return undefined;
  const [words, returns] = known;
  const described = btf?.functionParameters(name);
  const parameters = words.split(", ").map((it, at) => {
    const [documented = "", type = ""] = it.split(":");
    return { name: described?.[at]?.name || documented, type };
  });
  return { parameters, returns };
}
