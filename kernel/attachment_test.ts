import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { type Attachment, attachment, ATTACHMENT_SYMBOLS } from "./attachment.ts";
import { readSymbols } from "./symbols.ts";

async function told(symbols: string): Promise<Attachment> {
  return attachment(
    await readSymbols(fakeHost({ files: { "/proc/kallsyms": symbols } }), ATTACHMENT_SYMBOLS),
  );
}

test("attachment() tells from the functions that the kernel has, also when their addresses are hidden", async () => {
  const { kprobes, fentry } = await told("0 T register_kprobe\n0 T register_ftrace_direct\n0 T do_exit\n");
  assert.equal(kprobes.kind, "supported");
  assert.match(fentry.kind === "unsupported" ? fentry.reason : "", /bpf_trampoline_link_prog/);
});

test("attachment() cannot tell when there is no list of symbols", async () => {
  const { kprobes, fentry } = await told("");
  assert.deepEqual([kprobes.kind, fentry.kind], ["unknown", "unknown"]);
});
