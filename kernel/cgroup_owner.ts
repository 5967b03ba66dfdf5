/**
 * Who owns a cgroup, by its path: a container, a machine of systemd-machined, or a unit of systemd.
 *
 * Only names that an engine is documented or tested to give are known; nothing is guessed from a name that merely looks
 * like an id. Anybody who may make cgroups can make such a name: it is a hint for people, never an identity.
 *
 * @module
 */

/** A program that runs containers. */
export type ContainerRuntime = "docker" | "containerd" | "crio" | "podman" | "lxc";

/** Who owns a cgroup. */
export type CgroupOwner =
  /** A container. */
  | {
    readonly kind: "container";
    /** Its id, or its name where it has no other one (LXC). */
    readonly id: string;
    /** What runs it; `undefined` when several engines give this path. */
    readonly runtime: ContainerRuntime | undefined;
    /** The uid of its Kubernetes pod. */
    readonly podUid: string | undefined;
  }
  /** A container or a virtual machine that is registered with systemd-machined, such as one of systemd-nspawn. */
  | { readonly kind: "machine"; readonly name: string }
  /** A unit of systemd. */
  | {
    readonly kind: "unit";
    /** The unit of the system's manager, such as `cron.service`, `user@1000.service` or `session-3.scope`. */
    readonly unit: string;
    /** The unit of that user's own manager. */
    readonly userUnit: string | undefined;
  }
  /** None of these. */
  | { readonly kind: "unknown"; readonly reason: string };

const ID = "([0-9a-f]{64})";

/** Names of a single cgroup that say who runs it. */
const SCOPES: readonly (readonly [runtime: ContainerRuntime, pattern: RegExp])[] = [
  ["docker", new RegExp(`^docker-${ID}\\.scope$`)],
  ["containerd", new RegExp(`^cri-containerd-${ID}\\.scope$`)],
  ["containerd", new RegExp(`^nerdctl-${ID}\\.scope$`)],
  // containerd with the names for systemd, and no systemd that takes them apart.
  ["containerd", new RegExp(`^[^:]+:cri-containerd:${ID}$`)],
  ["crio", new RegExp(`^crio-${ID}(?:\\.scope)?$`)],
  ["podman", new RegExp(`^libpod-${ID}(?:\\.scope)?$`)],
  ["lxc", /^lxc\.payload\.(.+)$/],
];

const BARE_ID = new RegExp(`^${ID}$`);
const POD = /^(?:kubepods(?:-besteffort|-burstable)?-)?pod([0-9a-fA-F_-]{32,36})(?:\.slice)?$/;
const UNIT = /^[a-zA-Z0-9:_.\\@-]+\.(?:service|scope|socket|mount|swap)$/;
const NSPAWN = /^systemd-nspawn@(.+)\.service$/;
const MACHINE = /^machine-(.+)\.scope$/;

/**
 * Tells who owns a cgroup.
 *
 * @param path its path, as in /proc/PID/cgroup, without ` (deleted)`
 * @returns the owner of the innermost container; without one the machine, without that the unit
 *
 * @example
 * ```ts
 * import { cgroupOwner } from "./cgroup_owner.ts";
 * import assert from "node:assert/strict";
 *
 * const owner = cgroupOwner(`/system.slice/docker-${"ab".repeat(32)}.scope`);
 * assert.equal(owner.kind === "container" && owner.runtime, "docker");
 * assert.equal(cgroupOwner("/my/own/group").kind, "unknown");
 * ```
 */
export function cgroupOwner(path: string): CgroupOwner {
  const names = path.split("/").filter((it) => it !== "" && it !== "..");
  const at = names.findLastIndex((_, at) => containerAt(names, at) !== undefined);
  return containerAt(names, at) ?? machineOf(names) ?? unitOf(names) ?? {
    kind: "unknown",
    reason: names.length === 0
      ? "It is in the root of its cgroups"
      : "No engine or manager is known that gives this path",
  };
}

function containerAt(names: readonly string[], at: number): CgroupOwner | undefined {
  const name = names[at];
  if (name === undefined) return undefined;
  const podUid = podOf(names.slice(0, at));
  for (const [runtime, pattern] of SCOPES) {
    const id = pattern.exec(name)?.[1];
    if (id !== undefined) return { kind: "container", id, runtime, podUid };
  }
  const parent = names[at - 1];
  if (BARE_ID.test(name)) {
    if (parent === "docker") return { kind: "container", id: name, runtime: "docker", podUid };
    // Without systemd both dockerd and containerd give a container of a pod its bare id.
    if (podUid !== undefined) return { kind: "container", id: name, runtime: undefined, podUid };
  }
  // LXC before 4.0, and between that and 3.1.
  const isLxc = at === 1 && (parent === "lxc" || parent === "lxc.payload");
  return isLxc ? { kind: "container", id: name, runtime: "lxc", podUid } : undefined;
}

function podOf(names: readonly string[]): string | undefined {
  if (!names.some((it) => it === "kubepods" || it.endsWith("kubepods.slice"))) return undefined;
  // A unit's name cannot have a dash there, so the kubelet writes an underscore.
  return POD.exec(names.at(-1) ?? "")?.[1]?.replaceAll("_", "-");
}

function machineOf(names: readonly string[]): CgroupOwner | undefined {
  const at = names.indexOf("machine.slice");
  const name = at < 0 ? undefined : names[at + 1];
  if (name === undefined) return undefined;
  const registered = MACHINE.exec(name)?.[1];
  if (registered !== undefined) return { kind: "machine", name: unescaped(registered) };
  const nspawn = NSPAWN.exec(name)?.[1];
  // Below the service are the container's own cgroups, and `supervisor` with systemd-nspawn itself, which is outside.
  const below = names[at + 2];
  if (nspawn === undefined || below === undefined || below === "supervisor") return undefined;
  return { kind: "machine", name: unescaped(nspawn) };
}

function unitOf(names: readonly string[]): CgroupOwner | undefined {
  const at = names.findIndex((it) => !it.endsWith(".slice"));
  const unit = names[at];
  if (unit === undefined || !UNIT.test(unit)) return undefined;
  // Units stand in a slice; only that of the first process stands alone.
  if (at === 0 && unit !== "init.scope") return undefined;
  if (!/^user@\d+\.service$/.test(unit)) return { kind: "unit", unit, userUnit: undefined };
  const own = names.slice(at + 1).find((it) => !it.endsWith(".slice"));
  return { kind: "unit", unit, userUnit: own !== undefined && UNIT.test(own) ? own : undefined };
}

/** Undoes systemd's escapes in the part of a unit's name, such as `\x2d` for a dash. */
function unescaped(name: string): string {
  return name.replace(
    /\\x([0-9a-f]{2})/g,
    (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)),
  );
}
