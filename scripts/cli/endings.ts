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
 * @param options `launchers`: whether they are watched, which takes the permission to start a program
 * @returns a signal that is aborted with the {@linkcode Ending}
 */
export function watchEndings(options: { readonly launchers: boolean } = { launchers: true }): OutsideEndings {
  const controller = new AbortController();
  const handlers = SIGNALS.map(([signal, ending]) => {
    const handler = () => controller.abort(ending);
    Deno.addSignalListener(signal, handler);
    return [signal, handler] as const;
  });
  const launchers = options.launchers ? watchLaunchers() : undefined;
  launchers?.gone.then((reason) => controller.abort({ reason, code: EXIT.hangup } satisfies Ending));
  return {
    signal: controller.signal,
    async [Symbol.asyncDispose]() {
      for (const [signal, handler] of handlers) Deno.removeSignalListener(signal, handler);
      await launchers?.[Symbol.asyncDispose]();
    },
  };
}

/** Returns the ending that an aborted signal carries. */
export function endingOf(signal: AbortSignal): Ending {
  return signal.reason as Ending;
}

/** Whether a thrown value is the reason of an aborted signal, and no error. */
export function isEnding(value: unknown): value is Ending {
  return typeof value === "object" && value !== null && "reason" in value && "code" in value;
}

/**
 * Waits for something that knows nothing of signals, but no longer than until the signal is aborted.
 *
 * @param signal the signal of {@linkcode watchEndings}
 * @param promise what is waited for
 * @returns its value
 * @throws the signal's reason when it was aborted first
 */
export async function unlessEnded<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    promise.catch(() => undefined);
    aborted.promise.catch(() => undefined);
  }
}
