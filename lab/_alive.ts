/**
 * For the tests of this folder: does a process live?
 *
 * @module
 */

/**
 * Whether a process lives. A zombie does not: it only waits for its parent to ask.
 *
 * @param pid process id
 * @returns whether it lives
 */
export async function isAlive(pid: number): Promise<boolean> {
  // Deno itself may not read /proc without all permissions.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/stat`], stderr: "null" }).output();
  const state = /\) (\w) /.exec(new TextDecoder().decode(stdout))?.[1];
  return state !== undefined && state !== "Z" && state !== "X";
}

/**
 * Finds the process ids of the children of a process.
 *
 * @param pid process id of the parent
 * @returns their process ids, in the order of their birth
 */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const path = `/proc/${pid}/task/${pid}/children`;
  const { stdout } = await new Deno.Command("cat", { args: [path], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).split(" ").filter((word) => word !== "").map(Number);
}

/**
 * Waits until something is true.
 *
 * @param what what is waited for, for the error
 * @param check whether it is true by now
 * @param options how long to wait
 * @throws {Error} when it has not become true in time
 */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  options: { readonly limitMs?: number } = {},
): Promise<void> {
  const limitMs = options.limitMs ?? 5000;
  const deadline = Date.now() + limitMs;
  while (!await check()) {
    if (Date.now() > deadline) throw new Error(`Cannot see ${what} within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
