/** The program whose threads are watched, by its name. */

import { binary, builtin, commWord, int } from "../program/mod.ts";
import type { Expr } from "../program/mod.ts";

/** `comm` of a program has so many characters here: the first word, and a 0 behind it. */
const COMM_LENGTH = 8;

/**
 * Whether the present thread is one of the program.
 *
 * @param comm the program's name, eight characters of ASCII
 * @returns the expression
 * @throws {RangeError} when it is of another length
 */
export function isProgram(comm: string): Expr {
  const task = builtin("curtask");
  return binary(
    binary(commWord(task, 0), "==", int(commInteger(comm))),
    "&&",
    binary(binary(commWord(task, 1), "&", int(0xff)), "==", int(0)),
  );
}

/** The first word of `comm` as the kernel program reads it. */
function commInteger(comm: string): bigint {
  if (!/^[!-~]{8}$/.test(comm)) {
    throw new RangeError(
      `Cannot watch the program "${comm}": ${COMM_LENGTH} characters of ASCII are required, got ${comm.length}`,
    );
  }
  return [...comm].reduceRight((word, it) => word * 256n + BigInt(it.charCodeAt(0)), 0n);
}
