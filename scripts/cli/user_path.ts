/**
 * Paths of the user, who does not stand where the tool runs.
 *
 * @module
 */

import { isAbsolute, resolve } from "node:path";

/**
 * Returns the folder that the user stands in.
 *
 * A task of Deno runs in the folder of `deno.json`, and says in INIT_CWD where it was started. A process that such a
 * task starts in another folder inherits the variable, so it counts only in the folder of the task.
 *
 * @param options `cwd`: where we run; `initCwd`: INIT_CWD, when it may be read; `project`: folder of the task
 * @returns an absolute path
 */
export function userFolder(
  options: { readonly cwd: string; readonly initCwd: string | undefined; readonly project: string },
): string {
  const { cwd, initCwd, project } = options;
  return cwd === project && initCwd !== undefined && isAbsolute(initCwd) ? initCwd : cwd;
}

/**
 * Returns the absolute path of a file that the user names.
 *
 * @param path as the user wrote it
 * @returns an absolute path
 */
export function userPath(path: string): string {
  const project = resolve(import.meta.dirname ?? "/", "../..");
  return resolve(userFolder({ cwd: Deno.cwd(), initCwd: initCwd(), project }), path);
}

function initCwd(): string | undefined {
  const variable = "INIT_CWD";
  // Asking for what is not granted would make Deno ask the user.
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return undefined;
  return Deno.env.get(variable);
}
