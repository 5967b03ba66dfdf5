// The programs of examples/ compile with the command that they name, and do on this machine what they say.

import assert from "node:assert/strict";
import { buildExample, EXAMPLES, listExamples } from "./support/examples.ts";

Deno.test("every example is known here", async () => {
  assert.deepEqual(await listExamples(), Object.keys(EXAMPLES).sort());
});

for (const [name, says] of Object.entries(EXAMPLES)) {
  Deno.test(`examples/${name}.c compiles with its own command and does what it says`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const program = await buildExample(name, { folder });
      const { code, stdout, stderr } = await new Deno.Command(program).output();
      const text = new TextDecoder().decode(stdout);
      assert.equal(code, 0, text + new TextDecoder().decode(stderr));
      assert.match(text, says);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
