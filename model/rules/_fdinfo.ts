/** Lines of fdinfo that tell which process a pidfd is of; Documentation/filesystems/proc.rst, section 3.8. */

import { fdinfoLine } from "./facts.ts";

/** The number behind `Pid:`; `null` where there is no such line, or something else in it. */
export function pidLine(fdinfo: string | null): number | null {
  const found = fdinfo === null ? undefined : fdinfoLine(fdinfo, "Pid");
  return found !== undefined && /^-?[0-9]+$/.test(found) ? Number(found) : null;
}
