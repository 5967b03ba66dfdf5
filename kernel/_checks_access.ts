/**
 * Checks of what we may do on a machine.
 *
 * @module
 */

import { type CheckRule, isUnprivileged, judged, judgeSupport } from "./check.ts";
import { tracingRights } from "./rights.ts";

/** See kernel/checkup.ts. */
export const ACCESS_RULES: readonly CheckRule[] = [
  {
    id: "architecture",
    title: "Architecture",
    looksAt: "`uname -m`",
    why: "The arguments of pidfd_open are read from the registers of x86-64.",
    needed: true,
    remedy: "Trace a machine with an x86-64 processor",
    judge: ({ machine }) =>
      judged(
        machine,
        (name) =>
          name === "x86_64"
            ? { answer: "yes", says: "x86-64" }
            : { answer: "no", says: `The machine is ${name}, and only x86-64 can be traced yet` },
      ),
  },
  {
    id: "rights",
    title: "Rights",
    looksAt: "`Uid` and `CapEff` in `/proc/self/status`, `kernel.perf_event_paranoid`",
    why: "bpftrace refuses every user but root. Root needs CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON where " +
      "`kernel.perf_event_paranoid` is 2 or lower.",
    needed: true,
    remedy: "Give root CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON and sysctl kernel.perf_event_paranoid=2",
    judge: (facts) => {
      if (facts.bySudo && isUnprivileged(facts)) {
        const says = "Another user than root, for whom sudo starts bpftrace; what sudo says is seen then";
        return { answer: "unknown", says, remedy: null };
      }
      const found = judgeSupport(tracingRights(facts.surroundings.rights), {
        yes: "Root, with the capabilities that bpftrace needs",
        no: (reason) => reason,
      });
      const asRoot = found.answer === "unknown" || isUnprivileged(facts);
      return asRoot
        ? { ...found, remedy: "Run it as root on the target, or let sudo start bpftrace there: --sudo" }
        : found;
    },
  },
  {
    id: "user-namespace",
    title: "User namespace",
    looksAt: "the link `/proc/self/ns/user`",
    why: "Root of another user namespace, as in a rootless container, is not root for the kernel.",
    needed: true,
    remedy: "Run it as root of the host itself",
    judge: ({ surroundings: { namespaces } }) =>
      judged(
        namespaces.user,
        ({ initial, name }) =>
          initial
            ? { answer: "yes", says: "The one that the machine booted with" }
            : { answer: "no", says: `This is another user namespace (${name}), where root is not root` },
      ),
  },
  {
    id: "lockdown",
    title: "Kernel lockdown",
    looksAt: "`/sys/kernel/security/lockdown`",
    why:
      "At the level confidentiality bpftrace refuses to start. At integrity it works, and files of debugfs are " +
      "refused.",
    needed: true,
    remedy: "Boot without lockdown=confidentiality; a running kernel does not lower the level",
    judge: ({ surroundings: { lockdown, mounts } }) => {
      if (lockdown.kind === "known") {
        return lockdown.value === "confidentiality"
          ? { answer: "no", says: "The kernel is locked down for confidentiality, and refuses bpftrace" }
          : { answer: "yes", says: `The level is ${lockdown.value}, with which bpftrace works` };
      }
      const isMounted = mounts.kind === "known" && mounts.value.has("securityfs");
      return mounts.kind === "known" && !isMounted
        ? {
          answer: "unknown",
          says: "securityfs is not mounted, so the level of lockdown is not shown",
          remedy: "mount -t securityfs securityfs /sys/kernel/security",
        }
        : { answer: "unknown", says: `The level is not shown: ${lockdown.reason}`, remedy: null };
    },
  },
  {
    id: "pid-namespace",
    title: "Pid namespace",
    looksAt: "the link `/proc/self/ns/pid`",
    why: "A kernel program sees process ids as the machine's first pid namespace counts them.",
    needed: false,
    remedy: "Give -p the numbers of the machine's first pid namespace, or run it there",
    judge: ({ surroundings: { namespaces } }) =>
      judged(
        namespaces.pid,
        ({ initial, name }) =>
          initial ? { answer: "yes", says: "The one that the machine booted with" } : {
            answer: "no",
            says: `This is another pid namespace (${name}), and events have the numbers of the first one`,
          },
      ),
  },
  {
    id: "container",
    title: "No container",
    looksAt: "`/.dockerenv`, `/run/.containerenv`, `/proc/1/cgroup`, `container=` in `/proc/1/environ`",
    why: "A container may lack rights and mounts; it is a hint only, for anybody can leave such a mark.",
    needed: false,
    remedy: "If something needed is missing, run it on the host instead, or in a privileged container",
    judge: ({ surroundings: { container } }) => {
      switch (container.kind) {
        case "unmarked":
          return { answer: "yes", says: "No mark of a container was found" };
        case "marked":
          return { answer: "no", says: `It looks like a container: ${container.mark} is there` };
        case "unknown":
          return { answer: "unknown", says: `No mark was found, but: ${container.reason}`, remedy: null };
        default:
          return container satisfies never;
      }
    },
  },
];
