/**
 * The guests that are measured: a kernel of the lab, with the tracers that ours is compared with.
 *
 * @module
 */

import { GuestHost, run } from "../hosts/mod.ts";
import {
  bootGuest,
  buildKernelImage,
  buildRootImage,
  buildStimulus,
  labCacheFolder,
  prepareMachine,
} from "../lab/mod.ts";
import type { LabKernel } from "../lab/mod.ts";
import { copyTo } from "../scripts/cli/copy.ts";
import { checkedRun } from "./checked_run.ts";

/** What is installed beside what every guest has; it makes an image of its own. */
const TRACERS = { name: "bench", packages: ["strace", "linux-perf"] };

/** Where our files are in the guest, in memory. */
export const GUEST_FOLDER = "/tmp/bench";

/** The program with the loops, in the guest. */
export const LOOP = `${GUEST_FOLDER}/stimulus`;

/**
 * Time in such a guest is the number of instructions that its one CPU has executed, 2 ns each. When it has nothing to
 * do its clock runs ahead to the next timer.
 */
const INSTRUCTION_TIME = ["-icount", "shift=1,sleep=off"];

/** Seconds of the guest's clock after boot until a loop takes the same time again and again. */
const SETTLE_SECONDS = 10;

/**
 * Keeps the guest's own time limit from ending it, for its clock says nothing about ours: the shell that waits for it
 * is stopped. The guest still ends with the process that started it.
 */
const HOLD_TIME_LIMIT = String.raw`
for stat in /proc/[0-9]*/stat; do
  read -r pid name state parent rest <"$stat" 2>/dev/null || continue
  [ "$name" = "(sleep)" ] && [ "$parent" != 1 ] && [ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep $1 " ] &&
    kill -STOP "$parent" && exit 0
done
exit 1`;

/** Longest time in seconds that the lab lets a guest live. */
const GUEST_SECONDS_MAX = 86_400;

/** Options of {@linkcode startBenchGuest}. */
export interface BenchGuestOptions {
  /** Which kernel to boot. */
  readonly kernel: LabKernel;
  /** Whether its time is to be executed instructions, with one CPU; otherwise it has two and our own time. */
  readonly instructionTime: boolean;
  /** The guest ends after this many seconds of ours. */
  readonly timeLimitSeconds: number;
  /** Ends the boot. */
  readonly signal: AbortSignal;
  /** Gets a line for people now and then. */
  readonly onProgress: (line: string) => void;
}

/**
 * Boots a guest with everything that is measured in it, and waits until it has come to rest.
 *
 * @param options which kernel, and by which clock
 * @returns the guest; disposing it ends it
 * @throws {HostError} when something cannot be built, or the guest does not answer
 */
export async function startBenchGuest(options: BenchGuestOptions): Promise<GuestHost> {
  const { kernel, instructionTime, signal, onProgress } = options;
  const common = { signal, onProgress };
  await prepareMachine(common);
  const image = await buildKernelImage(kernel, common);
  const rootImage = await buildRootImage(kernel.rootSuite, { ...common, extra: TRACERS });
  const loops = await buildStimulus({
    ...common,
    sourceFolder: new URL("./loop/", import.meta.url),
    // The lab keeps one stimulus, and this is another.
    cacheFolder: `${labCacheFolder()}/bench`,
  });
  const guest = await bootGuest(`lab:${kernel.name}`, {
    ...common,
    files: { ...image, rootImage },
    cpus: instructionTime ? 1 : 2,
    extraQemu: instructionTime ? INSTRUCTION_TIME : [],
    timeLimitSeconds: instructionTime ? GUEST_SECONDS_MAX : options.timeLimitSeconds,
  });
  let host: GuestHost;
  try {
    host = await GuestHost.connect(guest, { signal });
  } catch (error) {
    await guest.stop();
    throw error;
  }
  try {
    if (instructionTime) {
      await checkedRun(host, ["sh", "-c", HOLD_TIME_LIMIT, "hold", `${GUEST_SECONDS_MAX}`], { signal });
    }
    await checkedRun(host, ["mkdir", GUEST_FOLDER], { signal });
    await copyTo(host, { path: loops, folder: GUEST_FOLDER });
    await run(host, ["sleep", `${SETTLE_SECONDS}`], { signal });
    return host;
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
}
