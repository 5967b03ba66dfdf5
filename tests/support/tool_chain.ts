/**
 * The chain of processes that one start of the tool makes, here and in a guest.
 *
 * @module
 */

import { run } from "../../hosts/mod.ts";
import type { Host } from "../../hosts/mod.ts";
import { lineChunks } from "../../capture/lines.ts";
import { lookAround, pick } from "./look.ts";
import type { Look, Process } from "./look.ts";

/** Longest time in milliseconds until everything is attached and the command has its pidfds. */
const START_LIMIT_MS = 120_000;

/** How long all members are looked for, in milliseconds. */
const FIND_LIMIT_MS = 5000;

/** Longest time in milliseconds that the command holds its pidfds; longer than any test waits. */
const HOLD_MS = 240_000;
/** How many pidfds the command makes and holds. */
const PIDFDS = 3;

/** A process of the chain, by what it does. */
export type Member =
  | "npx"
  | "shell of npx"
  | "outer deno"
  | "inner deno"
  | "launchers watcher"
  | "ssh master"
  | "ssh helper"
  | "ssh session of the command"
  | "ssh session of bpftrace"
  | "remote shell"
  | "guard"
  | "reader of the guard"
  | "ticker of the guard"
  | "loop of the guard"
  | "bpftrace"
  | "guard of the command"
  | "command";

/** Where a process of the chain is. */
export interface Place {
  /** This machine, or the guest. */
  readonly machine: "here" | "guest";
  /** The process. */
  readonly process: Process;
}

/** How a chain ended. */
export interface ChainEnd {
  /** Exit status of npx, 128 + n for signal n. */
  readonly code: number;
  /** What came on standard output, line by line. */
  readonly lines: readonly string[];
  /** What came on standard error. */
  readonly words: string;
}

/** One started tool; closing it ends what is left of it on this machine. */
export class ToolChain implements AsyncDisposable {
  /** Resolves when the tool and all that could write to its output have ended. */
  readonly ended: Promise<ChainEnd>;
  /** Every process of the chain; known once it is started. */
  members: ReadonlyMap<Member, Place> = new Map();
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  #words = "";
  #over = false;

  private constructor(stimulus: string) {
    const tool = [
      "run",
      "-q",
      "trace-clone",
      "--target",
      "lab:6.12",
      "--no-stimulus",
      "--json",
      "--copy",
      stimulus,
    ];
    const command = ["./stimulus", "bystander", "--hold", `${HOLD_MS}`];
    // A session of its own: nothing that is sent to our process group reaches it.
    this.#child = new Deno.Command("npx", {
      args: ["--yes", "deno@2.9.6", ...tool, "--", ...command],
      cwd: new URL("../..", import.meta.url),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    this.ended = this.#follow();
  }

  /**
   * Starts the tool and waits until it traces a command that holds its pidfds.
   *
   * @param stimulus path of the stimulus
   * @param guest the registered guest, by a connection of the test's own
   * @returns the chain with all its members
   * @throws {Error} when it ends before, or attaches to another guest
   */
  static async start(stimulus: string, guest: Host): Promise<ToolChain> {
    const chain = new ToolChain(stimulus);
    try {
      const start = await chain.#untilTracing();
      const { bootId } = await guest.describe();
      if (start.boot_id !== bootId) throw new Error("Cannot test: the tool found a guest of somebody else");
      chain.members = await chain.#find(guest, start.command_pid);
      return chain;
    } catch (error) {
      await chain[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Kills one process of the chain. */
  async kill(member: Member, guest: Host): Promise<void> {
    const { machine, process } = this.#place(member);
    if (machine === "here") return Deno.kill(process.pid, "SIGKILL");
    const { code, stderr } = await run(guest, ["sh", "-c", 'kill -s KILL "$1"', "kill", `${process.pid}`]);
    if (code !== 0) throw new Error(`Cannot kill the ${member}: ${stderr}`);
  }

  /** What is left of the chain, as text: processes of its sessions, and the folder of its control socket. */
  async left(look: Look): Promise<readonly string[]> {
    const control = this.#controlFolder();
    const here = look.here.filter((it) => this.#isOurs("here", it) || it.args.includes(control));
    const there = look.guest.filter((it) => this.#isOurs("guest", it));
    const folder = await Deno.stat(control).then(() => [`here: ${control}`], () => []);
    const said = (machine: string) => (it: Process) => `${machine}: ${it.pid} ${it.args.slice(0, 100)}`;
    return [...here.map(said("here")), ...folder, ...there.map(said("guest"))];
  }

  /** Ends the tool, if it has not ended by itself; what else there is of the chain ends with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) killIfAlive(-this.#child.pid);
    await this.ended;
  }

  async #follow(): Promise<ChainEnd> {
    const readLines = async () => {
      for await (const lines of lineChunks(this.#child.stdout)) this.#lines.push(...lines);
    };
    const readWords = async () => {
      const stream = this.#child.stderr.pipeThrough(new TextDecoderStream());
      for await (const text of stream) this.#words += text;
    };
    const [{ code }] = await Promise.all([this.#child.status, readLines(), readWords()]);
    this.#over = true;
    return { code, lines: this.#lines, words: this.#words };
  }

  async #untilTracing(): Promise<{ readonly boot_id: string; readonly command_pid: number }> {
    const deadline = performance.now() + START_LIMIT_MS;
    const isCreate = (line: string) => line.includes('"type":"pidfd.create"');
    while (this.#lines.filter(isCreate).length < PIDFDS) {
      if (this.#over || performance.now() > deadline) {
        throw new Error(`Cannot see the tool trace: ${[...this.#lines, this.#words].join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return JSON.parse(this.#lines[0] ?? "");
  }

  /** Finds all members: now and then the tool has one more session, for a moment, to look at something. */
  async #find(guest: Host, commandPid: number): Promise<ReadonlyMap<Member, Place>> {
    for (const deadline = performance.now() + FIND_LIMIT_MS;;) {
      const look = await lookAround(guest);
      try {
        return new Map([...membersHere(look.here, this.#child.pid), ...membersThere(look.guest, commandPid)]);
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
    }
  }

  #place(member: Member): Place {
    const place = this.members.get(member);
    if (place === undefined) throw new Error(`Cannot find the ${member}: the chain is not started`);
    return place;
  }

  #sessions(machine: Place["machine"]): ReadonlySet<number> {
    const ours = [...this.members.values()].filter((it) => it.machine === machine);
    return new Set(ours.map((it) => it.process.sid));
  }

  #isOurs(machine: Place["machine"], process: Process): boolean {
    return this.#sessions(machine).has(process.sid);
  }

  #controlFolder(): string {
    const { args } = this.#place("ssh master").process;
    const folder = / -S (\/tmp\/trace-clone-\w+)\/s /.exec(args)?.[1];
    if (folder === undefined) throw new Error(`Cannot find the control socket in ${args}`);
    return folder;
  }
}

/** Everything on this machine descends from npx. */
function membersHere(all: readonly Process[], npxPid: number): Iterable<[Member, Place]> {
  const childOf = (what: Member, parent: Process, fits = (_args: string) => true) =>
    pick(all, (it) => it.ppid === parent.pid && fits(it.args), { what });
  const npx = pick(all, (it) => it.pid === npxPid, { what: "npx" });
  const shell = childOf("shell of npx", npx);
  const outer = childOf("outer deno", shell);
  const inner = childOf("inner deno", outer);
  const master = childOf("ssh master", inner, (args) => args.startsWith("ssh -N"));
  const isSession = (it: Process) => it.ppid === inner.pid && it.args.startsWith("ssh -F /dev/null");
  const session = (what: Member, at: number): [Member, Process] => [
    what,
    pick(all, isSession, { what, at, of: 2 }),
  ];
  const found: [Member, Process][] = [
    ["npx", npx],
    ["shell of npx", shell],
    ["outer deno", outer],
    ["inner deno", inner],
    ["launchers watcher", childOf("launchers watcher", inner, (args) => /^\S*sh -c /.test(args))],
    ["ssh master", master],
    ["ssh helper", childOf("ssh helper", master)],
    session("ssh session of the command", 0),
    session("ssh session of bpftrace", 1),
  ];
  return found.map(([member, process]) => [member, { machine: "here", process }]);
}

/** Everything in the guest has the session of the connection, but for the command, which has its own. */
function membersThere(all: readonly Process[], commandPid: number): Iterable<[Member, Place]> {
  const parentOf = (what: string, child: Process) => pick(all, (it) => it.pid === child.ppid, { what });
  const command = pick(all, (it) => it.pid === commandPid, { what: "command" });
  const commandGuard = parentOf("guard of the command", command);
  const { sid } = commandGuard;
  const bpftrace = pick(all, (it) => it.sid === sid && it.args.startsWith("bpftrace "), { what: "bpftrace" });
  const guard = parentOf("guard", bpftrace);
  const isHelper = (it: Process) => it.ppid === guard.pid && it.pid !== bpftrace.pid;
  const helper = (what: Member, at: number): [Member, Process] => [
    what,
    pick(all, isHelper, { what, at, of: 3 }),
  ];
  const found: [Member, Process][] = [
    ["remote shell", parentOf("remote shell", guard)],
    ["guard", guard],
    helper("reader of the guard", 0),
    helper("ticker of the guard", 1),
    helper("loop of the guard", 2),
    ["bpftrace", bpftrace],
    ["guard of the command", commandGuard],
    ["command", command],
  ];
  return found.map(([member, process]) => [member, { machine: "guest", process }]);
}

function killIfAlive(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
