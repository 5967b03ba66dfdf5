// A healthy guest, spoilt on purpose in one way after another: doctor, plan and trace name the cause, and nothing else.
// Guests: keeps lab:6.12.

import assert from "node:assert/strict";
import { CommandHost, GuestHost, run } from "../../hosts/mod.ts";
import type { Host, HostProcess } from "../../hosts/mod.ts";
import { findKernel, registerGuest, startGuest } from "../../lab/mod.ts";
import { diagnosis } from "../../scripts/cli/doctor.ts";
import { CliError } from "../../scripts/cli/exit_code.ts";
import { defaultLimits } from "../../scripts/cli/plan.ts";
import { prepare, survey } from "../../scripts/cli/prepare.ts";
import { readAnswers, readCheckup } from "../support/answers.ts";
import { piped } from "../support/said.ts";
import type { Said } from "../support/said.ts";

const LIMIT_MS = 120_000;

function tool(...words: readonly string[]): Promise<Said> {
  return piped([...words, "--target", "lab:6.12"], { limitMs: LIMIT_MS });
}

async function shell(host: Host, text: string): Promise<void> {
  const { code, stderr } = await run(host, ["sh", "-c", text], { timeoutMs: 30_000 });
  assert.equal(code, 0, `${text}: ${stderr}`);
}

interface Spoilt {
  readonly what: string;
  /** Shell text that spoils the guest, and that puts it right. */
  readonly spoil?: string;
  readonly restore?: string;
  readonly words?: readonly string[];
  /** The only check that may stand in the way. */
  readonly id: string;
  readonly says: RegExp;
  readonly remedy: RegExp;
  /** Other checks that cannot tell any more. */
  readonly unknown?: readonly string[];
}

const SPOILT: readonly Spoilt[] = [
  {
    // The kernel mounts tracefs inside debugfs by itself, so that must go too.
    what: "tracefs not mounted",
    spoil: "umount -l /sys/kernel/debug; umount -l /sys/kernel/tracing",
    restore: "mount -t debugfs debugfs /sys/kernel/debug; mount -t tracefs tracefs /sys/kernel/tracing",
    id: "tracefs",
    says: /^tracefs is not mounted$/,
    remedy: /^mount -t tracefs tracefs \/sys\/kernel\/tracing$/,
    unknown: ["kprobes-enabled"],
  },
  {
    what: "addresses hidden",
    spoil: "echo 2 >/proc/sys/kernel/kptr_restrict",
    restore: "echo 0 >/proc/sys/kernel/kptr_restrict",
    id: "addresses",
    says: /kernel\.kptr_restrict is 2$/,
    remedy: /^sysctl kernel\.kptr_restrict=1$/,
  },
  {
    what: "no bpftrace",
    words: ["--bpftrace", "/no/such"],
    id: "bpftrace",
    says: /"\/no\/such": it is not on the host$/,
    remedy: /Install the package bpftrace/,
  },
  {
    // There is no way back from this level, so it comes last.
    what: "lockdown",
    spoil:
      "mount -t securityfs securityfs /sys/kernel/security; echo confidentiality >/sys/kernel/security/lockdown",
    id: "lockdown",
    says: /locked down for confidentiality/,
    remedy: /^Boot without lockdown=confidentiality/,
    unknown: ["kprobes-enabled"],
  },
];

/** Switches that silence probes: there still is a plan, by the next step of the ladder. */
const SILENCED = [
  ["kprobes-enabled", "/sys/kernel/debug/kprobes/enabled", /^frees: fentry .*put_pid/m],
  ["ftrace-enabled", "/proc/sys/kernel/ftrace_enabled", /^births by clone and clone3: tracepoint .*is 0/m],
] as const;

async function checkSilenced([id, , step]: (typeof SILENCED)[number]): Promise<void> {
  const [said, planned] = await Promise.all([tool("doctor", "--json"), tool("plan", "--json")]);
  assert.equal(said.code, 0, said.stderr);
  const { checks, verdict } = readCheckup(said.stdout);
  assert.deepEqual([verdict.plan, verdict.blocked_by], [true, []]);
  const silenced = checks.find((it) => it.id === id);
  assert.deepEqual([silenced?.answer, silenced?.blocks], ["no", false]);
  assert.match(silenced?.says ?? "", /probes attach and never fire/);
  const [plan] = readAnswers(planned.stdout);
  assert.ok(plan?.type === "plan");
  assert.match(plan.ladder.join("\n"), step);
}

async function checkHealthy(): Promise<void> {
  const [said, planned] = await Promise.all([tool("doctor", "--json"), tool("plan", "--json")]);
  assert.equal(said.code, 0, said.stderr);
  const { checks, verdict } = readCheckup(said.stdout);
  assert.deepEqual([verdict.plan, verdict.law, verdict.blocked_by, verdict.exit_code], [
    true,
    "per-inode",
    [],
    0,
  ]);
  // securityfs is not mounted in a guest of the lab.
  assert.deepEqual(checks.filter((it) => it.answer !== "yes").map((it) => [it.id, it.answer]), [[
    "lockdown",
    "unknown",
  ]]);
  const [plan] = readAnswers(planned.stdout);
  assert.ok(plan?.type === "plan");
  assert.equal(plan.probes.length, verdict.probes);
  assert.match(plan.doubts.join("\n"), /^securityfs is not mounted.*mount -t securityfs/);
}

/** What refuses in the same words as doctor; they take turns, for each look at a guest takes its time. */
const REFUSING = ["trace", "plan"];

async function checkSpoilt(row: Spoilt, at: number): Promise<void> {
  const { words = [] } = row;
  const [said, refused] = await Promise.all([
    tool("doctor", "--json", ...words),
    tool(REFUSING[at % REFUSING.length] ?? "trace", ...words),
  ]);
  assert.equal(said.code, 3, said.stdout + said.stderr);
  const { checks, verdict } = readCheckup(said.stdout);
  assert.deepEqual([verdict.plan, verdict.blocked_by, verdict.exit_code], [false, [row.id], 3], said.stdout);
  const [cause] = checks.filter((it) => it.blocks);
  assert.match(cause?.says ?? "", row.says);
  assert.match(cause?.remedy ?? "", row.remedy);
  const doubtful = checks.filter((it) => it.answer !== "yes" && !it.blocks).map((it) => it.id);
  for (const id of doubtful) assert.ok(["lockdown", ...row.unknown ?? []].includes(id), `${id} is blamed`);
  assert.equal(refused.code, 3, refused.stderr);
  assert.equal(refused.stdout, "");
  const causes = refused.stderr.split("\n").filter((it) => it.startsWith("  - "));
  assert.deepEqual(causes, [`  - ${cause?.says}`]);
  assert.ok(refused.stderr.includes(`    -> ${cause?.remedy}\n`), refused.stderr);
}

/** A host on which everything is started as a user who is nobody. */
class NobodyHost extends CommandHost {
  readonly name = "lab:6.12";
  readonly #inner: Host;

  constructor(inner: Host) {
    super();
    this.#inner = inner;
  }

  spawn(argv: readonly string[]): HostProcess {
    return this.#inner.spawn(["setpriv", "--reuid", "65534", "--clear-groups", ...argv]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

async function checkNobody(host: Host): Promise<void> {
  await using nobody = new NobodyHost(host);
  const options = { bpftrace: "bpftrace", limits: defaultLimits };
  const { checks, verdict } = diagnosis(await survey(nobody, options), undefined);
  assert.deepEqual([verdict.plan, verdict.blocked_by, verdict.exit_code], [false, ["rights"], 3]);
  const cause = checks.find((it) => it.id === "rights");
  assert.equal(cause?.says, "bpftrace refuses every user but root, and this is user 65534");
  assert.equal(checks.filter((it) => it.answer === "no").length, 1, JSON.stringify(checks));
  await assert.rejects(prepare(nobody, { ...options, hint: undefined }), (error) => {
    assert.ok(error instanceof CliError && error.code === 3);
    const causes = error.message.split("\n").filter((it) => it.startsWith("  - "));
    assert.deepEqual(causes, [`  - ${cause.says}`]);
    assert.match(
      error.message,
      /\n {4}-> Run it as root on the target, or let sudo start bpftrace there: --sudo$/,
    );
    return true;
  });
}

Deno.test("doctor, plan and trace name the one thing that is spoilt on a guest", async (t) => {
  await using guest = await startGuest({ kernel: findKernel("6.12"), timeLimitSeconds: 900 });
  await registerGuest(guest);
  const { name, port, user, keyFile, knownHostsFile } = guest;
  await using host = await GuestHost.connect({ name, port, user, keyFile, knownHostsFile });
  await t.step("a healthy guest has everything", checkHealthy);
  await t.step("a user who is not root is told only that", () => checkNobody(host));
  for (const row of SILENCED) {
    const [id, file] = row;
    await t.step(`${id}: the plan takes the next step`, async () => {
      await shell(host, `echo 0 >${file}`);
      try {
        await checkSilenced(row);
      } finally {
        await shell(host, `echo 1 >${file}`);
      }
    });
  }
  // Each row also shows that the one before it was put right: nothing but its own cause may be told.
  for (const [at, row] of SPOILT.entries()) {
    await t.step(row.what, async () => {
      if (row.spoil !== undefined) await shell(host, row.spoil);
      try {
        await checkSpoilt(row, at);
      } finally {
        if (row.restore !== undefined) await shell(host, row.restore);
      }
    });
  }
});
