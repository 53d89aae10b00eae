"""The output of the processes of a route: one file of bounded size, whose last words explain how a process ended."""

import os
from contextlib import suppress
from pathlib import Path

JOB_MARK = "=== job "
_MOST = 4 * 2**20
_KEPT = 64 * 2**10
_FATAL = "Fatal Python error"


def bound(path: Path) -> None:
    """Cut the log down to its end, where this process writes to it and it has grown too large."""
    with suppress(OSError):
        now = os.fstat(1)
        if now.st_size > _MOST and os.path.samestat(now, path.stat()):
            with path.open("rb") as file:
                file.seek(-_KEPT, os.SEEK_END)
                kept = file.read()
            os.ftruncate(1, 0)
            os.write(1, kept)


def last_words(path: Path) -> str | None:
    """The last line that was written about the last job, or the fatal error above a trace; None where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _KEPT))
            text = file.read().decode(errors="replace")
    except OSError:
        return None
    about_last = text.rpartition(JOB_MARK)[2].replace("\r", "\n").splitlines()
    lines = [line.strip() for line in (about_last[1:] if JOB_MARK in text else about_last) if line.strip()]
    fatal = [line for line in lines if line.startswith(_FATAL)]
    return (fatal or lines)[-1][:300] if lines else None
