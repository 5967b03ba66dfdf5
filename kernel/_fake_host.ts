/**
 * A machine that exists only in memory, for the tests and examples of this folder.
 *
 * @module
 */

import {
  type Host,
  type HostDescription,
  HostError,
  type HostErrorKind,
  type HostProcess,
} from "../hosts/host.ts";

/** What a command of a fake machine says. */
export interface FakeOutput {
  /** Exit status. @default {0} */
  readonly code?: number;
  /** Standard output. @default {""} */
  readonly stdout?: string;
  /** Standard error. @default {""} */
  readonly stderr?: string;
}

/** What a fake machine has. */
export interface FakeMachine {
  /** Content by absolute path; an error kind instead of content fails that way. */
  readonly files?: Readonly<Record<string, string | Uint8Array | { readonly fails: HostErrorKind }>>;
  /** Output by the words of the command, joined by one space; others end with status 127. */
  readonly commands?: Readonly<Record<string, FakeOutput>>;
  /** `uname -m`. @default {"x86_64"} */
  readonly machine?: string;
  /** Whether nothing answers at all. @default {false} */
  readonly lost?: boolean;
}

/**
 * Creates a machine from what it has.
 *
 * @param machine its files and commands
 * @returns the host
 */
export function fakeHost(machine: FakeMachine): FakeHost {
  return new FakeHost(machine);
}

/** A {@linkcode Host} in memory. */
export class FakeHost implements Host {
  readonly name = "fake";
  /** Every path and command that was asked for, in order. */
  readonly asked: string[] = [];
  readonly #machine: FakeMachine;

  /** Creates the machine; see {@linkcode fakeHost}. */
  constructor(machine: FakeMachine) {
    this.#machine = machine;
  }

  async describe(): Promise<HostDescription> {
    const release = (await this.readText("/proc/sys/kernel/osrelease")).trim();
    const machine = this.#machine.machine ?? "x86_64";
    return { name: this.name, release, machine, bootId: "b", cpus: 2, uid: 0 };
  }

  async readText(path: string): Promise<string> {
    return new TextDecoder().decode(await this.readBytes(path));
  }

  async readBytes(path: string): Promise<Uint8Array> {
    this.#ask(path);
    await Promise.resolve();
    const content = this.#machine.files?.[path] ?? { fails: "missing" };
    if (typeof content === "string") return new TextEncoder().encode(content);
    if (content instanceof Uint8Array) return content;
    throw this.#error(`Cannot read "${path}": ${content.fails}`, content.fails);
  }

  async readLinesWith(path: string, words: readonly string[]): Promise<readonly string[]> {
    const text = await this.readText(path);
    return text.split("\n").filter((line) => words.some((word) => line.includes(word)));
  }

  async list(path: string): Promise<readonly string[]> {
    this.#ask(path);
    await Promise.resolve();
    const content = this.#machine.files?.[path];
    if (typeof content === "object" && "fails" in content) {
      throw this.#error(`Cannot list "${path}": ${content.fails}`, content.fails);
    }
    const below = Object.keys(this.#machine.files ?? {}).filter((file) => file.startsWith(`${path}/`));
    if (below.length === 0) throw this.#error(`Cannot list "${path}": missing`, "missing");
    const names = below.map((file) => file.slice(path.length + 1).split("/")[0] ?? "");
    return [...new Set(names)].filter((name) => name !== "").sort();
  }

  spawn(argv: readonly string[]): HostProcess {
    const command = argv.join(" ");
    this.#ask(command);
    const output = this.#machine.commands?.[command] ?? { code: 127, stderr: "not found" };
    return {
      stdin: new WritableStream<Uint8Array>(),
      stdout: stream(output.stdout ?? ""),
      stderr: stream(output.stderr ?? ""),
      status: Promise.resolve({ code: output.code ?? 0 }),
      kill: () => {},
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #ask(what: string): void {
    this.asked.push(what);
    if (this.#machine.lost === true) throw this.#error("Cannot reach the host: no answer", "lost");
  }

  #error(message: string, kind: HostErrorKind): HostError {
    return new HostError(message, { host: this.name, kind });
  }
}

function stream(text: string): ReadableStream<Uint8Array> {
  return ReadableStream.from([new TextEncoder().encode(text)]);
}
