/**
 * Whether a machine has something that can be read.
 *
 * @module
 */

import { HostError } from "../hosts/host.ts";
import { cannotTell, type Support, supported, unsupported } from "./feature.ts";
import { reasonOf } from "./known.ts";

/**
 * Tells by reading something whether it is there.
 *
 * @param path what is read
 * @param read reads it
 * @returns unsupported only when the machine says that it does not exist
 * @throws {HostError} when the host is lost
 */
export async function presence(path: string, read: () => Promise<unknown>): Promise<Support> {
  try {
    await read();
    return supported();
  } catch (error) {
    if (!(error instanceof HostError) || error.kind === "lost") throw error;
    return error.kind === "missing" ? unsupported(`"${path}" is not there`) : cannotTell(reasonOf(error));
  }
}
