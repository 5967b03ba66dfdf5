import assert from "node:assert/strict";
import { known, notKnown } from "../../kernel/mod.ts";
import { SlotWatch } from "./slot_watch.ts";
import type { SlotSources } from "./slot_watch.ts";

const WALKED = known({ lines: ["found 1"], filesSeen: 40, beganNs: 5n, endedNs: 9n });
const SLOT = {
  ...{ pid: 201, tid: 201, fd: 5, target: 203, targetNumbers: [203], startTicks: 1n },
  ...{ inode: 7n, link: undefined, flags: undefined },
};

/** A watch on a machine that answers so. */
function watched(sources: Partial<SlotSources> = {}) {
  const tapped: string[] = [];
  const notes: string[] = [];
  const watch = new SlotWatch({
    walk: () => Promise.resolve(WALKED),
    list: () => Promise.resolve(known({ slots: [SLOT], missing: [] })),
    nowNs: () => Promise.resolve(50_000_000n),
    ...sources,
    tap: (lines) => {
      tapped.push(...lines);
      return lines;
    },
    onNote: (text) => notes.push(text),
  });
  const texts = () => watch.take().map((it) => it.kind === "record" ? it.text : it.kind);
  return { watch, tapped, notes, texts };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test("SlotWatch tells what was open before, over the tape and only when it is asked", async () => {
  using watching = watched().watch;
  assert.deepEqual(watching.take(), []);
  const { watch, tapped, texts } = watched();
  await settle();
  assert.deepEqual(tapped, []);
  assert.deepEqual(texts(), ["found 1", "walked 40 5 9"]);
  assert.equal(tapped.length, 2);
  assert.deepEqual(texts(), []);
  watch[Symbol.dispose]();
});

Deno.test("SlotWatch says that nothing is to be waited for when the walk is not possible", async () => {
  const unable = watched({ walk: () => Promise.resolve(notKnown("There is no iterator")) });
  const lost = watched({ walk: () => Promise.reject(new Error("Gone")) });
  await settle();
  assert.deepEqual(unable.texts(), ["walked 0 0 0"]);
  assert.deepEqual(lost.texts(), ["walked 0 0 0"]);
  assert.match(unable.notes.join(), /not known: There is no iterator/);
});

Deno.test("SlotWatch reads /proc once, and waits until that is compared", async () => {
  const { watch, texts } = watched();
  await settle();
  texts();
  let asked = 0;
  await Promise.all([watch.compare(() => ++asked > 2), watch.compare(() => true)]);
  assert.deepEqual(texts(), ["look 40000000", "listed 201 5 203", "compared 60000000 1"]);
  assert.ok(asked > 2);
});

Deno.test("SlotWatch reads /proc when it has told what was open before, also when a run ends at once", async () => {
  const walk = Promise.withResolvers<typeof WALKED>();
  const { watch, texts } = watched({ walk: () => walk.promise });
  const comparing = watch.compare(() => true);
  await settle();
  assert.deepEqual(texts(), []);
  walk.resolve(WALKED);
  await comparing;
  assert.deepEqual(texts().map((it) => it.split(" ")[0]), ["found", "walked", "look", "listed", "compared"]);
});

Deno.test("SlotWatch does not wait for what cannot be compared, and says what is missing", async () => {
  const refused = watched({ list: () => Promise.resolve(notKnown("Permission denied")) });
  await refused.watch.compare(() => false);
  assert.match(refused.notes.join(), /not compared with \/proc: Permission denied/);
  const partly = watched({
    list: () => Promise.resolve(known({ slots: [], missing: ["Some were refused"] })),
  });
  await partly.watch.compare(() => true);
  assert.equal(partly.texts().at(-1), "compared 60000000 0");
  assert.match(partly.notes.join(), /not whole: Some were refused/);
});

Deno.test("SlotWatch ends what is being asked when it is over", () => {
  let heard: AbortSignal | undefined;
  const { watch } = watched({
    walk: (signal) => {
      heard = signal;
      return new Promise(() => {});
    },
  });
  watch[Symbol.dispose]();
  assert.equal(heard?.aborted, true);
});
