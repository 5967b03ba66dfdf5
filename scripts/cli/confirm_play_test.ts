import assert from "node:assert/strict";
import { HostError, LocalHost } from "../../hosts/mod.ts";
import type { HostProcess } from "../../hosts/mod.ts";
import { writeFact } from "../../model/mod.ts";
import { fact, failed } from "../../tests/support/told.ts";
import { play } from "./confirm_play.ts";
import type { Played, PlayOptions } from "./confirm_play.ts";

const line = (scenario: string, words: string, known = {}) =>
  JSON.stringify(writeFact(fact(`${scenario} ${words}`, known)));
const end = (scenario: string, why: string | null = null) =>
  JSON.stringify({ scenario, rounds: 1, ok: why === null, why });

const TAKEN = line("confirm-integer", "clone holds-12345", { ret: 101 });
const REFUSED = line("confirm-integer", "clone holds-12345", failed(22));

/** A stimulus of two lines of shell for each of its provocations. */
function script(integer: string): string {
  return `#!/bin/sh
case $1 in
  --list)
    printf 'confirm-integer\\tharmless\\tR4\\nconfirm-page\\tharmless\\tR5\\nconfirm-flags\\tscratch\\tR6\\n'
    printf 'confirm-enfile\\tdangerous\\tR12\\nconfirm-stress\\tharmless\\tN lives\\n' ;;
  confirm-integer) printf '%s\\n' '${integer}' '${end("confirm-integer")}' ;;
  confirm-page)
    # The pipe closes with the last of its holders: nothing may be left that holds it.
    : > "$0.begun"
    trap 'printf "%s\\n" "$LAST"; rm -f "$0.begun"; exit 143' TERM
    LAST='${end("confirm-page", "ended by SIGTERM")}'
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.1; done
    rm -f "$0.begun"
    printf '%s\\n' '${line("confirm-page", "clone read-only", failed(14))}' '${end("confirm-page")}' ;;
  confirm-flags) printf '%s\\n' '${end("confirm-flags", "needs root")}'; exit 3 ;;
  confirm-enfile) printf '%s\\n' '${end("confirm-enfile", "a child is missing")}'; exit 1 ;;
  confirm-fdinfo) echo nonsense; exit 139 ;;
  confirm-wait) printf '%s\\n' '${end("confirm-wait", "nothing ended within 30 s")}'; exit 4 ;;
  confirm-stress) printf '%s\\n' '${line("confirm-stress", "left left")}' | sed 's/"round":0/"round":'$2/
    printf '%s\\n' '${end("confirm-stress")}' ;;
  confirm-set-tid|confirm-into-cgroup)
    printf '%s\\n' '${
    line("confirm-set-tid", "clone3 free")
  }' | sed "s/confirm-set-tid/$1/" | sed "s/\\"ret\\":[^,]*/\\"ret\\":\${4:-0}/"
    printf '%s\\n' '${end("confirm-set-tid")}' | sed "s/confirm-set-tid/$1/" ;;
esac
`;
}

interface Setting {
  readonly program: string;
  readonly play: (names: readonly string[], more?: Partial<PlayOptions>) => Promise<Played>;
}

/** Has such a stimulus on this machine. */
async function withStimulus(integer: string, work: (setting: Setting) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const program = `${folder}/stimulus`;
  await Deno.writeTextFile(program, script(integer), { mode: 0o755 });
  await using host = new LocalHost();
  try {
    await work({
      program,
      play: (names, more = {}) =>
        play({
          host,
          program,
          names: names.map((it) => `confirm-${it}`),
          rounds: 1,
          lives: 1,
          isLab: true,
          wanted: [],
          signal: new AbortController().signal,
          heardUntil: () => Promise.resolve(),
          onProgress: () => undefined,
          ...more,
        }),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("play() keeps the facts, and says why a provocation told nothing", () =>
  withStimulus(TAKEN, async ({ play }) => {
    const progress: string[] = [];
    const { facts, silent, unfinished } = await play(["integer", "page", "flags", "enfile", "fdinfo"], {
      onProgress: (text) => progress.push(text),
    });
    assert.deepEqual(facts.map((it) => it.fact), ["holds-12345", "read-only"]);
    assert.deepEqual([...silent], [
      ["confirm-flags", "confirm-flags: needs root"],
      [
        "confirm-fdinfo",
        silent.get("confirm-fdinfo") ?? "",
      ],
      ["confirm-enfile", "confirm-enfile: a child is missing"],
    ]);
    assert.match(silent.get("confirm-fdinfo") ?? "", /^confirm-fdinfo ended with status 139: Cannot read/);
    // One that cannot be made here has no end to come to.
    assert.deepEqual([...unfinished], ["confirm-fdinfo", "confirm-enfile"]);
    assert.match(progress[0] ?? "", /confirm-integer, 1 round \(1 of 5\)$/);
  }));

Deno.test("play() hands the seed over, and none when there is none", () =>
  withStimulus(TAKEN, async ({ play }) => {
    const seeded = await play(["set-tid"], { seed: 4711 });
    assert.deepEqual(seeded.facts.map((it) => it.ret), [4711]);
    const free = await play(["set-tid"]);
    assert.deepEqual(free.facts.map((it) => it.ret), [0]);
  }));

Deno.test("play() makes what is chance again, with other seeds, until it has met what it is for", () =>
  withStimulus(TAKEN, async ({ play }) => {
    const seeds = (facts: Played["facts"]) => facts.map((it) => it.ret);
    const met = await play(["into-cgroup"], { seed: 10, isMet: (facts) => facts.length === 3 });
    assert.deepEqual(seeds(met.facts), [10, 11, 12]);
    const once = await play(["into-cgroup"], { seed: 10 });
    assert.deepEqual(seeds(once.facts), [10]);
    const never = await play(["into-cgroup"], { seed: 10, isMet: () => false });
    assert.ok(never.facts.length > 3 && never.facts.length < 20);
    assert.equal(never.silent.size, 0);
  }));

Deno.test("play() makes again what the kernel's word was lost on, and keeps what it told before apart", () =>
  withStimulus(TAKEN, async ({ play }) => {
    const progress: string[] = [];
    const onProgress = (text: string) => progress.push(text);
    const holes = ["a record is missing", undefined];
    const twice = await play(["integer", "page"], { onProgress, holeIn: () => holes.shift() });
    assert.deepEqual(twice.facts.map((it) => it.fact), ["holds-12345", "read-only"]);
    assert.deepEqual(twice.torn.map((it) => it.map(({ fact }) => fact)), [["holds-12345"]]);
    assert.deepEqual(twice.silent.size, 0);
    assert.ok(progress.some((it) => it.endsWith("confirm-integer, again: a record is missing")));
    // What never is whole is told as it is in the end.
    const never = await play(["integer"], { holeIn: () => "a record is missing" });
    assert.deepEqual([never.facts.length, never.torn.length, never.silent.size], [1, 4, 0]);
  }));

Deno.test("play() does not make again what is counted, or did not come to its end", () =>
  withStimulus(TAKEN, async ({ play }) => {
    const { facts, torn, silent } = await play(["flags", "stress"], { holeIn: () => "a record is missing" });
    assert.deepEqual([facts.length, torn.length, silent.size], [1, 0, 1]);
  }));

Deno.test("play() leaves out what could harm a machine that is no guest, unless it is named", () =>
  withStimulus(TAKEN, async ({ play }) => {
    const names = ["integer", "enfile", "stress"];
    const usual = await play(names, { isLab: false });
    assert.deepEqual([...usual.silent.keys()], ["confirm-enfile", "confirm-stress"]);
    assert.match(usual.silent.get("confirm-stress") ?? "", /--dangerous confirm-stress/);
    assert.equal(usual.unfinished.size, 0);
    const wanted = await play(names, { isLab: false, wanted: ["confirm-stress"] });
    assert.deepEqual([...wanted.silent.keys()], ["confirm-enfile"]);
    assert.ok(wanted.facts.some((it) => it.scenario === "confirm-stress"));
  }));

Deno.test("play() leaves out what makes a pidfd fail where the kernel is like that of the first pidfds", () =>
  withStimulus(REFUSED, async ({ play }) => {
    const { silent } = await play(["integer", "page"], { isLab: false });
    assert.match(silent.get("confirm-page") ?? "", /behaves like the first pidfds.*c3b7112df86b/);
    const guest = await play(["integer", "page"], { isLab: true });
    assert.equal(guest.silent.size, 0);
  }));

Deno.test("play() tells what is under way to end, keeps what it says, and makes nothing more", () =>
  withStimulus(TAKEN, async ({ play, program }) => {
    const controller = new AbortController();
    const playing = play(["integer", "page", "stress"], { signal: controller.signal });
    for (;;) {
      if (await Deno.stat(`${program}.begun`).then(() => true, () => false)) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    controller.abort("enough");
    const { facts, silent, unfinished } = await playing;
    assert.deepEqual(facts.map((it) => it.scenario), ["confirm-integer"]);
    assert.equal(silent.get("confirm-page"), "confirm-page: ended by SIGTERM");
    assert.match(silent.get("confirm-stress") ?? "", /was not made: the run was ended before/);
    assert.deepEqual([...unfinished], ["confirm-page"]);
    // It has cleaned up after itself.
    await assert.rejects(Deno.stat(`${program}.begun`), Deno.errors.NotFound);
  }));

Deno.test("play() makes many lives in several runs, so that what is told of them is read meanwhile", () =>
  withStimulus(TAKEN, async ({ play }) => {
    const heard: bigint[] = [];
    const heardUntil = (ktimeNs: bigint) => Promise.resolve(void heard.push(ktimeNs));
    const { facts, silent } = await play(["stress"], { lives: 1203, heardUntil });
    assert.deepEqual(heard, [2000n, 2000n, 2000n]);
    assert.deepEqual(facts.map((it) => it.round), [500, 500, 203]);
    assert.equal(silent.size, 0);
  }));

Deno.test("play() makes nothing more when the kernel did not come back", () =>
  withStimulus(TAKEN, async ({ play }) => {
    const { facts, silent, unfinished } = await play(["integer", "wait", "page"]);
    assert.deepEqual(facts.map((it) => it.scenario), ["confirm-integer"]);
    assert.deepEqual([...silent], [
      ["confirm-wait", "confirm-wait: nothing ended within 30 s"],
      ["confirm-page", "confirm-page was not made: confirm-wait did not come back"],
    ]);
    assert.deepEqual([...unfinished], ["confirm-wait"]);
  }));

/** A machine that refuses to start some of what it is asked to start. */
class Refusing extends LocalHost {
  #left: number;

  constructor(refusals: number) {
    super();
    this.#left = refusals;
  }

  override spawn(argv: readonly string[]): HostProcess {
    if (!argv.includes("--list") && this.#left-- > 0) {
      throw new HostError("Cannot start a program", { host: "refusing", kind: "failed" });
    }
    return super.spawn(argv);
  }
}

Deno.test("play() starts again what the machine did not start, and goes on without it after the third time", () =>
  withStimulus(TAKEN, async ({ play }) => {
    await using twice = new Refusing(2);
    const started = await play(["integer", "page"], { host: twice });
    assert.deepEqual([started.facts.length, started.silent.size], [2, 0]);
    await using thrice = new Refusing(3);
    const { facts, silent, unfinished } = await play(["integer", "page"], { host: thrice });
    assert.deepEqual(facts.map((it) => it.fact), ["read-only"]);
    assert.deepEqual([...silent], [["confirm-integer", "confirm-integer: Cannot start a program"]]);
    assert.deepEqual([...unfinished], ["confirm-integer"]);
  }));
