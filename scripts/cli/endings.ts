/**
 * What can end a run from outside: signals, launchers that have gone.
 *
 * @module
 */

import { EXIT } from "./exit_code.ts";
import type { ExitCode } from "./exit_code.ts";
import { watchLaunchers } from "./launchers.ts";

/** Why a run ends, and the code that this gives. */
export interface Ending {
  /** For the `end` event and for people. */
  readonly reason: string;
  /** The exit code that it calls for. */
  readonly code: ExitCode;
}

const SIGNALS: readonly (readonly [Deno.Signal, Ending])[] = [
  ["SIGINT", { reason: "interrupted", code: EXIT.interrupted }],
  ["SIGTERM", { reason: "terminated", code: EXIT.terminated }],
  ["SIGHUP", { reason: "hung up", code: EXIT.hangup }],
];

/** Watches for endings from outside; closing it stops watching. */
export interface OutsideEndings extends AsyncDisposable {
  /** Aborts with an {@linkcode Ending} as its reason. */
  readonly signal: AbortSignal;
}

/**
 * Begins to watch for signals and for the end of our launchers.
 *
 * @returns a signal that is aborted with the {@linkcode Ending}
 */
export function watchEndings(): OutsideEndings {
  const controller = new AbortController();
  const handlers = SIGNALS.map(([signal, ending]) => {
    const handler = () => controller.abort(ending);
    Deno.addSignalListener(signal, handler);
    return [signal, handler] as const;
  });
  const launchers = watchLaunchers();
  const gone: Ending = { reason: "the process that started the tool has gone", code: EXIT.hangup };
  launchers.gone.then(() => controller.abort(gone));
  return {
    signal: controller.signal,
    async [Symbol.asyncDispose]() {
      for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
      await launchers[Symbol.asyncDispose]();
    },
  };
}

/** Returns the ending that an aborted signal carries. */
export function endingOf(signal: AbortSignal): Ending {
  return signal.reason as Ending;
}
