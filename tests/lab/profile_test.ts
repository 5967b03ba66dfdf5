// Profiles of two kernels of the lab, and what differs between them: what is known of both. Over ssh a guest is a machine
// like any other, where only what is harmless is tried unless the user says yes.
// Guests: keeps lab:6.1, lab:6.12.

import assert from "node:assert/strict";
import type { Answer } from "../../schema/mod.ts";
import { readAnswers } from "../support/answers.ts";
import { findKernel, startGuest } from "../../lab/mod.ts";
import { inBash, piped } from "../support/said.ts";
import { knownToSsh } from "../support/ssh_guests.ts";

const LIMIT_MS = 10 * 60_000;

/** What is the same on both, as far as it is one of the promises of pidfds. */
const COMMON: Readonly<Record<string, string>> = {
  "clone-detached": "EINVAL",
  "clone-parent-settid": "EINVAL",
  "clone3-parent-settid-two-places": "a pidfd",
  "clone3-parent-settid-one-place": "EINVAL",
  "integer-checked": "no",
  "integer-read-only": "EFAULT",
  "integer-read-only-leaves": "none",
  "no-number-left": "EMFILE",
  "integer-after-no-number": "what it held before",
  "pids-max": "EAGAIN",
  "integer-after-pids-max": "a number that is no descriptor",
  "descriptor-after-pids-max": "no",
  "dead-namespace": "ENOMEM",
  "set-tid-used": "EEXIST",
  "clone3-unknown-flag": "EINVAL",
  "pidfd-descriptor-flags": "FD_CLOEXEC",
  "pidfd-file-flags": "O_RDWR",
  "link-text": "anon_inode:[pidfd]",
  "fdinfo-nspid-of-nested": "the pid 1",
  "fdinfo-pid-of-foreign": "0",
  "fdinfo-pid-after-reap": "-1",
  "child-has-pidfd": "no",
  "open-reaped": "ESRCH",
  "open-thread-id": "EINVAL",
  "poll-zombie": "POLLIN | POLLRDNORM",
  "autoreap": "EINVAL",
};

/** What differs: on 6.1, on 6.12, and the commit that is known for it. */
const DIFFERENT: Readonly<Record<string, readonly [before: string, after: string, commit: string | null]>> = {
  "thread-pidfd": ["EINVAL", "a pidfd of the thread", "83b290c9e3b5"],
  "clone3-thread-pidfd": ["EINVAL", "a pidfd of the thread", "83b290c9e3b5"],
  "pidfd-mode": ["0600", "0700", "cb12fd8e0dab"],
  "pidfd-inode": ["one for all pidfds", "one for each process", "cb12fd8e0dab"],
  "pidfd-file-system": ["0x9041934", "0x50494446", "cb12fd8e0dab"],
  "open-thread": ["EINVAL", "O_RDWR | O_EXCL", "64bef697d33b"],
  "open-thread-id-as-thread": ["EINVAL", "a pidfd", "64bef697d33b"],
  "birth-reopen": ["ENXIO", "a pidfd", "cb12fd8e0dab"],
  "birth-reopen-writable": ["ENXIO", "EPERM", "cb12fd8e0dab"],
  "reopen-reaped": ["ENXIO", "success", "cb12fd8e0dab"],
  "birth-so-peerpidfd": ["ENOPROTOOPT", "a pidfd", "7b26952a91cf"],
  "birth-so-peerpidfd-reaped": ["ENOPROTOOPT", "EINVAL", "7b26952a91cf"],
  "birth-scm-pidfd": ["ENOPROTOOPT", "a pidfd", "5e2ff6704a27"],
  "poll-after-reap": ["POLLIN | POLLRDNORM", "POLLIN | POLLHUP | POLLRDNORM", "43f0df54c96f"],
  "poll-thread-ended": ["EINVAL", "its end", "64bef697d33b"],
  "signal-flags": ["EINVAL", "success", null],
  "uts-namespace": ["ENOTTY", "uts:[N]", "5b08bd408534"],
  "info": ["ENOTTY", "EINVAL", "5b08bd408534"],
  "info-reaped": ["ENOTTY", "EINVAL", "5b08bd408534"],
  "info-foreign": ["ENOTTY", "EINVAL", "5b08bd408534"],
};

/** What makes a cgroup or mounts. */
const WITHHELD = /^(?:pids-max.*|.*-after-pids-max|fdinfo-nspid-of-nested|fdinfo-pid-of-foreign)$/;

/** Compares two files; the kernel is the same, so nothing may differ. */
async function compare(one: string, other: string): Promise<Answer<"profile-diff">> {
  const { code, stdout, stderr } = await piped(["profile", "diff", "--json", one, other]);
  assert.equal(code, 0, `${stdout}${stderr}`);
  const [diff] = readAnswers(stdout);
  assert.ok(diff?.type === "profile-diff");
  return diff;
}

/** Asks a guest as a machine of the user's; `lab` is what was told of its kernel before. */
async function overSsh(kernel: string, lab: string): Promise<void> {
  await using guest = await startGuest({
    kernel: findKernel(kernel),
    timeLimitSeconds: 400,
    onProgress: console.log,
  });
  await using ssh = await knownToSsh({ machine: guest });
  const tool = `PATH='${ssh.path}':"$PATH" "$@"`;
  const words = ["profile", "-q", "--target", "ssh:machine"];
  const shy = await inBash(tool, [...words, `${lab}.shy`]);
  assert.equal(shy.code, 0, shy.stderr);
  const { untold, same } = await compare(lab, `${lab}.shy`);
  assert.ok(untold.length >= 5 && same > 90);
  for (const { id, unknown } of untold) {
    assert.match(id, WITHHELD);
    assert.match(unknown, /^the second: confirm-\S+ makes a cgroup or a mount .*--yes/);
  }
  const whole = await inBash(tool, [...words, "--yes", `${lab}.whole`]);
  assert.equal(whole.code, 0, whole.stderr);
  assert.deepEqual((await compare(lab, `${lab}.whole`)).untold, []);
}

async function profileOf(kernel: string, file: string): Promise<Answer<"profile">> {
  const { code, stdout, stderr } = await piped(["profile", "--json", "--target", `lab:${kernel}`, file], {
    limitMs: LIMIT_MS,
  });
  console.log(stderr);
  assert.equal(code, 0, stderr);
  const [profile] = readAnswers(stdout);
  assert.ok(profile?.type === "profile");
  return profile;
}

Deno.test("profile: two kernels of the lab are told whole, and differ in what is known of them", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    const files = [`${folder}/old.json`, `${folder}/new.json`] as const;
    const old = await profileOf("6.1", files[0]);
    const young = await profileOf("6.12", files[1]);
    await t.step("nothing is unknown in a guest, and what they share is as it should be", () => {
      for (const { host, release, facts } of [old, young]) {
        assert.deepEqual(facts.filter((it) => it.unknown !== null), [], host);
        assert.match(release, /^6\.(?:1|12)\./);
        const told = new Map(facts.map((it) => [it.id, it.value]));
        for (const [id, value] of Object.entries(COMMON)) assert.equal(told.get(id), value, `${host}: ${id}`);
      }
    });
    await t.step("the difference is what is known, each with its commit", async () => {
      const { code, stdout, stderr } = await piped(["profile", "diff", "--json", ...files]);
      assert.equal(code, 1, stderr);
      const [diff] = readAnswers(stdout);
      assert.ok(diff?.type === "profile-diff");
      assert.deepEqual(diff.untold, []);
      const found = diff.changed.map((it) => [it.id, [it.a, it.b, it.commits[0] ?? null]]);
      assert.deepEqual(Object.fromEntries(found), DIFFERENT);
      assert.equal(diff.same + diff.changed.length, old.facts.length);
    });
    await t.step("over ssh it is the same, but for what needs a yes", () => overSsh("6.12", files[1]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
