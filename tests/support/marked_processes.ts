/**
 * For tests: finds every process that was started under a mark, whatever became of its parents.
 *
 * The mark is a variable of the environment, which children inherit. A zombie has no environment, so it is not found:
 * it only waits for its parent to ask.
 *
 * @module
 */

/** Name of the variable. */
const VARIABLE = "TRACE_CLONE_TEST_MARK";

/** Milliseconds for which one look at all processes serves everybody who asks. */
const FRESH_MS = 150;

let look:
  | { readonly atMs: number; readonly found: Promise<ReadonlyMap<string, readonly number[]>> }
  | undefined;

/** A mark that no other test has, and the environment that carries it. */
export function newMark(): { readonly mark: string; readonly env: Readonly<Record<string, string>> } {
  const mark = crypto.randomUUID();
  return { mark, env: { [VARIABLE]: mark } };
}

/**
 * Finds the processes that live under a mark.
 *
 * @param mark as {@linkcode newMark} gave it
 * @returns their process ids
 */
export async function processesOf(mark: string): Promise<readonly number[]> {
  const now = performance.now();
  if (look === undefined || now - look.atMs > FRESH_MS) look = { atMs: now, found: lookAtAll() };
  return (await look.found).get(mark) ?? [];
}

async function lookAtAll(): Promise<ReadonlyMap<string, readonly number[]>> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", 'grep -zsaH "^$0=" /proc/[0-9]*/environ', VARIABLE],
    stdin: "null",
    stderr: "null",
  }).output();
  const found = new Map<string, number[]>();
  for (const entry of new TextDecoder().decode(stdout).split("\0")) {
    const [, pid, mark = ""] = /^\/proc\/(\d+)\/environ:[A-Z_]+=(.*)$/s.exec(entry) ?? [];
    if (pid !== undefined) found.set(mark, [...found.get(mark) ?? [], Number(pid)]);
  }
  return found;
}

/**
 * Waits until something is true.
 *
 * @param what what is waited for, for the error
 * @param check whether it is true by now
 * @param options how long to wait
 * @returns milliseconds that it took
 * @throws {Error} when it has not become true in time
 */
export async function until(
  what: string,
  check: () => Promise<boolean> | boolean,
  options: { readonly limitMs?: number } = {},
): Promise<number> {
  const { limitMs = 60_000 } = options;
  const start = performance.now();
  while (!await check()) {
    if (performance.now() - start > limitMs) throw new Error(`Cannot see ${what} within ${limitMs} ms`);
    await sleep(100);
  }
  return performance.now() - start;
}

/** Waits for so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Ends whatever still lives under a mark. */
export async function killAll(mark: string): Promise<void> {
  look = undefined;
  for (const pid of await processesOf(mark)) {
    try {
      signalOne(pid, "SIGKILL");
    } catch { /* it has ended meanwhile */ }
  }
}

/**
 * Sends a signal to one process.
 *
 * A process id that was not found must never get here: 0 means the whole process group of the tests, 1 the machine.
 *
 * @param pid its process id
 * @param signal the signal
 * @throws {RangeError} when that is no process of a test
 */
export function signalOne(pid: number | undefined, signal: Deno.Signal): void {
  Deno.kill(checkedPid(pid), signal);
}

/**
 * Sends a signal to a process group.
 *
 * @param leader process id of its leader
 * @param signal the signal
 * @throws {RangeError} when that is no process of a test
 */
export function signalGroup(leader: number | undefined, signal: Deno.Signal): void {
  Deno.kill(-checkedPid(leader), signal);
}

function checkedPid(pid: number | undefined): number {
  if (pid !== undefined && Number.isSafeInteger(pid) && pid > 1) return pid;
  throw new RangeError(`Cannot send a signal: a process id above 1 is required, got ${pid}`);
}
