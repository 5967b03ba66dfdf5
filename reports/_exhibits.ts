/** Exhibits as values of JSON: a reader can follow a verdict with nothing else at hand. */

import { printableText } from "../events/mod.ts";
import { errnoName, errorOf, writeFact } from "../model/mod.ts";
import type { Exhibit, Fact, Step, Update } from "../model/mod.ts";
import type { Answer } from "../schema/mod.ts";
import { publish } from "./publish.ts";
import type { Origin } from "./publish.ts";

type RuleAnswer = Answer<"confirm">["rules"][number];
type ExhibitAnswer = RuleAnswer["exhibits"][number];

/** What the model said, by number, and where it comes from. */
export interface EventBook {
  /** Updates by `seq`. */
  readonly bySeq: ReadonlyMap<number, Update>;
  /** The target, and its clock. */
  readonly origin: Origin;
}

/** Exhibits with the events that they name. */
export function withEvents(
  exhibits: readonly Exhibit[],
  { bySeq, origin }: EventBook,
): Pick<RuleAnswer, "exhibits" | "events"> {
  const names = new Names();
  const named = exhibits.flatMap((it) => it.kind === "event" ? [it.seq] : []);
  return {
    exhibits: exhibits.map((it) => answerOf(it, names)),
    events: [...new Set(named)].flatMap((seq) => {
      const update = bySeq.get(seq);
      return update === undefined ? [] : [publish(update, origin)];
    }),
  };
}

const NOTHING = { fact: null, step: null, seq: null };

function answerOf(exhibit: Exhibit, names: Names): ExhibitAnswer {
  switch (exhibit.kind) {
    case "fact":
      // The kernel uses an address again as soon as it is free: a name holds within one call.
      names.forget();
      return { kind: "fact", ...NOTHING, fact: factOf(exhibit.fact) };
    case "step":
      return { kind: "step", ...NOTHING, step: stepOf(exhibit.step, names) };
    case "event":
      return { kind: "event", ...NOTHING, seq: exhibit.seq };
    default:
      return exhibit satisfies never;
  }
}

/** Every field of a fact; no text of the machine's is left as it is. */
function factOf(fact: Fact): NonNullable<ExhibitAnswer["fact"]> {
  const line = Object.entries(writeFact(fact))
    .map(([name, value]) => [name, typeof value === "string" ? escapedLines(value) : value]);
  // The table of the schema has the fields of a fact, which a test makes sure of.
  return Object.fromEntries(line);
}

/** Printable text; line ends and tabulators, which structure fdinfo, stay. */
function escapedLines(text: string): string {
  return text.split(/([\n\t])/).map((it) => it === "\n" || it === "\t" ? it : printableText(it)).join("");
}

function stepOf(step: Step, names: Names): NonNullable<ExhibitAnswer["step"]> {
  const { returned, value, detail, pidAddress, file, tid, ktimeNs } = step;
  return {
    function: step.function,
    returned,
    value,
    detail,
    pid: names.nameOf("pid", pidAddress),
    file: names.nameOf("file", file),
    tid,
    ktime_ns: ktimeNs.toString(),
  };
}

/** Names for addresses of the kernel, which nobody else is to know. */
class Names {
  readonly #names = new Map<string, string>();

  /** A name; `null` for no address, and the error for one that says so. */
  nameOf(kind: "pid" | "file", address: string): string | null {
    if (/^0*$/.test(address)) return null;
    const error = errorOf(address);
    if (error !== 0) return errnoName(error);
    const key = `${kind} ${address}`;
    const many = [...this.#names.keys()].filter((it) => it.startsWith(kind)).length;
    const name = this.#names.get(key) ?? `${kind}${many + 1}`;
    this.#names.set(key, name);
    return name;
  }

  forget(): void {
    this.#names.clear();
  }
}
