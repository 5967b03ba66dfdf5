/**
 * The programs of `examples/`, and what they must say.
 *
 * @module
 */

import assert from "node:assert/strict";

/** The folder of the programs. */
const FOLDER = new URL("../../examples/", import.meta.url);

/** What each program prints when the kernel does as it says. */
export const EXAMPLES: Readonly<Record<string, RegExp>> = {
  "pidfd_metadata":
    /^Name:\tpidfd_metadata\nState:\t[RS] \(\w+\)\nPid:\t\d+\nPPid:\t\d+\nafter the reap: No such process\n$/,
  "pidfd_poll": /^ended after \d+ ms\nafter the reap: ended\n$/,
};

/** Names of the programs that there are. */
export async function listExamples(): Promise<readonly string[]> {
  const files = await Array.fromAsync(Deno.readDir(FOLDER), (entry) => entry.name);
  return files.map((it) => it.replace(/\.c$/, "")).sort();
}

/**
 * Compiles a program with the command in its head comment.
 *
 * @param name its name
 * @param options `folder` is where it is compiled; `more` are words for the compiler, such as `-static`
 * @returns path of the program
 */
export async function buildExample(
  name: string,
  { folder, more = [] }: { readonly folder: string; readonly more?: readonly string[] },
): Promise<string> {
  const text = await Deno.readTextFile(new URL(`${name}.c`, FOLDER));
  await Deno.writeTextFile(`${folder}/${name}.c`, text);
  const command = /^ \* {5}(gcc [^&]*) && \.\/(\w+)/m.exec(text);
  assert.ok(command !== null && command[2] === name, `${name}.c has no command to compile it`);
  const [compiler = "", ...words] = (command[1] ?? "").split(" ");
  const output = await new Deno.Command(compiler, { args: ["-Werror", ...more, ...words], cwd: folder })
    .output();
  assert.ok(output.success, new TextDecoder().decode(output.stderr));
  return `${folder}/${name}`;
}
