/**
 * `profile`: how a kernel behaves, as far as user space can see it. Nothing is traced.
 *
 * @module
 */

import { holdCommand } from "../../capture/mod.ts";
import { HostError, run } from "../../hosts/mod.ts";
import type { Host, Target } from "../../hosts/mod.ts";
import { buildStimulus } from "../../lab/mod.ts";
import { makeProfile, PROFILE_PROVOCATIONS, readProvocations } from "../../model/mod.ts";
import type { Profile, Provocation } from "../../model/mod.ts";
import { printableText } from "../../events/mod.ts";
import { profileJson, profileText } from "../../reports/mod.ts";
import { EVENT_SCHEMA } from "../../schema/mod.ts";
import { play } from "./confirm_play.ts";
import { copyTo } from "./copy.ts";
import { watchEndings } from "./endings.ts";
import { EXIT } from "./exit_code.ts";
import type { ProfileOptions } from "./profile_grammar.ts";
import type { Invocation } from "./invocation.ts";
import { NewFile } from "./new_file.ts";
import { openHost } from "./open_host.ts";

/** Seconds that a guest of ours lives at most. */
const GUEST_SECONDS = 600;

/** Longest time that the stimulus may take to name its scenarios, ms. */
const LIST_MS = 10_000;

/**
 * Runs the command.
 *
 * @param options what was asked for
 * @param invocation where text goes
 * @returns the exit code
 * @throws {CliError} when the file cannot be made
 * @throws {HostError} when the stimulus cannot run there
 */
export async function profile(options: ProfileOptions, invocation: Invocation): Promise<number> {
  const { target, yes, file } = options;
  const { terminal } = invocation;
  await using endings = watchEndings();
  const { signal } = endings;
  const onProgress = (text: string) => terminal.status(text);
  await using output = file === undefined ? undefined : await NewFile.create(file);
  const stimulus = await buildStimulus({ signal, onProgress });
  const { host } = await openHost(target, { timeLimitSeconds: GUEST_SECONDS, signal, onProgress });
  await using _host = host;
  const found = await profileOf(host, { stimulus, isLab: isLab(target), yes, signal, onProgress });
  const text = profileJson(found);
  await output?.write(text);
  await terminal.write(options.json ? text : profileText(found));
  return EXIT.well;
}

/** Whether a machine is made to be thrown away. */
function isLab(target: Target): boolean {
  return target.kind === "lab" || target.kind === "image";
}

/** How a machine is asked. */
export interface ProfileRun {
  /** Path of the stimulus on this machine. */
  readonly stimulus: string;
  /** Whether the machine is a guest of the lab. */
  readonly isLab: boolean;
  /** Whether cgroups and mounts may be made elsewhere too. */
  readonly yes: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Hears of the progress. */
  readonly onProgress: (text: string) => void;
}

/**
 * Makes the profile of one machine.
 *
 * @param host the machine
 * @param options see {@linkcode ProfileRun}
 * @returns the profile
 * @throws {HostError} when the stimulus cannot run there
 */
export async function profileOf(host: Host, options: ProfileRun): Promise<Profile> {
  const { stimulus, isLab, yes, signal, onProgress } = options;
  const { release, machine } = await host.describe();
  // Held for good: its folder goes with us, however we end.
  await using scratch = await holdCommand(host, ["true"]);
  await copyTo(host, { path: stimulus, folder: scratch.folder });
  const program = `${scratch.folder}/stimulus`;
  const listed = await run(host, [program, "--list"], { timeoutMs: LIST_MS });
  if (listed.code !== 0) {
    const said = printableText(listed.stderr.trim().split("\n").at(-1) ?? "");
    throw new HostError(
      `Cannot run the stimulus on "${host.name}" (${machine}): ${
        said === "" ? `it ended with status ${listed.code}` : said
      }`,
      {
        host: host.name,
        kind: "failed",
        hint: "It is compiled for this machine's processor, and needs a /tmp from which programs may run",
      },
    );
  }
  const held = heldBack(readProvocations(listed.stdout), { isLab, yes });
  const names = PROFILE_PROVOCATIONS.filter((it) => !held.has(it));
  const { facts, silent } = await play({
    host,
    program,
    names,
    rounds: 1,
    lives: 1,
    isLab,
    wanted: [],
    signal,
    // Nobody traces, so there is nothing to wait for.
    heardUntil: () => Promise.resolve(),
    onProgress,
  });
  signal.throwIfAborted();
  return {
    schema: EVENT_SCHEMA,
    type: "profile",
    host: printableText(host.name),
    release: printableText(release),
    machine: printableText(machine),
    facts: makeProfile(facts, new Map([...held, ...silent])),
  };
}

/**
 * Returns which provocations are not made on a machine, for what they touch there.
 *
 * @param provocations all that the stimulus knows
 * @param where whether the machine is a guest of the lab, and whether the user said yes
 * @returns the reasons, by name
 *
 * @example
 * ```ts
 * import { heldBack } from "./profile.ts";
 * import assert from "node:assert/strict";
 *
 * const provocation = { name: "confirm-pids-max", risk: "scratch", summary: "R11" } as const;
 * assert.equal(heldBack([provocation], { isLab: true, yes: false }).size, 0);
 * assert.equal(heldBack([provocation], { isLab: false, yes: false }).size, 1);
 * ```
 */
export function heldBack(
  provocations: readonly Provocation[],
  where: { readonly isLab: boolean; readonly yes: boolean },
): ReadonlyMap<string, string> {
  if (where.isLab || where.yes) return new Map();
  return new Map(
    provocations.filter((it) => it.risk !== "harmless").map(({ name }) => [
      name,
      `${name} makes a cgroup or a mount and removes it: --yes makes it outside of the lab`,
    ]),
  );
}
