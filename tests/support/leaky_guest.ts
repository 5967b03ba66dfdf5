/**
 * A guest in which somebody leaks pidfds, known to ssh as a machine of the user's.
 *
 * @module
 */

import assert from "node:assert/strict";
import { GuestHost, run } from "../../hosts/mod.ts";
import { findKernel, startGuest } from "../../lab/mod.ts";
import type { Guest } from "../../lab/mod.ts";
import { LeaksRun } from "./leaks_run.ts";
import { firstLine } from "./pidfd_holders.ts";
import { bringSoftware } from "./software.ts";
import type { Told } from "./software.ts";
import { knownToSsh } from "./ssh_guests.ts";
import type { SshGuests } from "./ssh_guests.ts";

/** The name that ssh knows it by. */
const NAME = "leaky";
/** The pidfds that are leaked, all of processes that have ended. */
const LEAKED = 9;
/** The program, there. */
const FOLDER = "/tmp/leaky";

/** Constant text: has the program leak for longer than any test takes, whatever becomes of our connection. */
const LEAK = String.raw`
sleep 3600 </dev/null 2>/dev/null | "$0" originals "$1" >"$2/said" 2>&1 &
while ! [ -s "$2/said" ]; do sleep 0.1; done
cat "$2/said"`;

/** Constant text: opens pidfds and closes them again, without an end; it says its number first. */
const LOAD = 'echo "$$"; while sleep 0.2; do "$0" other-thread 5 </dev/null >/dev/null; done';

/** A guest with a leak in it; closing it ends both. */
export class LeakyGuest implements AsyncDisposable {
  /** The guest. */
  readonly guest: Guest;
  /** The target as the user writes it. */
  readonly target: string = `ssh:${NAME}`;
  /** The path of the program there that leaks, or does not; see `tests/software/c`. */
  readonly program: string;
  /** Who leaks. */
  readonly leaker: Told;
  readonly #machines: SshGuests;
  readonly #parts: AsyncDisposableStack;
  #host: GuestHost;

  private constructor(
    guest: Guest,
    host: GuestHost,
    parts: Pick<LeakyGuest, "program" | "leaker"> & {
      readonly machines: SshGuests;
      readonly disposables: AsyncDisposableStack;
    },
  ) {
    this.guest = guest;
    this.#host = host;
    this.program = parts.program;
    this.leaker = parts.leaker;
    this.#machines = parts.machines;
    this.#parts = parts.disposables;
  }

  /** Boots a guest, and has somebody leak there. */
  static async start(kernel: string): Promise<LeakyGuest> {
    await using disposables = new AsyncDisposableStack();
    const onProgress = (line: string) => console.log(line);
    const guest = disposables.use(
      await startGuest({ kernel: findKernel(kernel), timeLimitSeconds: 1800, onProgress }),
    );
    const host = await GuestHost.connect(addressOf(guest));
    const machines = disposables.use(await knownToSsh({ [NAME]: guest }));
    assert.equal((await run(host, ["mkdir", FOLDER])).code, 0);
    const program = await bringSoftware(host, FOLDER);
    const { stdout } = await run(host, ["sh", "-c", LEAK, program, `${LEAKED}`, FOLDER]);
    const leaker: Told = JSON.parse(stdout);
    assert.deepEqual(leaker, { pid: leaker.pid, pidfds: LEAKED, dead: LEAKED });
    return new LeakyGuest(guest, host, { program, leaker, machines, disposables: disposables.move() });
  }

  /** A connection of the test's own. */
  get host(): GuestHost {
    return this.#host;
  }

  /** Does something while the test itself has no connection: none outlives what is done. */
  async apart(what: () => Promise<void>): Promise<void> {
    await this.#host[Symbol.asyncDispose]();
    await what();
    this.#host = await GuestHost.connect(addressOf(this.guest));
  }

  /** Starts `leaks` for this guest, with more words for it. */
  leaks(words: readonly string[]): Promise<LeaksRun> {
    const { path } = this.#machines;
    return LeaksRun.start(this.host, { words: ["--target", this.target, ...words], path });
  }

  /** Has pidfds come and go until it is closed. */
  async load(): Promise<AsyncDisposable> {
    const process = this.host.spawn(["sh", "-c", LOAD, this.program]);
    const pid = await firstLine(process);
    return {
      [Symbol.asyncDispose]: async () => {
        assert.equal((await run(this.host, ["kill", pid])).code, 0);
        await process.status;
      },
    };
  }

  /** Ends the leak and the guest. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]();
    await this.#parts.disposeAsync();
  }
}

/** The address alone: who connects does not stop the guest. */
function addressOf({ name, port, user, keyFile, knownHostsFile }: Guest) {
  return { name, port, user, keyFile, knownHostsFile };
}
