/**
 * A stimulus that needs nothing on the target but perl or python3: one pidfd by each call that makes them, a call that
 * fails, and some moves and uses of a pidfd.
 *
 * It makes four children of its own, which end at once, and closes its pidfds: it changes nothing else. The failing
 * call is refused before anything is made (CLONE_DETACHED with CLONE_PIDFD). The text is constant. System call numbers
 * and flags are those of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/linux/sched.h).
 *
 * @module
 */

import { HostError, run } from "../hosts/mod.ts";
import type { Host } from "../hosts/mod.ts";

/** What the stimulus did, as its own process saw it. */
export interface StimulusReport {
  /** Its process id. */
  readonly pid: number;
  /** Calls that gave a pidfd, in their order. */
  readonly births: readonly StimulusBirth[];
  /** Whether a call failed as it was meant to. */
  readonly failed: boolean;
  /**
   * Whether the last pidfd was moved and used: a dup, a dup2 over that, close-on-exec off, a fork whose child exits,
   * a signal 0, a select, an ioctl, and the copy closed by close_range.
   */
  readonly moved: boolean;
}

/** One pidfd of the stimulus. */
export interface StimulusBirth {
  /** The call. */
  readonly call: "clone" | "clone3" | "pidfd_open";
  /** The process that it names. */
  readonly target: number;
  /** Its number. */
  readonly fd: number;
}

const PERL = String.raw`
$| = 1;
sub done { my $fd = shift; syscall(3, $fd + 0); }
sub leave { syscall(231, 0); }
print "pid $$\n";
my $int = "\0" x 4;
my $pid = syscall(56, 0x1000 | 17, 0, $int, 0, 0);
leave() if $pid == 0;
my $fd = unpack("l", $int);
if ($pid > 0) { printf "clone %d %d\n", $pid, $fd; done($fd); waitpid($pid, 0); }
my $other = "\0" x 4;
my $args = pack("Q8", 0x1000, unpack("Q", pack("P", $other)), 0, 0, 17, 0, 0, 0);
$pid = syscall(435, $args, 64);
leave() if $pid == 0;
$fd = unpack("l", $other);
if ($pid > 0) { printf "clone3 %d %d\n", $pid, $fd; done($fd); waitpid($pid, 0); }
pipe(my $read, my $write);
$pid = fork();
if ($pid == 0) { close($write); my $end = <$read>; leave(); }
close($read);
$fd = syscall(434, $pid + 0, 0);
if ($fd >= 0) {
  printf "pidfd_open %d %d\n", $pid, $fd;
  my $more = syscall(32, $fd + 0);
  syscall(33, $fd + 0, $more + 0);
  syscall(72, $more + 0, 2, 0);
  my $heir = fork();
  leave() if $heir == 0;
  waitpid($heir, 0);
  syscall(424, $fd + 0, 0, 0, 0);
  my $bits = "";
  vec($bits, $fd, 1) = 1;
  select($bits, undef, undef, 0);
  syscall(16, $fd + 0, 0, 0);
  print "moved\n" if $more > 0 && $heir > 0;
  syscall(436, $more + 0, $more + 0, 0);
  done($fd);
}
close($write);
waitpid($pid, 0);
my $void = "\0" x 4;
$pid = syscall(56, 0x1000 | 0x400000 | 17, 0, $void, 0, 0);
leave() if $pid == 0;
print "failed\n" if $pid < 0;
print "end\n";
`;

const PYTHON = String.raw`
import ctypes, os, select, struct
call = ctypes.CDLL(None, use_errno=True).syscall
call.restype = ctypes.c_long
print("pid", os.getpid(), flush=True)
def number(it): return ctypes.c_long(it)
def clone(flags, where): return call(number(56), number(flags | 17), number(0), where, number(0), number(0))
def clone3(where):
    args = struct.pack("8Q", 0x1000, ctypes.addressof(where), 0, 0, 17, 0, 0, 0)
    return call(number(435), args, number(64))
def born(name, pid, fd):
    print(name, pid, fd, flush=True)
    os.close(fd)
for name in ("clone", "clone3"):
    where = ctypes.c_int(0)
    pid = clone(0x1000, ctypes.byref(where)) if name == "clone" else clone3(where)
    if pid == 0: call(number(231), number(0))
    if pid > 0:
        born(name, pid, where.value)
        os.waitpid(pid, 0)
read, write = os.pipe()
pid = os.fork()
if pid == 0:
    os.close(write)
    os.read(read, 1)
    call(number(231), number(0))
os.close(read)
fd = call(number(434), number(pid), number(0))
if fd >= 0:
    print("pidfd_open", pid, fd, flush=True)
    more = call(number(32), number(fd))
    call(number(33), number(fd), number(more))
    call(number(72), number(more), number(2), number(0))
    heir = os.fork()
    if heir == 0: call(number(231), number(0))
    os.waitpid(heir, 0)
    call(number(424), number(fd), number(0), number(0), number(0))
    select.select([fd], [], [], 0)
    call(number(16), number(fd), number(0), number(0))
    if more > 0: print("moved", flush=True)
    call(number(436), number(more), number(more), number(0))
    os.close(fd)
os.close(write)
os.waitpid(pid, 0)
pid = clone(0x1000 | 0x400000, ctypes.byref(ctypes.c_int(0)))
if pid == 0: call(number(231), number(0))
if pid < 0: print("failed")
print("end")
`;

/** The programs that can run it, the one that more machines have first. */
const PROGRAMS: readonly (readonly string[])[] = [["perl", "-e", PERL], ["python3", "-c", PYTHON]];

/** How long it may take, in milliseconds: under emulation python3 takes seconds to begin. */
const LIMIT_MS = 30_000;

/**
 * Makes pidfds on a host, and lets them go again.
 *
 * @param host the machine
 * @returns what was done, or why it could not be done, as a sentence without its full stop
 * @throws {HostError} when the host is lost
 */
export async function runSelfStimulus(host: Host): Promise<StimulusReport | string> {
  const reasons: string[] = [];
  for (const argv of PROGRAMS) {
    const [program = ""] = argv;
    try {
      const { code, stdout, stderr } = await run(host, argv, { timeoutMs: LIMIT_MS });
      const report = parseReport(stdout);
      if (code === 0 && report !== undefined) return report;
      reasons.push(
        code === 127 ? `there is no ${program}` : `${program} said ${firstLine(stderr) || `status ${code}`}`,
      );
    } catch (error) {
      if (!(error instanceof HostError) || error.kind === "lost") throw error;
      reasons.push(error.message);
    }
  }
  return `No stimulus could be run on the target: ${reasons.join(", ")}`;
}

function firstLine(text: string): string {
  return JSON.stringify(text.trim().split("\n", 1)[0]?.slice(0, 120) ?? "").slice(1, -1);
}

/**
 * Reads what the stimulus printed.
 *
 * @param text its standard output
 * @returns what it did; `undefined` when it did not come to its end
 *
 * @example
 * ```ts
 * import { parseReport } from "./self_stimulus.ts";
 * import assert from "node:assert/strict";
 *
 * const report = parseReport("pid 7\nclone 8 3\nfailed\nend\n");
 * assert.deepEqual(report?.births, [{ call: "clone", target: 8, fd: 3 }]);
 * ```
 */
export function parseReport(text: string): StimulusReport | undefined {
  const lines = text.split("\n");
  const pid = /^pid (\d{1,10})$/.exec(lines[0] ?? "")?.[1];
  if (pid === undefined || !lines.includes("end")) return undefined;
  const births = lines.flatMap((line): StimulusBirth[] => {
    const [, call, target, fd] = /^(clone|clone3|pidfd_open) (\d{1,10}) (\d{1,10})$/.exec(line) ?? [];
    if (call !== "clone" && call !== "clone3" && call !== "pidfd_open") return [];
    return [{ call, target: Number(target), fd: Number(fd) }];
  });
  return { pid: Number(pid), births, failed: lines.includes("failed"), moved: lines.includes("moved") };
}
