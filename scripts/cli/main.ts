/**
 * From the words of the command line to an exit code.
 *
 * @module
 */

import { text } from "@optique/core/message";
import { run } from "@optique/run";
import { VERSION } from "../version.ts";
import { CliError, EXIT, exitCodesLine } from "./exit_code.ts";
import { tellError } from "./failure.ts";
import { checkFilters } from "./filters.ts";
import { BRIEF, EXAMPLES, grammar, LAB_COMMANDS, USAGE } from "./grammar.ts";
import type { CommandLine } from "./grammar.ts";
import { withModules } from "./image_words.ts";
import { manual } from "./manual.ts";
import { PROFILE_WORDS } from "./profile_grammar.ts";
import { checkRecordingWords, replayRequest } from "./recording_words.ts";
import { openTerminal, print } from "./terminal.ts";
import type { Invocation } from "./invocation.ts";
import type { Terminal } from "./terminal.ts";

/** Title of what is about the command line itself. */
const HELP = "Help";

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
    checkWords(args);
    const line = withModules(parse(chosen(own), terminal));
    checkCommand(line, argv, dashes >= 0);
    return await dispatch(line, { args, argv, terminal });
  } catch (error) {
    if (error instanceof Exit) return error.code;
    return tellError(error, terminal);
  }
}

/** No word at all is no choice between commands: it means the default. */
function chosen(words: readonly string[]): readonly string[] {
  if (words.length === 0) return ["trace"];
  return words.length === 1 && words[0] === "profile" ? PROFILE_WORDS : words;
}

function parse(args: readonly string[], terminal: Terminal): CommandLine {
  const [first, second] = args;
  if (first === "lab" && second !== undefined && /^\w/.test(second) && !LAB_COMMANDS.includes(second)) {
    throw new CliError(
      `Cannot find the command "${second}" of lab: one of ${LAB_COMMANDS.join(", ")} is required`,
      {
        code: EXIT.usage,
        hint: "See deno run trace-clone lab --help",
      },
    );
  }
  return run(grammar, {
    programName: "trace-clone",
    args,
    help: { command: { group: HELP }, option: { names: ["-h", "--help"], group: HELP } },
    version: { value: VERSION, option: { group: HELP } },
    completion: { command: { names: ["completions", "completion"], group: HELP } },
    usageLine: USAGE,
    commandList: "top-level",
    stdout: (text) => print(`${text.replaceAll(/ +$/gm, "")}\n`),
    stderr: (text) => {
      // The usage of every command above a one-line error hides the error.
      if (!text.startsWith("Usage:")) terminal.note(text.replaceAll(/ +$/gm, ""));
    },
    aboveError: "none",
    errorExitCode: EXIT.usage,
    showDefault: true,
    showChoices: true,
    colors: false,
    maxWidth: 79,
    brief: BRIEF,
    examples: EXAMPLES,
    footer: [text(exitCodesLine())],
    onExit: (code) => {
      // Whatever is wrong with the words is a matter of usage, a wrong word after "help" too.
      if (code !== 0) terminal.note(`  hint: See deno run trace-clone ${helpWords(args)}`);
      throw new Exit(code === 0 ? EXIT.well : EXIT.usage);
    },
  });
}

/** The words that show the help of the command that was meant, as far as it is known. */
function helpWords(args: readonly string[]): string {
  const page = manual().commands.find(({ words }) => words[0] === args[0]);
  return [...(page?.words ?? []), "--help"].join(" ");
}

/** Refuses words whose bytes were lost before they came here: they would name something else. */
function checkWords(words: readonly string[]): void {
  const word = words.find((it) => it.includes("\ufffd"));
  if (word === undefined) return;
  throw new CliError(`Cannot read the word ${JSON.stringify(word)}: text in UTF-8 is required`, {
    code: EXIT.usage,
    hint: "In a pattern, ? stands for any character; a file needs another name",
  });
}

function checkCommand(line: CommandLine, argv: readonly string[], dashes: boolean): void {
  const usage = (text: string, hint: string) => new CliError(text, { code: EXIT.usage, hint });
  if (line.command === "trace" || line.command === "record") {
    const names = line.targets.map((it) => it.name);
    const twice = names.find((it, at) => names.indexOf(it) < at);
    if (twice !== undefined) {
      throw usage(`Cannot trace the target "${twice}" twice in one run`, "Name each target once");
    }
  }
  const isRun = line.command === "trace" || line.command === "record" ||
    (line.command === "leaks" && !line.now && line.target.kind !== "replay");
  if (dashes && !isRun) {
    const what = line.command !== "leaks"
      ? `"${line.command}"`
      : line.now
      ? `"leaks --now"`
      : `"leaks" of a recording`;
    throw usage(
      `Cannot run a command with ${what}`,
      "Only trace and record take -- CMD, and leaks without --now",
    );
  }
  if (dashes && argv.length === 0) {
    throw usage("Nothing stands after --", "Write the command to run, such as -- ./prog");
  }
  if (/^(-|$)/.test(argv[0] ?? "./prog")) {
    throw usage(
      `Cannot run the command ${JSON.stringify(argv[0])}: a name without a dash in front is required`,
      "Write the command to run, such as -- ./prog",
    );
  }
  if (
    "copy" in line && argv.length === 0 &&
    (line.copy.length > 0 || line.commandOutput !== undefined)
  ) {
    throw usage(
      "--copy and --cmd-output need a command",
      "Write the command to run at the end, such as -- ./prog",
    );
  }
  if (line.command !== "leaks" && (isRun || line.command === "replay" || line.command === "plan")) {
    checkFilters(line);
  }
  checkRecordingWords(line, argv);
}

async function dispatch(line: CommandLine, invocation: Invocation): Promise<number> {
  switch (line.command) {
    case "trace": {
      const request = replayRequest(line);
      if (request !== undefined) {
        return await (await import("./replay.ts")).replay(request, invocation.terminal);
      }
      return await (await import("./trace.ts")).trace(line, invocation);
    }
    case "record":
      return await (await import("./record.ts")).record(line, invocation);
    case "replay":
      return await (await import("./replay.ts")).replay(line, invocation.terminal);
    case "plan":
      return await (await import("./plan.ts")).plan(line, invocation);
    case "man":
      return await (await import("./man.ts")).man(line, invocation.terminal);
    case "doctor":
      return await (await import("./doctor.ts")).doctor(line, invocation);
    case "matrix":
      return await (await import("./matrix.ts")).matrix(line, invocation.terminal);
    case "confirm":
      return await (await import("./confirm.ts")).confirm(line, invocation);
    case "leaks":
      return await (await import("./leaks.ts")).leaks(line, invocation);
    case "profile":
      return await (await import("./profile.ts")).profile(line, invocation);
    case "profile diff":
      return await (await import("./profile_diff.ts")).profileDiff(line, invocation.terminal);
    default:
      return await (await import("./lab.ts")).lab(line, invocation.terminal);
  }
}
