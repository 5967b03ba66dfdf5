import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { HostError } from "../hosts/host.ts";
import { buildStimulus } from "./stimulus_binary.ts";

Deno.test("buildStimulus() compiles all files, uses the cache, and compiles again when a header changed", async () => {
  const cacheFolder = await Deno.makeTempDir();
  const sources = await Deno.makeTempDir();
  const sourceFolder = pathToFileURL(`${sources}/`);
  const lines: string[] = [];
  const options = { cacheFolder, sourceFolder, onProgress: (line: string) => lines.push(line) };
  const write = (name: string, text: string) => Deno.writeTextFile(`${sources}/${name}`, text);
  await write("main.c", "int answer(void);\nint main(void) { return answer(); }\n");
  await write("answer.c", '#include "answer.h"\nint answer(void);\nint answer(void) { return ANSWER; }\n');
  await write("answer.h", "#define ANSWER 42\n");
  const run = async () => (await new Deno.Command(await buildStimulus(options)).output()).code;
  assert.equal(await run(), 42);
  assert.equal(await run(), 42);
  await write("answer.h", "#define ANSWER 43\n");
  assert.equal(await run(), 43);
  assert.deepEqual(lines, ["stimulus: compiling", "stimulus: compiling"]);

  await write("broken.c", "int broken(void);\nint broken(void) { int unused; return 0; }\n");
  await assert.rejects(buildStimulus(options), (error) => {
    assert.ok(error instanceof HostError);
    assert.equal(error.message, 'Cannot compile the stimulus: "gcc" ended with status 1 instead of 0');
    assert.match(error.hint ?? "", /unused variable/);
    return true;
  });
  for (const folder of [cacheFolder, sources]) await Deno.remove(folder, { recursive: true });
});
