"""One run of a command: watched, its output kept, ended with all that came of it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import IO

import psutil

from modelatlas.tools.backends.backend import Progress, TimedOut
from modelatlas.tools.backends.script_log import Log

_LOOK_S = 0.2
_END_S = 1.5


def run_command(
    argv: tuple[str, ...], cwd: Path, env: Mapping[str, str], log: Log, timeout_s: float, progress: Progress
) -> int:
    """Run until it ends and give its status, negative for a signal. Raises TimedOut, and what `progress` raises."""
    source = (files("modelatlas.tools.backends") / "script_keeper.py").read_text("utf-8")
    lifeline, held = os.pipe()
    process, readers = None, list[threading.Thread]()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", source, str(lifeline), *argv],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(lifeline,),
            start_new_session=True,
        )
        readers = [
            threading.Thread(target=_drain, args=(stream, log, stream is process.stdout), daemon=True)
            for stream in (process.stdout, process.stderr)
        ]
        for reader in readers:
            reader.start()
        _watch(process, log, timeout_s, progress)
        for reader in readers:
            reader.join(_END_S)
        progress(*(log.progress or ("running", 0, None)))
        status = process.returncode
        return 128 - status if status > 128 else status
    finally:
        os.close(held)
        if process is not None:
            _end(process)
            _close(process, readers)
        os.close(lifeline)


def _watch(process: subprocess.Popen[bytes], log: Log, timeout_s: float, progress: Progress) -> None:
    last = time.monotonic() + timeout_s
    while True:
        progress(*(log.progress or ("running", 0, None)))
        try:
            process.wait(min(_LOOK_S, max(0.0, last - time.monotonic())))
            return
        except subprocess.TimeoutExpired:
            if time.monotonic() >= last:
                raise TimedOut(
                    f"The script took longer than the {timeout_s:g} s it is given, and was stopped; ask for less, "
                    "or give the route's place a longer timeout_s."
                ) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the keeper, which ends the rest; what it cannot is ended here."""
    if process.poll() is None:
        below = []
        with suppress(psutil.Error):
            below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            with suppress(psutil.Error):
                below += psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
        for it in below:
            with suppress(psutil.Error):
                it.kill()


def _close(process: subprocess.Popen[bytes], readers: Iterable[threading.Thread]) -> None:
    """Close the pipes, once nobody reads from them."""
    for reader, stream in zip(readers, (process.stdout, process.stderr), strict=False):
        reader.join(_END_S)
        if stream is not None and not reader.is_alive():
            stream.close()


def _drain(stream: IO[bytes] | None, log: Log, standard: bool) -> None:
    if stream is None:
        return
    rest = bytearray()
    with suppress(OSError, ValueError):
        while block := os.read(stream.fileno(), 65536):
            log.write(block, rest, standard)
    log.end(rest)
