/**
 * From the words of the command line to an exit code.
 *
 * @module
 */

import { message } from "@optique/core/message";
import { run } from "@optique/run";
import { ProgramError } from "../../capture/mod.ts";
import { HostError } from "../../hosts/mod.ts";
import { VERSION } from "../version.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { EXAMPLES, grammar } from "./grammar.ts";
import type { CommandLine } from "./grammar.ts";
import { openTerminal } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";

/** Thrown out of the parser when it has printed help or an error. */
class Exit {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

/**
 * Runs the tool.
 *
 * @param args words of the command line; those after `--` are CMD
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  const dashes = args.indexOf("--");
  const own = dashes < 0 ? args : args.slice(0, dashes);
  const argv = dashes < 0 ? [] : args.slice(dashes + 1);
  const terminal = openTerminal({ quiet: own.includes("-q") || own.includes("--quiet") });
  try {
    const line = parse(own);
    checkCommand(line, argv, dashes >= 0);
    return await dispatch(line, argv, terminal);
  } catch (error) {
    if (error instanceof Exit) return error.code;
    return report(error, terminal);
  }
}

function parse(args: readonly string[]): CommandLine {
  return run(grammar, {
    programName: "trace-clone",
    args,
    help: "both",
    version: { value: VERSION, option: true },
    completion: "command",
    aboveError: "none",
    errorExitCode: EXIT.usage,
    showDefault: true,
    showChoices: true,
    colors: false,
    maxWidth: 79,
    brief: message`See every pidfd on a live Linux kernel from its birth to its last close.`,
    examples: EXAMPLES,
    footer:
      message`Exit codes: 0 well, 1 a rule is broken, 2 usage, 3 cannot run here, 4 undetermined, 5 a budget ended it, 129/130/143 signals. With -- CMD: the status of CMD.`,
    onExit: (code) => {
      throw new Exit(code);
    },
  });
}

function checkCommand(line: CommandLine, argv: readonly string[], dashes: boolean): void {
  const usage = (text: string, hint: string) => new CliError(text, { code: EXIT.usage, hint });
  if (dashes && line.command !== "trace") {
    throw usage(`Cannot run a command with "${line.command}"`, "Only trace takes -- CMD");
  }
  if (dashes && argv.length === 0) {
    throw usage("Nothing stands after --", "Write the command to run, such as -- ./prog");
  }
  if (
    line.command === "trace" && argv.length === 0 &&
    (line.copy.length > 0 || line.commandOutput !== undefined)
  ) {
    throw usage(
      "--copy and --cmd-output need a command",
      "Write the command to run at the end, such as -- ./prog",
    );
  }
}

async function dispatch(line: CommandLine, argv: readonly string[], terminal: Terminal): Promise<number> {
  switch (line.command) {
    case "trace":
      return await (await import("./trace.ts")).trace(line, argv, terminal);
    case "plan":
      return await (await import("./plan.ts")).plan(line, terminal);
    default:
      return await (await import("./lab.ts")).lab(line, terminal);
  }
}

function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CliError || error instanceof HostError || error instanceof ProgramError) {
    terminal.note(`trace-clone: ${error.message}`);
    if (error.hint !== undefined) terminal.note(`  hint: ${error.hint}`);
    return error instanceof CliError ? error.code : EXIT.cannotRun;
  }
  terminal.note(`trace-clone: a fault of the tool's own: ${error instanceof Error ? error.stack : error}`);
  return EXIT.cannotRun;
}
