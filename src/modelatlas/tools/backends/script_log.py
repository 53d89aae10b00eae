"""What a script prints: kept up to a bound, and read for progress and for the reason why it failed."""

import re
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modelatlas.tools.backends.backend import CannotRun, RunFailed

KEPT_BYTES = 4 * 2**20
PRINTED_BYTES = 2**20
_LAST_LINES = 200
_LONGEST_LINE = 2000

_BAR = re.compile(r"(?P<part>[^|\r\n]{0,80}?)\s*\d{1,3}%\s*\|[^|]*\|\s*(?P<done>\d{1,9})/(?P<total>\d{1,9})")
_COUNT = re.compile(
    r"(?P<part>(?:[A-Za-z][\w .-]{0,40}?)?)[\s:=#\[(]*(?<![\d/.])"
    r"(?P<done>\d{1,9})\s?/\s?(?P<total>\d{1,9})(?![\d/.])[\])]?\s*$"
)
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Log:
    """The log of one run, in a file of bounded size; two threads may write at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.progress: tuple[str, int, int] | None = None
        self.printed = bytearray()
        self._older = path.with_name(f"{path.stem}.older{path.suffix}")
        self._file: IO[bytes] = path.open("wb")
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._lock = threading.Lock()

    def write(self, block: bytes, rest: bytearray, standard: bool) -> None:
        """Take a block of one stream; `rest` is what of that stream had no end of line yet."""
        with self._lock:
            self._file.write(block)
            self._file.flush()
            if self._file.tell() > KEPT_BYTES // 2:
                self._file.close()
                self.path.replace(self._older)
                self._file = self.path.open("wb")
            if standard:
                self.printed += block
                del self.printed[:-PRINTED_BYTES]
            rest += block
            *lines, last = re.split(rb"[\r\n]", bytes(rest))
            rest[:] = last[-_LONGEST_LINE:]
            for line in lines:
                self._read(line[-_LONGEST_LINE:].decode("utf-8", "replace"), whole=True)
            self._read(rest.decode("utf-8", "replace"), whole=False)

    def end(self, rest: bytearray) -> None:
        """Take a last line that has no end."""
        with self._lock:
            self._read(rest.decode("utf-8", "replace"), whole=True)

    def close(self) -> None:
        """Close the file; what is written afterwards would be lost."""
        with self._lock:
            self._file.close()

    def last(self, count: int = 5) -> str:
        """The last lines that say something, on one line."""
        with self._lock:
            lines = [line for line in self._lines if not _bar_in(line)]
        return " / ".join(lines[-count:])[-600:]

    def text(self) -> str:
        """The last lines, one under the other."""
        with self._lock:
            return "\n".join(self._lines)

    def _read(self, line: str, whole: bool) -> None:
        line = _ESCAPE.sub("", line).strip()
        found = _bar_in(line) or (_COUNT.fullmatch(line) if whole and "/" in line else None)
        if found and int(found["total"]) > 0 and int(found["done"]) <= int(found["total"]):
            self.progress = (found["part"].strip(" :[(#=") or "running", int(found["done"]), int(found["total"]))
        if line and whole:
            self._lines.append(line[:400])


def _bar_in(line: str) -> re.Match[str] | None:
    return _BAR.search(line) if "%" in line and line.count("|") > 1 else None


@dataclass(frozen=True)
class Trouble:
    """A reason why scripts fail: how the log shows it, and what to tell."""

    shown: re.Pattern[str]
    kind: type[RunFailed]
    sentence: str


_TROUBLES = (
    Trouble(
        re.compile(r"CUDA out of memory|OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED|HIP out of memory"),
        RunFailed,
        "{route} ran out of GPU memory{need}; ask for a smaller size or fewer frames{extras}, or use a larger GPU.",
    ),
    Trouble(
        re.compile(r"(?:ModuleNotFoundError: No module named|ImportError: No module named) '?(?P<what>[\w.]+)'?"),
        CannotRun,
        "The environment of {route} has no module {what}; install it there: {python} -m pip install {install}",
    ),
    Trouble(
        re.compile(r"No CUDA GPUs are available|Found no NVIDIA driver|not compiled with CUDA|no NVIDIA GPU detected"),
        CannotRun,
        "{route} needs a GPU that its torch can use, and found none; see what nvidia-smi says.",
    ),
    Trouble(
        re.compile(r"ffmpeg: (?:command )?not found|No such file or directory: '(?:/usr/bin/)?ffmpeg'"),
        CannotRun,
        "{route} calls ffmpeg, which is not there; install it with the system's packages.",
    ),
    Trouble(
        re.compile(r"LocalEntryNotFoundError|OfflineModeIsEnabled|HF_HUB_OFFLINE|offline mode is enabled"),
        CannotRun,
        "{route} wanted to fetch something while the network is closed to it; fetch it beforehand, or set download.",
    ),
    Trouble(
        re.compile(r"No space left on device|Disk quota exceeded"),
        RunFailed,
        "The disk is full, so {route} could not write; free some space and run it again.",
    ),
    Trouble(
        re.compile(
            r"error: (?:unrecognized arguments|argument |the following arguments are required|ambiguous option)"
        ),
        CannotRun,
        "The script of {route} does not take the command{revision}: {line}",
    ),
    Trouble(
        re.compile(r"EOFError: EOF when reading a line"),
        RunFailed,
        "{route} asked for an answer at the keyboard, which no run gets; look into its checkout for left-over files.",
    ),
)


def trouble_in(
    log: str, route: str, python: str, requirements: str | None, need: str, extras: str, revision: str
) -> RunFailed | None:
    """What the log shows to have gone wrong, as an error with what to do about it; None where nothing known is seen."""
    for trouble in _TROUBLES:
        if found := trouble.shown.search(log):
            what = found.groupdict().get("what", "")
            start, end = log.rfind("\n", 0, found.start()) + 1, log.find("\n", found.end())
            line = log[start : end if end > 0 else None].strip()[:300]
            install = f"-r {requirements}" if requirements else what
            filled = trouble.sentence.format(
                route=route, what=what, python=python, install=install, need=need, extras=extras, revision=revision,
                line=line,
            )  # fmt: skip
            return trouble.kind(filled)
    return None
