// Small worlds in which nothing is left to chance: every history of them, each beside what really happened.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Correlator, knownHolders } from "../../model/mod.ts";
import type { ModelOptions, RefcountLaw, Update } from "../../model/mod.ts";
import { CountWorld } from "../simulator/count_world.ts";
import { visitEveryHistory } from "../simulator/every_history.ts";
import type { Choice, Visited, World } from "../simulator/every_history.ts";
import { FD_DEEDS, FdWorld } from "../simulator/fd_world.ts";
import type { FdDeed } from "../simulator/fd_world.ts";
import { generationOf } from "../simulator/generations.ts";
import { CPUS } from "../simulator/printer.ts";
import { eventDifferences, stateDifferences } from "../support/count_truth.ts";
import { slotDifferences } from "../support/slot_truth.ts";
import { SteppedModel } from "../support/stepped_model.ts";

const SCOPE = { pids: undefined, comm: undefined, descendants: false };

/** What lines were read as: most histories begin as many others do. */
const READ: ConstructorParameters<typeof SteppedModel>[1] = new Map();

/** A world, and the model that follows it. */
class Followed<W extends World> implements World {
  readonly world: W;
  readonly model: SteppedModel;
  /** What was printed so far. */
  readonly lines: string[] = [];
  readonly #take: (world: W) => readonly string[];

  constructor(world: W, options: ModelOptions, take: (world: W) => readonly string[]) {
    this.world = world;
    this.model = new SteppedModel(options, READ);
    this.#take = take;
  }

  choices(): readonly Choice[] {
    return this.world.choices();
  }

  follow(): void {
    const lines = this.#take(this.world);
    this.lines.push(...lines);
    this.model.lines(lines);
  }
}

function say(what: string, depth: number, { histories, ends, events }: Visited): void {
  console.log(
    `${what}: ${histories} histories of 1 to ${depth} events, each compared after its last one; ` +
      `${ends} ends; ${events} events played`,
  );
}

function assertNone(differences: readonly string[], path: readonly string[]): void {
  if (differences.length > 0) assert.fail(`after ${path.join("; ")}:\n${differences.join("\n")}`);
}

function findings({ updates, state }: SteppedModel): readonly string[] {
  const found = updates.filter((it) => it.type === "finding" || it.type === "lost");
  const unmatched = state.unmatched === 0 ? [] : [`${state.unmatched} records fit no lifecycle`];
  return [...found.map((it) => JSON.stringify(it.body)), ...unmatched];
}

/** One CPU's buffer is read after the other: put in order again, it must all be the same. */
function orderDifferences({ model, lines }: Followed<CountWorld>, law: RefcountLaw): readonly string[] {
  const correlator = new Correlator({ law, attachedNs: 0n, scope: SCOPE, cpus: CPUS });
  const arrived = [1, 0].flatMap((cpu) => lines.filter((it) => it.split(" ", 2)[1] === `${cpu}`));
  const updates = [
    ...correlator.take(arrived.map((text) => ({ kind: "record", text }))),
    ...correlator.finish(),
  ];
  const { lost, late, unmatched } = correlator.trust;
  const wrong = lost === 0 && late === 0 && unmatched === 0
    ? []
    : [`${lost} lost, ${late} late, ${unmatched} unmatched`];
  const [one, other] = [model.updates, updates].map(namesOf);
  return one === other ? wrong : [...wrong, `in order of time: ${one}`, `put in order: ${other}`];
}

function namesOf(updates: readonly Update[]): string {
  return updates.map(({ seq, type, ktimeNs }) => `${seq} ${type} ${ktimeNs}`).join(", ");
}

for (const name of ["G5", "G2"] as const) {
  const generation = generationOf(name);
  const { law } = generation;
  const depth = 5;
  test(`step() agrees with the oracle after each history of up to ${depth} events of two processes, ${name}, ${law}`, () => {
    const visited = visitEveryHistory({
      depth,
      begin: () =>
        new Followed(
          new CountWorld(generation),
          { law, attachedNs: 0n, scope: SCOPE },
          ({ kernel }) => kernel.printer.take().map((it) => it.text),
        ),
      follow: (it) => it.follow(),
      look({ world, model }, path) {
        assertNone(eventDifferences(model.updates, world), path);
        assertNone(stateDifferences(model.state, world), path);
        assertNone(findings(model), path);
      },
      end: (it, path) => assertNone(orderDifferences(it, law), path),
    });
    say(`${name}, ${law}`, depth, visited);
    assert.ok(visited.histories > 10_000, `${visited.histories} histories`);
  });
}

/** Events that fill a slot, and the one that empties it. */
const FILLS: readonly string[] = [
  "pidfd.install",
  "pidfd.dup",
  "pidfd.receive",
  "pidfd.getfd",
  "pidfd.inherit",
];

/** What was published adds up to what there is, where no call is in the middle of making something. */
function sumDifferences({ world, model: { updates, state } }: Followed<FdWorld>): readonly string[] {
  const { machine, calls, born } = world;
  const count = (...types: readonly string[]) => updates.filter((it) => types.includes(it.type)).length;
  const rows: [what: string, is: number, says: number][] = [
    ["births", born, count("pidfd.create")],
  ];
  if (calls.size === 0) {
    const tables = new Set(machine.tasks.map((it) => it.table));
    const slots = [...tables].flatMap((it) => [...it.slots.values()]).filter((it) => it.file !== null);
    rows.push(["full slots", slots.length, count(...FILLS) - count("pidfd.close")]);
    rows.push(["open files", world.files, state.files.size]);
  }
  return rows.flatMap(([what, is, says]) => is === says ? [] : [`${what}: ${is}; the model says ${says}`]);
}

/** Each process with pidfds is held by whom the law says. */
function holderDifferences({ world, model: { state } }: Followed<FdWorld>): readonly string[] {
  if (world.calls.size > 0) return [];
  const { law, processes } = world.machine.kernel;
  return processes.filter((it) => it.tracked).flatMap((process) => {
    const { hashed, files } = process;
    const is = [
      ...(hashed ? ["pid hash"] : []),
      ...(law === "per-file" ? Array<string>(files).fill("pidfd file") : files > 0 ? ["pidfs inode"] : []),
    ];
    const target = state.targets.get(process.pidAddress);
    // Of one whose only pidfd was closed before its birth was told, it is not known.
    const says = target === undefined ? ["nothing"] : knownHolders(target);
    return says === undefined || says.join() === is.join()
      ? []
      : [`${process.pid} is held by ${is.join()}; the model says ${says.join()}`];
  });
}

interface SlotWorld {
  readonly name: string;
  readonly deeds: readonly FdDeed[];
  /** What holds one reference. */
  readonly law: RefcountLaw;
  /** Processes at the begin. */
  readonly processes: number;
  /** Tasks at once at the most. @default {2} */
  readonly tasks?: number;
  /** Whether the process has a second thread at the begin, and another process shares its table. @default {false} */
  readonly shared?: boolean;
  readonly depth: number;
  /** Fewer would mean that the world is not what it was. */
  readonly least: number;
}

/** Everything for a few events, and what belongs together for more. */
const SLOT_WORLDS: readonly SlotWorld[] = [
  {
    name: "every call, one process at first",
    deeds: FD_DEEDS,
    law: "per-inode",
    processes: 1,
    depth: 3,
    least: 9_000,
  },
  {
    name: "every call, two processes",
    deeds: FD_DEEDS,
    law: "per-file",
    processes: 2,
    depth: 3,
    least: 20_000,
  },
  {
    name: "tables that are shared and left",
    deeds: ["fork", "thread", "open", "close", "unshare", "end"],
    law: "per-inode",
    processes: 1,
    depth: 5,
    least: 30_000,
  },
  {
    name: "messages",
    deeds: ["open", "message", "close", "end"],
    law: "per-file",
    processes: 2,
    depth: 5,
    least: 18_000,
  },
  {
    name: "births that are told late",
    deeds: ["fork", "thread", "slowOpen", "dup", "close", "end"],
    law: "per-file",
    processes: 1,
    depth: 5,
    least: 25_000,
  },
  {
    name: "numbers that are used again",
    deeds: ["open", "replace", "mark", "closeRange", "exec"],
    law: "per-inode",
    processes: 1,
    depth: 5,
    least: 14_000,
  },
  {
    name: "threads that exec",
    deeds: ["open", "mark", "exec", "unshare"],
    law: "per-inode",
    processes: 1,
    tasks: 3,
    shared: true,
    depth: 4,
    least: 22_000,
  },
];

function begin(world: FdWorld, shared: boolean): FdWorld {
  const { machine } = world;
  const [first] = machine.tasks;
  if (shared && first !== undefined) {
    machine.fork(first, { shared: true, pidfd: false });
    machine.thread(first);
  }
  return world;
}

for (const { name, deeds, law, processes, tasks = 2, shared = false, depth, least } of SLOT_WORLDS) {
  test(`step() knows every slot after each history of up to ${depth} events of two tables, ${name}`, () => {
    const options = { law, attachedNs: 0n, scope: SCOPE, slotsSeen: true };
    const visited = visitEveryHistory({
      depth,
      begin: () =>
        new Followed(
          begin(new FdWorld(deeds, { processes, tasks, law }), shared),
          options,
          ({ machine }) => machine.take(),
        ),
      follow: (it) => it.follow(),
      look(it, path) {
        assertNone(slotDifferences(it.model.state, it.world.machine), path);
        assertNone(holderDifferences(it), path);
        assertNone(sumDifferences(it), path);
        assertNone(findings(it.model), path);
      },
      end() {},
    });
    say(`${name}, ${law}`, depth, visited);
    assert.ok(visited.histories >= least, `${visited.histories} histories`);
  });
}
