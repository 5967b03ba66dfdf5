/**
 * What a program that we start on a machine may do there.
 *
 * @module
 */

import type { Host } from "../hosts/host.ts";
import { attempt, type Known, known, notKnown } from "./known.ts";
import { cannotTell, type Support, supported, unsupported } from "./feature.ts";

/** A capability that matters to tracing. */
export type Capability = "CAP_SYS_ADMIN" | "CAP_SYSLOG" | "CAP_PERFMON" | "CAP_BPF";

/** Their numbers in capabilities(7). */
const CAPABILITIES: readonly (readonly [name: Capability, number: bigint])[] = [
  ["CAP_SYS_ADMIN", 21n],
  ["CAP_SYSLOG", 34n],
  ["CAP_PERFMON", 38n],
  ["CAP_BPF", 39n],
];

/** Who a program of ours is there. */
export interface Identity {
  /** Effective user id. */
  readonly uid: number;
  /** Those of its effective capabilities that matter to tracing. */
  readonly capabilities: ReadonlySet<Capability>;
}

/** What decides whether a program may trace. */
export interface Rights {
  /** Who it is; from /proc/self/status of a program that we start there. */
  readonly identity: Known<Identity>;
  /** The sysctl kernel.perf_event_paranoid; above 2 (Debian) only CAP_SYS_ADMIN helps. */
  readonly perfEventParanoid: Known<number>;
  /** The sysctl kernel.kptr_restrict: 0 nothing, 1 addresses need CAP_SYSLOG, 2 nobody sees them. */
  readonly kptrRestrict: Known<number>;
}

/** The highest perf_event_paranoid with which CAP_BPF and CAP_PERFMON are enough. */
const PARANOID_MAX = 2;

/**
 * Reads what a program that we start may do.
 *
 * @param host the machine
 * @returns what was read; unknown with its reason where that failed
 * @throws {HostError} when the host is lost
 *
 * @example
 * ```ts
 * import { readRights } from "./rights.ts";
 * import { fakeHost } from "./_fake_host.ts";
 * import assert from "node:assert/strict";
 *
 * const status = "Name:\tcat\nUid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n";
 * const { identity } = await readRights(fakeHost({ files: { "/proc/self/status": status } }));
 * assert.equal(identity.kind === "known" && identity.value.uid, 1000);
 * ```
 */
export async function readRights(host: Host): Promise<Rights> {
  const [status, perfEventParanoid, kptrRestrict] = await Promise.all([
    attempt(() => host.readText("/proc/self/status")),
    readNumber(host, "/proc/sys/kernel/perf_event_paranoid"),
    readNumber(host, "/proc/sys/kernel/kptr_restrict"),
  ]);
  const identity = status.kind === "unknown" ? status : parseIdentity(status.value);
  return { identity, perfEventParanoid, kptrRestrict };
}

/**
 * Reads who a process is from its /proc/PID/status.
 *
 * @param status the file
 * @returns its effective user and capabilities; unknown when the file has no such lines
 *
 * @example
 * ```ts
 * import { parseIdentity } from "./rights.ts";
 * import assert from "node:assert/strict";
 *
 * const found = parseIdentity("Uid:\t0\t0\t0\t0\nCapEff:\t000000c000000000\n");
 * assert.deepEqual(found.kind === "known" && [...found.value.capabilities], ["CAP_PERFMON", "CAP_BPF"]);
 * ```
 */
export function parseIdentity(status: string): Known<Identity> {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
  const effective = /^CapEff:\s+([0-9a-f]{1,16})$/m.exec(status)?.[1];
  if (uid === undefined || effective === undefined) {
    return notKnown('"/proc/self/status" must have the lines Uid and CapEff, and has not');
  }
  const bits = BigInt(`0x${effective}`);
  const names = CAPABILITIES.filter(([, number]) => (bits >> number & 1n) === 1n).map(([name]) => name);
  return known({ uid: Number(uid), capabilities: new Set(names) });
}

/**
 * Whether bpftrace may load and attach a program with these rights.
 *
 * bpftrace itself refuses every user but root. Root needs CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON (Linux 5.8) where
 * perf_event_paranoid is 2 or lower.
 *
 * @param rights what was read
 * @returns the answer; unknown when it could not be read who we are
 *
 * @example Root without any capability
 * ```ts
 * import { parseIdentity, tracingRights } from "./rights.ts";
 * import { known } from "./known.ts";
 * import assert from "node:assert/strict";
 *
 * const identity = parseIdentity("Uid:\t0\t0\t0\t0\nCapEff:\t0\n");
 * const answer = tracingRights({ identity, perfEventParanoid: known(2), kptrRestrict: known(0) });
 * assert.match(answer.kind === "unsupported" ? answer.reason : "", /CAP_BPF and CAP_PERFMON/);
 * ```
 */
export function tracingRights(rights: Rights): Support {
  const { identity, perfEventParanoid } = rights;
  if (identity.kind === "unknown") return cannotTell(identity.reason);
  const { uid, capabilities } = identity.value;
  if (uid !== 0) return unsupported(`bpftrace refuses every user but root, and this is user ${uid}`);
  if (capabilities.has("CAP_SYS_ADMIN")) return supported();
  const missing = (["CAP_BPF", "CAP_PERFMON"] as const).filter((name) => !capabilities.has(name));
  if (missing.length > 0) {
    return unsupported(`Root has neither CAP_SYS_ADMIN nor ${missing.join(" and ")} here`);
  }
  if (perfEventParanoid.kind === "unknown") return cannotTell(perfEventParanoid.reason);
  if (perfEventParanoid.value <= PARANOID_MAX) return supported();
  return unsupported(
    `Root has no CAP_SYS_ADMIN here, and kernel.perf_event_paranoid is ${perfEventParanoid.value}, above ${PARANOID_MAX}`,
  );
}

async function readNumber(host: Host, path: string): Promise<Known<number>> {
  const text = await attempt(() => host.readText(path));
  if (text.kind === "unknown") return text;
  const found = text.value.trim().slice(0, 40);
  return /^-?\d{1,9}$/.test(found)
    ? known(Number(found))
    : notKnown(`"${path}" must be a number, got "${found}"`);
}
