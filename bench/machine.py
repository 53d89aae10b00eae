"""The machine a run is made on, and what a process has used of it."""

import os
import platform
import re
import resource
import sqlite3
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from modelatlas.graph.dates import iso


@dataclass(frozen=True, slots=True)
class Machine:
    """What a figure depends on besides the code."""

    began: str
    system: str
    cpus: int
    cpu: str
    load: float
    python: str
    sqlite: str

    def __str__(self) -> str:
        return (
            f"{self.began} on {self.cpus} CPUs ({self.cpu}), {self.system}, Python {self.python}, SQLite {self.sqlite};"
            f" load average at the start {self.load:.1f}"
        )


def this_machine() -> Machine:
    """This machine, now."""
    return Machine(
        began=iso(datetime.now(UTC).replace(microsecond=0)),
        system=f"{platform.system()} {platform.machine()}",
        cpus=os.cpu_count() or 1,
        cpu=_cpu(),
        load=os.getloadavg()[0],
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
    )


def peak_megabytes() -> float:
    """The most memory this process has held at one time.

    On Linux from /proc: there getrusage's maximum begins with that of the process which started this one.
    """
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) / 1024
    maximum = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return maximum / 1024**2 if sys.platform == "darwin" else maximum / 1024


def bytes_on_disk(path: Path) -> int:
    """The size of a SQLite file with its log."""
    return sum(it.stat().st_size for it in path.parent.glob(f"{path.name}*"))


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    return found[1].strip() if found else platform.processor() or "unknown"
