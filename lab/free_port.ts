/**
 * A free TCP port on this machine.
 *
 * @module
 */

/**
 * Finds a TCP port that nobody listens on, on 127.0.0.1.
 *
 * Another process can take it before it is used; whoever uses it must be ready to ask again.
 *
 * @returns the port
 *
 * @example
 * ```ts
 * import { freePort } from "./free_port.ts";
 * import assert from "node:assert/strict";
 *
 * assert.ok(freePort() > 1023);
 * ```
 */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
