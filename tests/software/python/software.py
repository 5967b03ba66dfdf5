"""Holds pidfds as programs in Python do, right or wrong, says so on one line, and stays until its input ends.

    software.py open HOW_MANY        os.pidfd_open of so many children, which end; nothing is closed
    software.py subprocess HOW_MANY  so many commands one after the other, and a last one that lives
    software.py asyncio HOW_MANY     the same by asyncio, whose watcher has a pidfd of each child

The line is JSON: the process, how many pidfds it holds, and of how many processes that have ended.
"""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys

LAST = ["/bin/sleep", "100000"]
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def end_with_parent() -> None:
    """For a child: it is not to stay behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tell(pidfds: int, dead: int) -> None:
    print(json.dumps({"pid": os.getpid(), "pidfds": pidfds, "dead": dead}), flush=True)


def keep_open(times: int) -> None:
    for _ in range(times):
        child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
        os.pidfd_open(child.pid)
        child.stdin.close()
        child.wait()
    tell(times, times)
    sys.stdin.read()


def run_commands(times: int) -> None:
    for _ in range(times):
        subprocess.run(["/bin/true"], check=True)
    with subprocess.Popen(LAST, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent) as last:
        tell(0, 0)
        sys.stdin.read()
        last.kill()


async def run_watched(times: int) -> None:
    for _ in range(times):
        child = await asyncio.create_subprocess_exec("/bin/true")
        await child.wait()
    last = await asyncio.create_subprocess_exec(
        *LAST, stdin=asyncio.subprocess.DEVNULL, preexec_fn=end_with_parent
    )
    end = asyncio.create_task(last.wait())
    tell(1, 0)
    await asyncio.to_thread(sys.stdin.read)
    last.kill()
    await end


def main() -> None:
    way, times = sys.argv[1], int(sys.argv[2])
    if way == "open":
        keep_open(times)
    elif way == "subprocess":
        run_commands(times)
    elif way == "asyncio":
        asyncio.run(run_watched(times))
    else:
        sys.exit(2)


main()
