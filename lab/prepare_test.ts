import assert from "node:assert/strict";
import { HostError } from "../hosts/host.ts";
import { installCommand, LAB_PACKAGES, programHint } from "./packages.ts";
import { missingPackages, prepareMachine } from "./prepare.ts";
import { requireFreeSpace } from "./free_space.ts";

const HERE = { name: "dash", programs: ["sh"], files: ["/etc/passwd"], why: "it is everywhere" };
const ABSENT_PROGRAM = { name: "one", programs: ["no-such-program"], files: [], why: "a test" };
const ABSENT_FILE = { name: "two", programs: ["sh"], files: ["/no/such file"], why: "a test" };
const WITHOUT_ROOT = { ...ABSENT_PROGRAM, name: "three", onlyWithoutRoot: true };

Deno.test("missingPackages() looks for programs and files", async () => {
  const packages = [HERE, ABSENT_PROGRAM, ABSENT_FILE, WITHOUT_ROOT];
  const missing = async (uid: number) => (await missingPackages({ packages, uid })).map((row) => row.name);
  assert.deepEqual(await missing(0), ["one", "two"]);
  assert.deepEqual(await missing(1000), ["one", "two", "three"]);
});

Deno.test("prepareMachine() gives the exact command to a user who is not root", async () => {
  await assert.rejects(
    prepareMachine({ packages: [HERE, ABSENT_PROGRAM, ABSENT_FILE], uid: 1000 }),
    (error) => {
      assert.ok(error instanceof HostError);
      assert.equal(error.kind, "missing");
      assert.match(
        error.message,
        /^Cannot use the lab: "no-such-program".*"\/no\/such file" required, and missing/,
      );
      assert.equal(
        error.hint,
        "As root: apt-get update && apt-get install -y --no-install-recommends one two",
      );
      return true;
    },
  );
});

Deno.test("prepareMachine() changes nothing where nothing is missing", async () => {
  const lines: string[] = [];
  assert.deepEqual(await prepareMachine({ packages: [HERE], onProgress: (line) => lines.push(line) }), []);
  assert.deepEqual(lines, []);
});

Deno.test("LAB_PACKAGES has one owner for each program, and a reason for each package", () => {
  const programs = LAB_PACKAGES.flatMap((row) => row.programs);
  assert.equal(new Set(programs).size, programs.length);
  assert.ok(LAB_PACKAGES.every((row) => row.why !== "" && row.programs.length + row.files.length > 0));
});

Deno.test("programHint() names the package and the command", () => {
  assert.ok(programHint("ssh-keygen").endsWith(installCommand(["openssh-client"])));
  assert.match(programHint("no-such-program"), /^Install "no-such-program"/);
});

Deno.test("requireFreeSpace() tells how much is required and how much there is", async () => {
  const pattern =
    /^HostError: Cannot build it: 1152921504607 MB of free disk space are required below "\/tmp", and \d+ MB/;
  await assert.rejects(requireFreeSpace("/tmp", { purpose: "build it", bytes: 2 ** 60 }), pattern);
});
