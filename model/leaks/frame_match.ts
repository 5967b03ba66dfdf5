/**
 * Whether a stack has a frame of a name; each stack is looked at once.
 *
 * @module
 */

/**
 * Returns a function that tells whether one of the frames matches.
 *
 * Many slots have the same stack, and the same array of frames: what was found is kept as long as that array is.
 *
 * @param pattern what a frame has to match; without the flag `g`
 *
 * @example
 * ```ts
 * import { frameMatch } from "./frame_match.ts";
 * import assert from "node:assert/strict";
 *
 * const isMine = frameMatch(/^main\b/);
 * assert.deepEqual([isMine(["f+1 (/m)", "main+2 (/m)"]), isMine(null)], [true, false]);
 * ```
 */
export function frameMatch(pattern: RegExp): (frames: readonly string[] | null) => boolean {
  const known = new WeakMap<readonly string[], boolean>();
  return (frames) => {
    if (frames === null) return false;
    const answer = known.get(frames) ?? frames.some((it) => pattern.test(it));
    known.set(frames, answer);
    return answer;
  };
}
