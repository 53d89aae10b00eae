"""Runs a command and ends all that came of it: when the command ends, when told to, and when whoever started it dies.

Run by its source, `python -I -c SOURCE LIFELINE COMMAND…`, in a process of its own that stays the command's parent.
LIFELINE is the number of an open pipe that nobody writes to: it closes when the parent is gone, however that came.
On Linux everything the command starts, even what leaves its group and loses its parent, becomes a child of this
process and is found by that. Elsewhere the process group of the command is what is ended.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

GRACE_S = 0.7
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _descendants() -> list[int]:
    """Every process below this one, the nearest first."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if sys.platform == "linux" else ():
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{name}/stat", "rb") as stat:
                state, parent = stat.read().rpartition(b")")[2].split()[:2]
                if state != b"Z":
                    children.setdefault(int(parent), []).append(int(name))
    found = children.get(os.getpid(), [])
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def _send(number: signal.Signals, group: int) -> list[int]:
    below = _descendants()
    for pid in below:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    return below


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _end_all(group: int) -> None:
    """Ask everything to end, and after a moment make it."""
    last = time.monotonic() + GRACE_S
    _send(signal.SIGTERM, group)
    while _descendants() and time.monotonic() < last:
        _reap()
        time.sleep(0.02)
    last += GRACE_S
    while _send(signal.SIGKILL, group) and time.monotonic() < last:
        _reap()
        time.sleep(0.01)


def main() -> None:
    """Run the command; ends with its status, or 128 and the number of the signal that ended it."""
    lifeline = int(sys.argv[1])
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    try:
        child = subprocess.Popen(
            sys.argv[2:],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),
        )
    except OSError as error:
        print(f"cannot start {sys.argv[2]}: {error.strerror}", file=sys.stderr)
        sys.exit(127)
    ending = False
    while child.poll() is None and not ending:
        ready, _, _ = select.select([told, lifeline], [], [])
        signals = os.read(told, 512) if told in ready else b""
        ending = lifeline in ready or any(number != signal.SIGCHLD for number in signals)
    _end_all(child.pid)
    status = child.wait() if child.returncode is None else child.returncode
    sys.exit(128 - status if status < 0 else status)


if __name__ == "__main__":
    main()
