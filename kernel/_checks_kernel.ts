/**
 * Checks of what a kernel has.
 *
 * @module
 */

import { attachment } from "./attachment.ts";
import { type CheckRule, isUnprivileged, type Judgement, judgeSupport } from "./check.ts";
import type { KernelFacts } from "./discover.ts";
import type { ProbeSwitch } from "./switches.ts";

/** Whether the file system is known not to be mounted. */
function isUnmounted({ surroundings: { mounts } }: KernelFacts, kind: string): boolean {
  return mounts.kind === "known" && !mounts.value.has(kind);
}

/** Whether the kernel is locked down so far that the check of it tells why other things are refused. */
function isLockedDown({ surroundings: { lockdown } }: KernelFacts): boolean {
  return lockdown.kind === "known" && lockdown.value === "confidentiality";
}

function judgeSwitch({ state }: ProbeSwitch, on: string): Judgement {
  switch (state.kind) {
    case "on":
      return { answer: "yes", says: on };
    case "off":
      return { answer: "no", says: state.reason, remedy: state.remedy };
    case "unknown":
      return { answer: "unknown", says: state.reason, remedy: state.remedy };
    default:
      return state satisfies never;
  }
}

/** See kernel/checkup.ts. */
export const KERNEL_RULES: readonly CheckRule[] = [
  {
    id: "pidfds",
    title: "pidfds",
    looksAt: "symbols of the pidfd code in `/proc/kallsyms`, `struct pid` in BTF",
    why:
      "Where the reference of a pidfd lies, and which functions show it, depends on the shape of the code.",
    needed: true,
    remedy: "Use a kernel with pidfds (Linux 5.3 and later)",
    judge: ({ pidfd }) => {
      if (pidfd.pidfds.kind === "unsupported") return { answer: "no", says: pidfd.pidfds.reason };
      const shape = `Generation ${pidfd.candidates.join(" or ")}`;
      switch (pidfd.law) {
        case "per-inode":
          return { answer: "yes", says: `${shape}, one reference for each pidfs inode` };
        case "per-file":
          return { answer: "yes", says: `${shape}, one reference for each pidfd file` };
        case "unknown": {
          const why = pidfd.reasons.join("; ") || "no symbol could be read";
          const says = `How this kernel makes pidfds cannot be told: ${why}`;
          return { answer: "unknown", says, stops: true, remedy: "Make /proc/kallsyms readable" };
        }
        default:
          return pidfd.law satisfies never;
      }
    },
  },
  {
    id: "btf",
    title: "BTF",
    looksAt: "`/sys/kernel/btf/vmlinux`",
    why:
      "It describes the kernel's types and functions. Without it only kprobes and tracepoints tell of pidfds, and no " +
      "count is judged.",
    needed: false,
    remedy: "Use a kernel built with CONFIG_DEBUG_INFO_BTF=y",
    judge: ({ btf }) =>
      btf.kind === "known"
        ? { answer: "yes", says: "The kernel describes its types and functions" }
        : { answer: "no", says: `BTF cannot be read: ${btf.reason}` },
  },
  {
    id: "tracefs",
    title: "tracefs",
    looksAt: "`events` in `/sys/kernel/tracing` or `/sys/kernel/debug/tracing`, `/proc/self/mounts`",
    why: "It tells which tracepoints there are, and which functions can be traced.",
    needed: true,
    remedy: "mount -t tracefs tracefs /sys/kernel/tracing",
    judge: (facts) => {
      if (facts.tracefs.kind === "known") return { answer: "yes", says: `Mounted on ${facts.tracefs.value}` };
      if (isUnmounted(facts, "tracefs")) {
        return { answer: "no", says: "tracefs is not mounted" };
      }
      const says = facts.tracefs.reason;
      return isUnprivileged(facts)
        ? { answer: "unknown", says: "tracefs is mounted where only root can look", remedy: null }
        : {
          answer: "unknown",
          says,
          stops: true,
          ...(facts.surroundings.mounts.kind === "known"
            ? { remedy: "Let root list /sys/kernel/tracing" }
            : {}),
        };
    },
  },
  {
    id: "functions",
    title: "Function list",
    looksAt: "`available_filter_functions` of tracefs",
    why: "A function that is not in it cannot be probed.",
    needed: true,
    remedy: "Use a kernel that lets root read available_filter_functions",
    judge: (facts) => {
      const { filterFunctions } = facts.symbols;
      if (filterFunctions.kind === "known") {
        return { answer: "yes", says: "The kernel tells which functions can be traced" };
      }
      if (facts.tracefs.kind === "unknown" || isUnprivileged(facts) || isLockedDown(facts)) return undefined;
      const says = `Which functions can be traced is not told: ${filterFunctions.reason}`;
      return { answer: "unknown", says, stops: true };
    },
  },
  {
    id: "kprobes",
    title: "kprobes",
    looksAt: "the symbol `register_kprobe`",
    why:
      "A kernel without fentry is watched with them, and so is put_pid's clone, of which BTF knows nothing.",
    needed: false,
    remedy: "Use a kernel built with CONFIG_KPROBES=y",
    judge: ({ symbols }) =>
      judgeSupport(attachment(symbols).kprobes, {
        yes: "The kernel was built with kprobes",
        no: () => "The kernel was built without kprobes",
      }),
  },
  {
    id: "kprobes-enabled",
    title: "kprobes enabled",
    looksAt: "`/sys/kernel/debug/kprobes/enabled`",
    why: "When it is 0, kprobes attach without an error and never fire; then fentry alone is used.",
    needed: false,
    remedy: "echo 1 > /sys/kernel/debug/kprobes/enabled",
    judge: (facts) => {
      if (attachment(facts.symbols).kprobes.kind === "unsupported") return undefined;
      const { kprobes } = facts.switches;
      if (kprobes.state.kind !== "unknown") return judgeSwitch(kprobes, "kprobes are not switched off");
      if (isUnmounted(facts, "debugfs")) {
        const says = "debugfs is not mounted, so nobody can see whether kprobes are switched off";
        return { answer: "unknown", says, remedy: "mount -t debugfs debugfs /sys/kernel/debug" };
      }
      const says = isUnprivileged(facts)
        ? "Only root can see whether kprobes are switched off"
        : kprobes.state.reason;
      return { answer: "unknown", says, remedy: null };
    },
  },
  {
    id: "fentry",
    title: "fentry",
    looksAt: "the symbols `register_ftrace_direct` and `bpf_trampoline_link_prog`",
    why:
      "fentry and fexit see every call and every return, and cost less than kprobes, which are the next step.",
    needed: false,
    remedy: "Use a kernel built with CONFIG_BPF_SYSCALL=y and CONFIG_FUNCTION_TRACER=y",
    judge: ({ symbols }) =>
      judgeSupport(attachment(symbols).fentry, {
        yes: "The kernel was built with fentry and fexit",
        no: (reason) => `The kernel was built without fentry: ${reason}`,
      }),
  },
  {
    id: "ftrace-enabled",
    title: "ftrace enabled",
    looksAt: "the sysctl `kernel.ftrace_enabled`",
    why:
      "When it is 0, kprobes and fentry attach without an error and never fire; then tracepoints tell of births alone.",
    needed: false,
    remedy: "sysctl kernel.ftrace_enabled=1",
    judge: ({ switches, symbols }) => {
      const isWithout = attachment(symbols).fentry.kind === "unsupported" &&
        switches.ftrace.state.kind === "unknown";
      return isWithout ? undefined : judgeSwitch(switches.ftrace, "ftrace is not switched off");
    },
  },
  {
    id: "addresses",
    title: "Addresses",
    looksAt: "the addresses in `/proc/kallsyms`, `kernel.kptr_restrict`",
    why: "A pidfd's file is known by the address of its operations.",
    needed: true,
    remedy: "Give root CAP_SYSLOG, or sysctl kernel.kptr_restrict=0",
    judge: (facts) => {
      const { kallsyms } = facts.symbols;
      if (isUnprivileged(facts)) return undefined;
      if (kallsyms.kind === "unknown") return { answer: "unknown", says: kallsyms.reason };
      if (kallsyms.value.some((it) => it.address !== undefined)) {
        return { answer: "yes", says: "The kernel shows the addresses of its symbols" };
      }
      if (kallsyms.value.length === 0) {
        return { answer: "unknown", says: "None of the symbols that were asked for is there" };
      }
      const { kptrRestrict } = facts.surroundings.rights;
      return kptrRestrict.kind === "known" && kptrRestrict.value >= 2
        ? {
          answer: "no",
          says: `The kernel hides all addresses: kernel.kptr_restrict is ${kptrRestrict.value}`,
          remedy: "sysctl kernel.kptr_restrict=1",
        }
        : { answer: "no", says: "The kernel hides its addresses from a root without CAP_SYSLOG" };
    },
  },
];
