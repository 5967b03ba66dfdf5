// Plans that watch slots and uses, on the recorded machines and on some that lack a part of what it takes.

import assert from "node:assert/strict";
import { renderProgram } from "../program/mod.ts";
import { factsOf } from "../tests/support/kernel_machine.ts";
import type { PlannedMachine } from "../tests/support/kernel_machine.ts";
import { PLAN_LIMITS } from "../tests/support/plan_variants.ts";
import { RECORDED_MACHINES, recordedMachine } from "../tests/support/recorded_machines.ts";
import { slottedMachine, withoutFunctions } from "../tests/support/slotted_machine.ts";
import { MAPS } from "./_kernel_terms.ts";
import { planLifecycle } from "./mod.ts";
import type { Plan, Rung, TraceLimits } from "./mod.ts";

/** Parts of the slots, in the order of the ladder. */
const PARTS: readonly string[] = ["slots filled", "slots emptied", "fd tables", "messages", "close-on-exec"];

/** What is said when slots are not seen for certain. */
const UNSEEN =
  "dup, inheritance and passing over sockets are not seen (--slots shows them): a pidfd counts until its last reference goes";
const UNCERTAIN = "which numbers a pidfd has in which fd tables is not told for certain";

async function planFor(
  machine: PlannedMachine,
  depth: Pick<TraceLimits, "slots" | "uses"> = { slots: true },
): Promise<Plan> {
  const plan = planLifecycle(await factsOf(machine), { ...PLAN_LIMITS, follow: false, ...depth });
  if ("reasons" in plan) assert.fail(plan.reasons.join("\n"));
  return plan;
}

function rungOf({ ladder }: Plan, what: string): Rung {
  const rung = ladder.find((it) => it.what === what);
  assert.ok(rung !== undefined, what);
  return rung;
}

/** Where bpftrace takes no fentry probe. */
const WITHOUT_FENTRY: readonly string[] = ["5.10+bookworm"];

for (const name of RECORDED_MACHINES) {
  Deno.test(`planLifecycle() sees every slot on ${name}`, async () => {
    const plan = await planFor(slottedMachine(name), { slots: true, uses: true });
    assert.equal(plan.slotsSeen, true, JSON.stringify(plan.ladder));
    assert.ok(!plan.cannotSee.includes(UNSEEN));
    const step = WITHOUT_FENTRY.includes(name) ? "kprobe" : "fentry";
    for (const part of PARTS) assert.equal(rungOf(plan, part).step, step, part);
    const emptier = plan.law === "per-inode" ? "file_close_fd_locked" : "pick_file";
    assert.deepEqual(rungOf(plan, "slots emptied").functions, [emptier, "filp_close"]);
    const functions = PARTS.flatMap((it) => rungOf(plan, it).functions);
    for (const it of functions) assert.ok(plan.probes.some((probe) => probe.endsWith(`:${it}`)), it);
    for (const it of ["pidfd_pid", "pidfd_poll"]) assert.equal(rungOf(plan, `uses by ${it}`).step, step, it);
    assert.equal(new Set(plan.probes).size, plan.probes.length, "a place stands twice");
  });

  Deno.test(`planLifecycle() gives the same program on ${name} when slots are not asked for`, async () => {
    const recorded = await planFor(recordedMachine(name), {});
    const slotted = await planFor(slottedMachine(name), { slots: false, uses: false });
    assert.equal(renderProgram(slotted.program), renderProgram(recorded.program));
    assert.deepEqual(slotted.ladder, recorded.ladder);
    assert.deepEqual(slotted.cannotSee, recorded.cannotSee);
    assert.equal(slotted.slotsSeen, false);
    assert.ok(slotted.cannotSee.includes(UNSEEN));
    assert.ok(!renderProgram(slotted.program).includes(MAPS.tables));
  });
}

/** A part that is missing, what is not seen then, and the reason that is given. */
const LACKS: readonly {
  readonly what: string;
  readonly change: (machine: PlannedMachine) => PlannedMachine;
  readonly parts: readonly string[];
  readonly reason: RegExp;
  readonly slotsSeen: boolean;
}[] = [
  {
    what: "fd_install cannot be probed",
    change: (it) => ({ ...it, untraceable: [...it.untraceable, "fd_install"] }),
    parts: ["slots filled"],
    reason: /fd_install/,
    slotsSeen: false,
  },
  {
    what: "do_dup2 is inlined",
    change: (it) => withoutFunctions(it, ["do_dup2"]),
    parts: ["slots filled"],
    reason: /do_dup2/,
    slotsSeen: false,
  },
  {
    what: "nothing empties slots by their number",
    change: (it) => withoutFunctions(it, ["file_close_fd_locked", "pick_file"]),
    parts: ["slots emptied"],
    reason: /pick_file/,
    slotsSeen: false,
  },
  {
    what: "BTF does not describe task_struct.in_execve",
    change: (it) => {
      const { in_execve: _, ...members } = it.structs["task_struct"]?.members ?? {};
      return { ...it, structs: { ...it.structs, task_struct: { size: 9792, members } } };
    },
    parts: ["slots emptied"],
    reason: /BTF does not describe task_struct\.in_execve/,
    slotsSeen: false,
  },
  {
    what: "kallsyms has no data symbols (CONFIG_KALLSYMS_ALL)",
    change: (it) => withoutFunctions(it, ["pidfs_file_operations"]),
    parts: ["slots filled", "slots emptied", "messages"],
    reason: /The symbol pidfs_file_operations is needed: a pidfd's file is known by it/,
    slotsSeen: false,
  },
  {
    what: "put_files_struct is inlined",
    change: (it) => withoutFunctions(it, ["put_files_struct"]),
    parts: ["fd tables"],
    reason: /put_files_struct/,
    slotsSeen: false,
  },
  {
    what: "fget_raw cannot be probed",
    change: (it) => ({ ...it, untraceable: [...it.untraceable, "fget_raw"] }),
    parts: ["messages"],
    reason: /fget_raw/,
    slotsSeen: true,
  },
];

for (const { what, change, parts, reason, slotsSeen } of LACKS) {
  Deno.test(`planLifecycle() says what is not seen of slots when ${what}`, async () => {
    const plan = await planFor(change(slottedMachine("6.12")));
    const unseen = PARTS.filter((it) => rungOf(plan, it).step === "none");
    assert.deepEqual(unseen, parts);
    for (const part of parts) assert.match(rungOf(plan, part).instead.join("\n"), reason);
    assert.equal(plan.slotsSeen, slotsSeen);
    assert.equal(plan.cannotSee.includes(UNSEEN), !slotsSeen);
    assert.equal(plan.cannotSee.includes(UNCERTAIN), !slotsSeen);
    for (const it of parts.flatMap((part) => rungOf(plan, part).loses)) {
      assert.ok(plan.cannotSee.includes(it), it);
    }
  });
}

Deno.test("planLifecycle() says what close_range hides when it cannot be probed", async () => {
  const plan = await planFor(withoutFunctions(slottedMachine("6.12"), ["__x64_sys_close_range"]));
  const rung = rungOf(plan, "close-on-exec");
  assert.deepEqual(rung.functions, ["set_close_on_exec"]);
  assert.match(rung.loses.join("\n"), /what close_range leaves out of a copy of an fd table/);
  assert.match(rung.instead.join("\n"), /__x64_sys_close_range/);
  assert.equal(plan.slotsSeen, true);
});

Deno.test("planLifecycle() asks each kernel for its own count of a file's references", async () => {
  const rows = [["6.12", "f_count.counter"], ["6.18", "f_ref.refcnt.counter"]] as const;
  for (const [name, words] of rows) {
    const text = renderProgram((await planFor(slottedMachine(name))).program);
    assert.ok(text.includes(words), name);
  }
});
