import assert from "node:assert/strict";
import { Ticker } from "./ticker.ts";

Deno.test("Ticker does it at once and again, until it is closed, also from inside", async () => {
  let times = 0;
  const done = Promise.withResolvers<void>();
  const ticker: Ticker = new Ticker(() => {
    times += 1;
    if (times < 3) return;
    ticker[Symbol.dispose]();
    done.resolve();
  }, { everyMs: 1 });
  assert.equal(times, 1);
  await done.promise;
  ticker.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(times, 3);
});

Deno.test("Ticker does seldom what takes long", async () => {
  const begins: number[] = [];
  const takesMs = 20;
  const ticker = new Ticker(() => {
    begins.push(performance.now());
    while (performance.now() - (begins.at(-1) ?? 0) < takesMs);
  }, { everyMs: 1 });
  while (begins.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  ticker[Symbol.dispose]();
  const [first = 0, second = 0] = begins;
  assert.ok(second - first > 10 * takesMs, `${second - first} ms`);
});
