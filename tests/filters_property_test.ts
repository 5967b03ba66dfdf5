// Filters, on random histories of a simulated kernel: they choose among what is said, and change nothing of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CaptureMessage } from "../capture/mod.ts";
import { decode } from "../events/mod.ts";
import { Correlator } from "../model/mod.ts";
import type { Scope, Update } from "../model/mod.ts";
import { NO_FILTERS, scopeOf } from "../scripts/cli/filters.ts";
import { WHOLE } from "./simulator/count_checks.ts";
import { GENERATIONS } from "./simulator/generations.ts";
import type { KernelGeneration } from "./simulator/generations.ts";
import { simulate } from "./simulator/history.ts";
import { CPUS } from "./simulator/printer.ts";
import { Random } from "./simulator/random.ts";

/** Who acts in a record. */
interface Actor {
  readonly pid: number;
  readonly tid: number;
}

const uidOf = ({ tid }: Actor) => 1000 + tid % 2;
const cgroupOf = ({ pid }: Actor) => ["/a", "/a/b", "/ab"][pid % 3] ?? "/";
const CONTAINER = "cd".repeat(32);

/** A filter, and what it must let through. */
interface Case {
  readonly name: string;
  readonly filters: Partial<Omit<typeof NO_FILTERS, "cgroups" | "uids" | "containers">> & {
    readonly uids?: readonly number[];
    readonly cgroups?: readonly string[];
    readonly containers?: readonly string[];
  };
  readonly isAsked: (actor: Actor) => boolean;
}

const CASES: readonly Case[] = [
  { name: "-u", filters: { uids: [1001] }, isAsked: (it) => uidOf(it) === 1001 },
  {
    name: "-c",
    filters: { cgroups: ["/a"] },
    isAsked: (it) => cgroupOf(it).startsWith("/a/") || cgroupOf(it) === "/a",
  },
  { name: "-c twice", filters: { cgroups: ["/ab", "/a/b"] }, isAsked: (it) => cgroupOf(it) !== "/a" },
  {
    name: "-u and -c",
    filters: { uids: [1000], cgroups: ["/a/b"] },
    isAsked: (it) => uidOf(it) === 1000 && cgroupOf(it) === "/a/b",
  },
  { name: "--container", filters: { containers: [CONTAINER.slice(0, 4)] }, isAsked: () => false },
];

/** The records of a history, each with what tells who acts in it before it. */
function told(messages: readonly CaptureMessage[]): readonly CaptureMessage[] {
  const records = (text: string): CaptureMessage => ({ kind: "record", text });
  const paths = ["/a", "/a/b", "/ab"].map((path, at) =>
    records(`cgroup ${at + 1} ${new TextEncoder().encode(path).toHex()}`)
  );
  const met = new Set<string>();
  return [
    ...paths,
    ...messages.flatMap((it) => {
      const event = it.kind === "record" ? decode(it.text, 1) : undefined;
      if (event === undefined || !("comm" in event) || !("tid" in event) || event.kind === "found") {
        return [it];
      }
      const { pid, tid, startNs } = event;
      const owner = `owner ${startNs} ${pid} ${tid} ${startNs} ${uidOf(event)}`;
      // As the kernel does: each thread once, for nothing of it changes.
      if (met.has(owner)) return [it];
      met.add(owner);
      return [records(owner), records(`who ${startNs} ${pid} ${startNs} 1 ${pid % 3 + 1}`), it];
    }),
  ];
}

function said(
  messages: readonly CaptureMessage[],
  { generation, scope }: { readonly generation: KernelGeneration; readonly scope: Scope },
): { readonly updates: readonly Update[]; readonly notKnown: readonly string[] } {
  const { law, isTyped } = generation;
  const correlator = new Correlator({ law, attachedNs: 0n, scope, cpus: CPUS, hashPutsSeen: isTyped });
  const updates = [...correlator.take(messages), ...correlator.finish()];
  return { updates, notKnown: correlator.trust.notKnown };
}

/** What a filter must let through, by a rule of its own: what was asked for, and what came of it. */
function expected(updates: readonly Update[], isAsked: Case["isAsked"]): readonly number[] {
  const [files, targets] = [new Set<string>(), new Set<string>()];
  const known = new Set<string>();
  return updates.filter((it) => {
    switch (it.type) {
      case "pidfd.create": {
        const isShown = isAsked(it.body.process as Actor);
        known.add(it.body.file ?? "");
        if (!isShown) return false;
        files.add(it.body.file ?? "");
        targets.add(it.body.target.id);
        return true;
      }
      case "pidfd.release":
        return known.has(it.body.file ?? "")
          ? files.has(it.body.file ?? "")
          : isAsked(it.body.process as Actor);
      case "clone.failed":
      case "open.failed":
        return isAsked(it.body.process as Actor);
      case "process.exit":
      case "process.reap":
      case "pid.free":
        return targets.has(it.body.target.id);
      default:
        return false;
    }
  }).map((it) => it.seq);
}

const COMPARED: readonly string[] = [
  ...["pidfd.create", "pidfd.release", "clone.failed", "open.failed"],
  ...["process.exit", "process.reap", "pid.free"],
];

for (const generation of GENERATIONS) {
  test(`filters choose among what is said, and change nothing of it, ${generation.name}`, () => {
    const reached = new Map<string, number>();
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const kernel = simulate({ seed, calls: 120, generation, interleaved: true });
        const { messages } = kernel.printer.deliver(new Random(seed), WHOLE);
        const everybody = told(messages);
        const all =
          said(everybody, { generation, scope: scopeOf(NO_FILTERS, { descendants: false }) }).updates;
        for (const { name, filters, isAsked } of CASES) {
          const scope = scopeOf({ ...NO_FILTERS, ...filters }, { descendants: false });
          const { updates, notKnown } = said(everybody, { generation, scope });
          // The same is said, with the same numbers.
          const bodies = (some: readonly Update[]) => some.map(({ followed: _followed, ...rest }) => rest);
          assert.deepEqual(bodies(updates), bodies(all));
          assert.deepEqual(notKnown.filter((it) => it.startsWith("Whether")), []);
          const shown = updates.filter((it) => it.followed && COMPARED.includes(it.type)).map((it) => it.seq);
          assert.deepEqual(shown, expected(all, isAsked), name);
          reached.set(name, (reached.get(name) ?? 0) + shown.length);
        }
      }),
      { numRuns: 15 },
    );
    for (const { name } of CASES) assert.equal((reached.get(name) ?? 0) > 0, name !== "--container", name);
  });
}

test("a filter by what nobody tells shows nothing, and says so", () => {
  const [generation] = GENERATIONS;
  assert.ok(generation !== undefined);
  const kernel = simulate({ seed: 3, calls: 60, generation, interleaved: false });
  const { messages } = kernel.printer.deliver(new Random(3), WHOLE);
  for (const filters of [{ uids: [0] }, { cgroups: ["/"] }, { containers: ["0123"] }]) {
    const scope = scopeOf({ ...NO_FILTERS, ...filters }, { descendants: false });
    const { updates, notKnown } = said(messages, { generation, scope });
    assert.deepEqual(updates.filter((it) => it.followed), []);
    assert.match(
      notKnown.join(),
      /Whether a process has the uid, cgroup or container that is asked for, \d+ times/,
    );
  }
});
