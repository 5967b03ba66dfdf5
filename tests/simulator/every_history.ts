/**
 * All histories of a small world, none left out: every way in which it can go on, up to a number of events.
 *
 * A world cannot be copied, so it begins anew for each way through it, and what it did before is done again. What was
 * checked already is not checked again: each history is looked at once, right after its last event.
 *
 * @module
 */

/** One way in which a world can go on. */
export interface Choice {
  /** What happens, in a few words. */
  readonly name: string;
  /** Lets it happen. */
  readonly act: () => void;
}

/** A world that goes on by choices; with the same choices it must always come to the same. */
export interface World {
  /** The ways in which it can go on from here. */
  choices(): readonly Choice[];
}

/** What is done with every history. */
export interface Visitor<W extends World> {
  /** Events of a history at the most. */
  readonly depth: number;
  /** Makes a world in which nothing has happened. */
  readonly begin: () => W;
  /** Lets everybody who watches see the latest event; also called for events that were looked at already. */
  readonly follow: (world: W) => void;
  /** Looks at a history that was not seen before; `path` has the names of its events. */
  readonly look: (world: W, path: readonly string[]) => void;
  /** Looks at a history that is not gone on with. */
  readonly end: (world: W, path: readonly string[]) => void;
}

/** How much there was. */
export interface Visited {
  /** Histories that were looked at, the shorter ones that others begin with among them. */
  readonly histories: number;
  /** Those of them that were not gone on with. */
  readonly ends: number;
  /** Events in all, those that were done again among them. */
  readonly events: number;
}

/**
 * Goes through all histories of a world, depth first.
 *
 * @param visitor what is done with each of them
 * @returns how much there was
 */
export function visitEveryHistory<W extends World>(visitor: Visitor<W>): Visited {
  const visited = { histories: 0, ends: 0, events: 0 };
  const taken: number[] = [];
  const open: number[] = [];
  let known = 0;
  for (;;) {
    const world = visitor.begin();
    const path: string[] = [];
    while (path.length < visitor.depth) {
      const at = path.length;
      const choices = world.choices();
      const choice = choices[taken[at] ??= 0];
      if (choice === undefined) break;
      open[at] = choices.length;
      choice.act();
      visitor.follow(world);
      visited.events += 1;
      path.push(choice.name);
      if (at < known) continue;
      visited.histories += 1;
      visitor.look(world, path);
    }
    visited.ends += 1;
    visitor.end(world, path);
    let last = path.length - 1;
    while (last >= 0 && (taken[last] ?? 0) + 1 >= (open[last] ?? 0)) last -= 1;
    if (last < 0) return visited;
    taken[last] = (taken[last] ?? 0) + 1;
    taken.length = last + 1;
    known = last;
  }
}
