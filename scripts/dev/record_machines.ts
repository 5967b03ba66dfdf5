/**
 * Boots the guests of the lab, one after the other, and writes down what plans ask of them: tests/machines/.
 *
 * ```sh
 * deno task record:machines            # all of them
 * deno task record:machines 6.12 7.2   # some
 * ```
 *
 * @module
 */

import { startGuestHost } from "../../hosts/mod.ts";
import { machineFile, RECORDED_MACHINES } from "../../tests/support/recorded_machines.ts";
import { recordMachine } from "./record_machine.ts";

/** Seconds that a guest may live. */
const LIMIT_SECONDS = 300;

const asked = Deno.args.length === 0
  ? RECORDED_MACHINES
  : RECORDED_MACHINES.filter((it) => Deno.args.includes(it));
const unknown = Deno.args.filter((it) => !(RECORDED_MACHINES as readonly string[]).includes(it));
if (unknown.length > 0) {
  console.error(
    `Cannot record ${unknown.join(", ")}: one of ${RECORDED_MACHINES.join(", ")} is required`,
  );
  Deno.exit(2);
}
for (const name of asked) {
  await using host = await startGuestHost({
    kernel: name,
    timeLimitSeconds: LIMIT_SECONDS,
    shared: false,
    onProgress: (line) => console.error(line),
  });
  const machine = await recordMachine(host);
  await Deno.writeTextFile(machineFile(name), `${JSON.stringify(machine, null, 2)}\n`);
  console.error(`wrote ${machineFile(name).pathname}`);
}
