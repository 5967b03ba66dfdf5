import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeHost } from "./_fake_host.ts";
import { cannotTell, supported, unsupported } from "./feature.ts";
import { known, notKnown } from "./known.ts";
import { findTracefs, parseTracepointFormat, readTracepoint } from "./tracefs.ts";

const FORMAT = [
  "name: sched_process_fork",
  "ID: 316",
  "format:",
  "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;",
  "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;",
  "",
  "\tfield:__data_loc char[] parent_comm;\toffset:8;\tsize:4;\tsigned:0;",
  "\tfield:const char * filename;\toffset:16;\tsize:8;\tsigned:0;",
  "\tfield:unsigned long args[6];\toffset:24;\tsize:48;\tsigned:0;",
  "",
  'print fmt: "comm=%s field:x;", __get_str(parent_comm)',
].join("\n");

test("findTracefs() falls back to debugfs when its own place is empty or missing", async () => {
  const inDebugfs = { "/sys/kernel/debug/tracing/events/enable": "" };
  assert.deepEqual(await findTracefs(fakeHost({ files: inDebugfs })), known("/sys/kernel/debug/tracing"));
  const unmounted = { "/sys/kernel/tracing/": "", ...inDebugfs };
  assert.deepEqual(await findTracefs(fakeHost({ files: unmounted })), known("/sys/kernel/debug/tracing"));
});

test("findTracefs() says unknown with both reasons when both places are refused", async () => {
  const files = {
    "/sys/kernel/tracing": { fails: "denied" },
    "/sys/kernel/debug/tracing": { fails: "missing" },
  } as const;
  const root = await findTracefs(fakeHost({ files }));
  assert.equal(root.kind, "unknown");
  assert.match(root.kind === "unknown" ? root.reason : "", /tracing": denied; .*debug\/tracing": missing/);
});

test("parseTracepointFormat() reads arrays, pointers and __data_loc, and nothing of the print line", () => {
  const fields = parseTracepointFormat(FORMAT);
  assert.deepEqual(
    fields.map((field) => `${field.type} ${field.name} @${field.offsetBytes}+${field.sizeBytes}`),
    [
      "unsigned short common_type @0+2",
      "int common_pid @4+4",
      "__data_loc char[] parent_comm @8+4",
      "const char * filename @16+8",
      "unsigned long[6] args @24+48",
    ],
  );
  assert.deepEqual(fields.map((field) => field.signed), [false, true, false, false, false]);
});

test("parseTracepointFormat() throws when a field has no offset or no type", () => {
  assert.throws(() => parseTracepointFormat("\tfield:int x;\tsize:4;"), SyntaxError);
  assert.throws(() => parseTracepointFormat("\tfield:x;\toffset:0;\tsize:4;\tsigned:1;"), SyntaxError);
});

test("readTracepoint() says supported with fields when the format file is there", async () => {
  const host = fakeHost({ files: { "/t/events/sched/sched_process_fork/format": FORMAT } });
  const tracepoint = await readTracepoint(host, "sched:sched_process_fork", { tracefs: known("/t") });
  assert.deepEqual(tracepoint.support, supported());
  assert.equal(tracepoint.fields.kind === "known" && tracepoint.fields.value.length, 5);
  const odd = fakeHost({ files: { "/t/events/a/odd/format": "\tfield:??" } });
  const unreadable = await readTracepoint(odd, "a:odd", { tracefs: known("/t") });
  assert.deepEqual(unreadable.support, supported());
  assert.equal(unreadable.fields.kind, "unknown");
});

test("readTracepoint() says unsupported only when tracefs answers that there is none", async () => {
  const host = fakeHost({ files: { "/t/events/a/refused/format": { fails: "denied" } } });
  const missing = await readTracepoint(host, "a:gone", { tracefs: known("/t") });
  assert.deepEqual(missing.support, unsupported("No tracepoint is named a:gone"));
  assert.equal((await readTracepoint(host, "a:refused", { tracefs: known("/t") })).support.kind, "unknown");
  assert.deepEqual(
    (await readTracepoint(host, "a:b", { tracefs: notKnown("No tracefs") })).support,
    cannotTell("No tracefs"),
  );
});

test("readTracepoint() throws when the name is no category:name, or the host is lost", async () => {
  await assert.rejects(
    readTracepoint(fakeHost({}), "../../etc/passwd", { tracefs: known("/t") }),
    RangeError,
  );
  await assert.rejects(readTracepoint(fakeHost({ lost: true }), "a:b", { tracefs: known("/t") }), {
    kind: "lost",
  });
});
