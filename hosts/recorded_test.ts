import assert from "node:assert/strict";
import type { CommandHost } from "./command_host.ts";
import { HostError } from "./host.ts";
import { LocalHost } from "./local.ts";
import { RecordedHost } from "./recorded.ts";
import { recordedPath, recordHost } from "./recording.ts";
import { run } from "./run.ts";

/** This machine, with one file that may not be read. */
class GuardedHost extends LocalHost {
  override readBytes(path: string): Promise<Uint8Array> {
    if (path !== "/proc/secret") return super.readBytes(path);
    return Promise.reject(new HostError(`Cannot read "${path}"`, { host: this.name, kind: "denied" }));
  }
}

/** Runs a test on a recording of this machine. */
async function withRecording(
  test: (recorded: RecordedHost, original: CommandHost, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const original = new GuardedHost();
    await recordHost(original, folder, {
      files: ["/proc/version", "/proc/cpuinfo", "/proc/absent", "/proc/secret"],
      lines: { "/proc/filesystems": ["proc", "sysfs"] },
      folders: ["/proc/sys/fs", "/proc/nothing"],
      commands: [["uname", "-s"], ["sh", "-c", "echo oops >&2; exit 3"], ["no such program"]],
    });
    await using recorded = await RecordedHost.open(folder);
    await test(recorded, original, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("RecordedHost gives what recordHost() captured", () =>
  withRecording(async (recorded, original) => {
    assert.equal(recorded.name, "local");
    assert.deepEqual(await recorded.describe(), await original.describe());
    assert.deepEqual(await recorded.readBytes("/proc/version"), await original.readBytes("/proc/version"));
    assert.deepEqual(
      await recorded.readLinesWith("/proc/cpuinfo", ["model name", "stepping"]),
      await original.readLinesWith("/proc/cpuinfo", ["model name", "stepping"]),
    );
    assert.deepEqual(await recorded.list("/proc/sys/fs"), await original.list("/proc/sys/fs"));
    assert.deepEqual(await run(recorded, ["uname", "-s"]), { code: 0, stdout: "Linux\n", stderr: "" });
    assert.equal((await run(recorded, ["sh", "-c", "echo oops >&2; exit 3"])).stderr, "oops\n");
    assert.equal((await run(recorded, ["no such program"])).code, 127);
  }));

Deno.test("RecordedHost refuses what the host refused", () =>
  withRecording(async (recorded) => {
    await assert.rejects(recorded.readText("/proc/absent"), { kind: "missing", message: /No such file/ });
    await assert.rejects(recorded.readText("/proc/secret"), { kind: "denied" });
    await assert.rejects(recorded.readLinesWith("/proc/secret", ["x"]), { kind: "denied" });
    await assert.rejects(recorded.list("/proc/nothing"), { kind: "missing", message: /No such file/ });
  }));

Deno.test("RecordedHost throws when something was not captured", () =>
  withRecording(async (recorded) => {
    const unknown = { name: "HostError", kind: "missing", message: /not captured/ };
    await assert.rejects(recorded.readText("/proc/uptime"), unknown);
    await assert.rejects(recorded.readLinesWith("/proc/uptime", ["1"]), unknown);
    await assert.rejects(recorded.list("/proc"), unknown);
    await assert.rejects(run(recorded, ["uname", "-r"]), unknown);
    await assert.rejects(run(recorded, ["uname -s"]), unknown);
  }));

Deno.test("RecordedHost.readLinesWith() throws when other lines of a file were not captured", () =>
  withRecording(async (recorded, original) => {
    const path = "/proc/filesystems";
    assert.deepEqual(
      await recorded.readLinesWith(path, ["sysfs"]),
      await original.readLinesWith(path, ["sysfs"]),
    );
    await assert.rejects(recorded.readLinesWith(path, ["sysfs", "ext4"]), { kind: "missing" });
    await assert.rejects(recorded.readText(path), { kind: "missing", message: /all of/ });
  }));

Deno.test("RecordedHost.open() throws when the folder is no recording", async () => {
  await assert.rejects(RecordedHost.open("/tmp/there-is-no-such-folder"), {
    name: "HostError",
    kind: "missing",
  });
});

Deno.test("recordHost() throws when the host goes away", async () => {
  class LostHost extends LocalHost {
    override readBytes(): Promise<Uint8Array> {
      return Promise.reject(new HostError("Connection is gone", { host: this.name, kind: "lost" }));
    }
  }
  await assert.rejects(recordHost(new LostHost(), "/tmp/there-is-no-such-folder", { files: ["/x"] }), {
    kind: "lost",
  });
});

Deno.test("recordedPath() throws when the path leads out of the recording", () => {
  for (const path of ["", "x", "/..", "/proc/../../x", "/a\0b"]) {
    assert.throws(() => recordedPath("here", path), TypeError);
  }
});
