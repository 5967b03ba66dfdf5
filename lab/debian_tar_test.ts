import assert from "node:assert/strict";
import { HostError } from "../hosts/host.ts";
import { type DebianSource, debianTarCommand, debianTarRecipe, describeAbsence } from "./debian_tar.ts";
import { kernelSource } from "./kernel_tree.ts";
import { runProgram } from "./program.ts";

const KERNEL = kernelSource({ series: "5.10", suite: "bullseye" });
const SYSTEM: DebianSource = { kind: "system", suite: "bullseye", packages: ["kmod"], excludedPaths: [] };
const ABSENCES: readonly { readonly source: DebianSource; readonly line: string; readonly says?: string }[] =
  [
    {
      source: KERNEL,
      line: "lab-fetch: none on http://deb.debian.org/debian http://security.debian.org/debian-security ",
      says: `Debian's suite "bullseye" has no linux-image-5.10…cloud-amd64 any more ` +
        "(mirror http://deb.debian.org/debian, http://security.debian.org/debian-security)",
    },
    {
      source: SYSTEM,
      line: "E: The repository 'http://deb.debian.org/debian bullseye Release' does not have a Release file.",
      says: `Debian's suite "bullseye" is not there any more (mirror http://deb.debian.org/debian)`,
    },
    { source: KERNEL, line: "lab-fetch: downloading linux-image-5.10.0-46-cloud-amd64" },
    { source: KERNEL, line: "E: Failed to fetch http://deb.debian.org/debian/pool/x.deb  404  Not Found" },
  ];
for (const { source, line, says } of ABSENCES) {
  Deno.test(`describeAbsence() ${says === undefined ? "blames no mirror for" : "reads"} "${line}"`, () => {
    assert.equal(describeAbsence(source, ["I: running apt-get update...", line]), says);
  });
}

Deno.test("debianTarRecipe() is another one for another kernel, and has the hook's text", async () => {
  const recipe = await debianTarRecipe(KERNEL);
  assert.deepEqual(recipe.slice(0, -2), debianTarCommand(KERNEL));
  assert.ok(recipe.some((part) => part.includes("lab-fetch:")));
  assert.notDeepEqual(recipe, await debianTarRecipe(kernelSource({ series: "5.1", suite: "bullseye" })));
  assert.deepEqual(await debianTarRecipe(SYSTEM), debianTarCommand(SYSTEM));
});

/** Names of packages on the pretended mirror. */
const NAMES = [
  "busybox-static",
  "linux-image-6.1.0-9-cloud-amd64",
  "linux-image-6.1.0-50-cloud-amd64",
  "linux-image-6.1.0-51-cloud-amd64-unsigned",
  "linux-image-6.1.0-51-amd64",
  "linux-image-6.12.1-cloud-amd64",
  "linux-image-7.2.13+deb14-cloud-amd64",
  "linux-binary-7.2.13+deb14-cloud-amd64",
  "linux-modules-7.2.13+deb14-cloud-amd64",
  "linux-modules-7.2.12+deb14-cloud-amd64",
];

/** Runs the hook with an apt and a dpkg that only pretend; returns what it would have unpacked. */
async function unpacked(series: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  const fakes = {
    "apt-cache": `cat '${folder}/names'`,
    "apt-get": 'for name; do :; done; echo "$name" >"$name.deb"',
    "dpkg-deb": `cat "$2" >>'${folder}/unpacked'`,
  };
  try {
    await Deno.mkdir(`${folder}/bin`);
    await Deno.mkdir(`${folder}/tree/etc/apt`, { recursive: true });
    await Deno.writeTextFile(`${folder}/tree/etc/apt/sources.list`, "deb http://one/debian x main\n");
    await Deno.writeTextFile(`${folder}/names`, `${NAMES.join("\n")}\n`);
    for (const [name, text] of Object.entries(fakes)) {
      await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    }
    const source = kernelSource({ series, suite: "x" });
    const script = await Deno.readTextFile(new URL("./fetch_package.sh", import.meta.url));
    const path = `${folder}/bin:/usr/bin:/bin`;
    const pattern = source.kind === "package" ? source.pattern : "";
    await runProgram(["env", `PATH=${path}`, "sh", "-c", script, "hook", `${folder}/tree`], {
      purpose: "run the hook",
      env: { MMDEBSTRAP_APT_CONFIG: "/dev/null", LAB_PACKAGE: pattern },
    });
    return await Deno.readTextFile(`${folder}/unpacked`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const NEWEST: readonly (readonly [series: string, packages: readonly string[]])[] = [
  ["6.1", ["linux-image-6.1.0-50-cloud-amd64"]],
  ["6.12", ["linux-image-6.12.1-cloud-amd64"]],
  ["7.2", ["linux-binary-7.2.13+deb14-cloud-amd64", "linux-modules-7.2.13+deb14-cloud-amd64"]],
];
for (const [series, packages] of NEWEST) {
  Deno.test(`fetch_package.sh takes the newest package of series ${series}`, async () => {
    assert.deepEqual((await unpacked(series)).trim().split("\n").toSorted(), packages);
  });
}

Deno.test("fetch_package.sh says where it has looked in vain", async () => {
  await assert.rejects(unpacked("6.2"), (error) => {
    assert.ok(error instanceof HostError);
    assert.match(error.hint ?? "", /^lab-fetch: none on http:\/\/one\/debian$/m);
    return true;
  });
});
