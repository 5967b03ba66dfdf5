import assert from "node:assert/strict";
import { fakeHost } from "../../kernel/_fake_host.ts";
import type { FakeOutput } from "../../kernel/_fake_host.ts";
import type { ProgramPlaces } from "../../tracers/mod.ts";
import { MissWatch } from "./miss_watch.ts";

interface Found {
  /** Type of the program. */
  readonly type: number;
  /** The function that it is at, by its id in BTF. @default {nothing tells} */
  readonly functionId?: number | undefined;
  /** Whether it has a link that tells what was missed. */
  readonly isLinked: boolean;
}

/** What a look finds: the misses of one program; -1 where the kernel does not count them, `undefined` for no process. */
function found(
  second: number,
  misses: number | undefined,
  { type, isLinked, functionId }: Found,
): FakeOutput {
  const uptime = `${second}.00 1.00`;
  const fields = misses === undefined ? {} : { prog_type: type, prog_id: 7, recursion_misses: misses };
  const lines = Object.entries(fields).filter(([, value]) => value >= 0)
    .map(([name, value]) => `/proc/77/fdinfo/5:${name}:\t${value}`);
  const place = functionId === undefined ? {} : { attach_type: 24, target_btf_id: functionId };
  const link = { link_id: 9, prog_id: 7, missed: 0, ...place };
  if (isLinked) {
    lines.push(...Object.entries(link).map(([name, value]) => `/proc/77/fdinfo/6:${name}:\t${value}`));
  }
  const stderr = misses === undefined ? "grep: /proc/77/fdinfo/*: No such file or directory\n" : "";
  return { stdout: [uptime, ...lines, uptime, ""].join("\n"), stderr };
}

const CALM = { isCalm: true };

/** Ids of two functions. */
const [CLONES, LAST_PUT] = [41, 42];

const placesOf: ProgramPlaces = (programs) =>
  new Map(programs.flatMap(({ id, place }) => {
    const functionId = place?.functionId;
    if (functionId !== CLONES && functionId !== LAST_PUT) return [];
    return [[id, { name: `${place?.kind}:f${functionId}`, isSpare: functionId === LAST_PUT }] as const];
  }));

/** A watch over a machine whose looks find these, one after the other. */
function watch(
  options: { readonly isCalm: boolean; readonly kprobesMatter?: boolean } & Partial<Found>,
  ...misses: readonly (number | undefined)[]
): MissWatch {
  const { type = 26, isLinked = true, functionId, ...rest } = options;
  let looks = 0;
  const commands = new Proxy<Record<string, FakeOutput>>({}, {
    get: () =>
      found(10 + looks, misses[Math.min(looks++, misses.length - 1)], { type, isLinked, functionId }),
  });
  return new MissWatch(fakeHost({ commands }), {
    ...{ bpftracePid: 77, kprobesMatter: true, placesOf },
    ...rest,
  });
}

Deno.test("MissWatch tells how often programs did not run since it began, and when", async () => {
  using misses = watch(CALM, 2, 5);
  await misses.last();
  assert.deepEqual(misses.result, { misses: 3 });
  assert.deepEqual(misses.take().map(({ reason, events, fromNs, toNs }) => [reason, events, fromNs, toNs]), [
    ["missed-probe", 3, 10_000_000_000n, 11_010_000_000n],
  ]);
  assert.deepEqual(misses.take(), []);
});

Deno.test("MissWatch tells no loss of kprobes that no verdict rests on, and counts them", async () => {
  using misses = watch({ ...CALM, kprobesMatter: false, type: 2 }, 2, 5);
  await misses.last();
  assert.deepEqual([misses.result, misses.take()], [{ misses: 3 }, []]);
});

Deno.test("MissWatch names the probe, and tells no loss of one that no verdict rests on", async () => {
  const detail = async (functionId: number | undefined) => {
    using misses = watch({ ...CALM, functionId }, 2, 5);
    await misses.last();
    assert.deepEqual(misses.result, { misses: 3 }, "all are counted");
    return misses.take().map((it) => it.detail.slice(0, it.detail.indexOf(",")));
  };
  assert.deepEqual(await detail(CLONES), ["the kernel did not run a program 3 times (fentry:f41 3)"]);
  assert.deepEqual(await detail(LAST_PUT), []);
  for (const unknown of [undefined, 43]) {
    assert.deepEqual(await detail(unknown), ["the kernel did not run a program 3 times (a probe 3)"]);
  }
});

Deno.test("MissWatch does not take the 0 of kprobes without links for a count", async () => {
  using blind = watch({ ...CALM, type: 2, isLinked: false }, 0, 0);
  await blind.last();
  assert.match(blind.result.misses === null ? blind.result.reason : "", /how often kprobes were passed over/);
  using some = watch({ ...CALM, type: 2, isLinked: false }, 2, 5);
  await some.last();
  assert.match(some.result.misses === null ? some.result.reason : "", /it is known of 3 times$/);
  using without = watch({ ...CALM, type: 2, isLinked: false, kprobesMatter: false }, 0, 0);
  await without.last();
  assert.deepEqual(without.result, { misses: 0 }, "there is none that matters");
});

Deno.test("MissWatch says 0 only when it looked at the end", async () => {
  using whole = watch(CALM, 0, 0);
  await whole.last();
  assert.deepEqual([whole.result, whole.take()], [{ misses: 0 }, []]);
  using unfinished = watch(CALM, 0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { result } = unfinished;
  assert.match(
    result.misses === null ? result.reason : "",
    /could not be read at the end of the run; it was 0/,
  );
});

Deno.test("MissWatch lets nothing be judged that it does not know of, on a kernel that can be preempted", async () => {
  using misses = watch({ isCalm: false }, 0, undefined);
  assert.equal(misses.settledNs, 0n);
  await misses.last();
  assert.equal(misses.settledNs, 10_000_000_000n, "the second look found nothing");
  using uncounted = watch({ isCalm: false }, -1);
  await uncounted.last();
  assert.equal(uncounted.settledNs, undefined, "there is nothing to wait for");
});

Deno.test("MissWatch gives the reason where it cannot know", async () => {
  for (const [first, last, reason] of [[-1, -1, /Linux 5\.12/], [0, undefined, /No such file/]] as const) {
    using misses = watch(CALM, first, last);
    await misses.last();
    const { result } = misses;
    assert.match(result.misses === null ? result.reason : "", reason);
  }
});
