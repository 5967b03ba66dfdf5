/**
 * What the lifecycle tracer has to see, and every way to see it, the best one first.
 *
 * @module
 */

import type { Btf, KernelFacts } from "../kernel/mod.ts";
import { CLONE_FUNCTIONS, cloneBirths, fdMade, fileMade, GETFD, openBirths } from "./_births.ts";
import type { BirthSites, MadeSites } from "./_births.ts";
import type { Doors } from "./_doors.ts";
import type { Sight, Way } from "./_ladder.ts";
import type { PidfdFiles } from "./_pidfd_files.ts";
import type { Places } from "./_places.ts";
import { lastPuts } from "./_last_puts.ts";
import { freed, hashPut, lastPut, reaped } from "./_targets.ts";
import { CLONE_TRACEPOINTS, OPEN_TRACEPOINTS, tracedClones, tracedOpens } from "./_tracepoint_births.ts";

/** System call function of pidfd_open. Its arguments are read from the registers of x86-64. */
export const PIDFD_OPEN = "__x64_sys_pidfd_open";

/** The name of the sight of births by clone and clone3. */
export const CLONES = "births by clone and clone3";

/** What the sights are made of. */
export interface SightSources {
  /** What the kernel is known to have. */
  readonly facts: KernelFacts;
  /** Its types. */
  readonly btf: Btf;
  /** Its doors. */
  readonly doors: Doors;
  /** How its pidfd files are made. */
  readonly files: PidfdFiles;
  /** Where things are. */
  readonly places: Places;
  /** Whether the command is followed. */
  readonly follow: boolean;
}

/** Whether it can be seen when a pidfd file is made. */
export function isMadeSeen({ files, doors }: SightSources): boolean {
  return files.makers.some((it) => doors.door(it) !== undefined);
}

/**
 * Where a pidfd file is made.
 *
 * @param sources what is known of the kernel
 * @param calls the maps that tell that a thread is in a call which reports its birth itself
 */
export function making(sources: SightSources, calls: readonly string[]): Sight {
  const { files } = sources;
  return {
    what: "pidfd files being made",
    ways: files.makers.map((maker) => (): Way => ({
      functions: [maker],
      probes: () => [fileMade(maker, { ...madeSites(sources), files, calls })],
    })),
    without: [
      "pidfds that are made by other calls than clone, clone3 and pidfd_open are not seen",
      "the file of a call that fails is not seen",
    ],
  };
}

/**
 * Births as one function alone tells of them.
 *
 * @param sources what is known of the kernel
 * @param name the function that the user named
 */
export function forced(sources: SightSources, name: string): Sight {
  const sites = madeSites(sources);
  return {
    what: "births",
    ways: [() => ({
      functions: [name],
      loses: [`pidfds that are not made by ${name} are not seen`],
      probes: () => [
        name === GETFD ? fdMade(sites) : fileMade(name, { ...sites, files: sources.files, calls: [] }),
      ],
    })],
    without: ["no birth of a pidfd is seen"],
  };
}

/** Where the kernel keeps what a record of a new file tells. */
export function madeSites({ places }: SightSources): MadeSites {
  return { pidLinkOffset: places.pidLinkOffset, callPlace: places.callPlace, who: places.who };
}

/** What the probes of births need to know. */
export function birthSites(sources: SightSources): BirthSites {
  const { facts, files, follow } = sources;
  return {
    ...madeSites(sources),
    follow,
    files,
    madeSeen: isMadeSeen(sources),
    operationsKnown: facts.symbols.has(files.operations),
  };
}

/** Births, by the calls that make them. */
export function births(sources: SightSources, sites: BirthSites): readonly Sight[] {
  const { facts, btf, doors } = sources;
  const parameter = btf.functionParameters(PIDFD_OPEN)?.[0]?.name ?? "regs";
  const isX86 = facts.symbols.has(PIDFD_OPEN);
  return [
    {
      what: CLONES,
      ways: [
        () => ({ functions: CLONE_FUNCTIONS, probes: () => cloneBirths(sites) }),
        () => ({
          functions: [],
          tracepoints: CLONE_TRACEPOINTS,
          missing: [doors.noRawTracepoints()],
          loses: ["calls of clone and clone3 that fail are not seen"],
          probes: () => tracedClones(sites),
        }),
      ],
      without: ["pidfds that are made by clone and clone3 are not seen"],
    },
    {
      what: "births by pidfd_open",
      ways: [
        () => ({
          functions: isX86 ? [PIDFD_OPEN] : [],
          missing: isX86 ? [] : [`The system call function ${PIDFD_OPEN} is not among the symbols`],
          probes: () => openBirths(PIDFD_OPEN, parameter, sites),
        }),
        () => ({
          functions: [],
          tracepoints: OPEN_TRACEPOINTS,
          probes: () => tracedOpens(sites),
        }),
      ],
      without: ["pidfds that are made by pidfd_open are not seen"],
    },
  ];
}

/** Where a file goes, and its reference with it. */
export function releasing({ facts, files }: SightSources): Sight {
  return {
    what: "releases",
    ways: files.releases.map((it) => (): Way => ({
      functions: it.functions,
      missing: it.symbols.map((name) => {
        const support = facts.symbols.exists(name);
        return support.kind === "supported" ? undefined : `The symbol ${name} is needed: ${support.reason}`;
      }),
      probes: it.probes,
    })),
    without: [
      "when a pidfd's last reference goes is not seen: how many are open cannot be told, and no count is judged",
    ],
  };
}

/** What becomes of the processes that pidfds name. */
export function ends({ places: { rcu }, doors, facts }: SightSources): readonly Sight[] {
  const noPlace = rcu === undefined
    ? "BTF does not give the place of pid.rcu or delayed_put_pid's parameter"
    : undefined;
  const hash = () => rcu === undefined ? [] : [hashPut(rcu)];
  return [
    {
      what: "reaps",
      ways: [() => ({ functions: ["release_task"], probes: () => [reaped()] })],
      without: ["when a process is waited for is not seen"],
    },
    {
      what: "frees",
      ways: [
        () => ({
          functions: ["delayed_put_pid", "pidfs_free_pid"],
          missing: [noPlace],
          probes: () => [...hash(), freed()],
        }),
        () => {
          const { reachable, loses, reason } = lastPuts(facts, doors);
          return {
            functions: ["delayed_put_pid", ...reachable],
            missing: [noPlace, reason],
            loses,
            probes: () => [...hash(), ...reachable.map((it) => lastPut(it, it !== "put_pid"))],
          };
        },
        () => ({
          functions: ["delayed_put_pid"],
          missing: [noPlace],
          loses: ["the last reference is seen only when the pid hash or a pidfd holds it"],
          probes: hash,
        }),
      ],
      without: ["when a struct pid is freed is seen only when a pidfd held its last reference"],
    },
  ];
}
