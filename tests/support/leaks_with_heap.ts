/**
 * The tool, as it is, with one line on standard error every few seconds: its heap after a forced collection.
 *
 * Usage: `deno run --v8-flags=--expose-gc leaks_with_heap.ts WORDS`, as for `scripts/trace_clone.ts`.
 *
 * @module
 */

import { main } from "../../scripts/cli/main.ts";

/** Milliseconds from one look at the heap to the next. */
const EVERY_MS = 10_000;

function tellHeap(): void {
  const { gc } = globalThis as { readonly gc?: () => void };
  if (gc === undefined) throw new Error("Cannot collect garbage: --v8-flags=--expose-gc is required");
  // What finalizers let go of goes with the second one.
  gc();
  gc();
  const { heapUsed, rss } = Deno.memoryUsage();
  console.error(`heap ${heapUsed} resident ${rss}`);
}

if (import.meta.main) {
  setInterval(tellHeap, EVERY_MS);
  Deno.exit(await main(Deno.args));
}
