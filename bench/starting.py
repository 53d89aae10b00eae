"""Cold start: fresh processes on an atlas that has the built-in catalogue, the files already in the page cache."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.claims import NOW
from bench.table import Line
from modelatlas.graph.dates import iso

_ASKED = "哪个模型适合给一张人像照片配上音频生成说话视频，显存24GB，可商用？"
_COMMANDS = {
    "modelatlas --help": ("--help",),
    "modelatlas recall BAGEL licence": ("recall", "BAGEL", "licence"),
    "modelatlas search 图像编辑": ("search", "图像编辑"),
    "modelatlas history Imagen access": ("history", "Imagen", "access"),
    "modelatlas ask '哪个模型适合…？'": ("ask", _ASKED),
}
_BARE = "python -c pass"


def lines(folder: Path, times: int) -> Iterator[Line]:
    """Start every command so many times, in turn."""
    script = Path(sys.executable).with_name("modelatlas")
    start = (
        (str(script),) if script.exists() else (sys.executable, "-c", "from modelatlas.agent.cli import main; main()")
    )
    commands = {_BARE: (sys.executable, "-c", "pass")}
    commands |= {what: (*start, *arguments) for what, arguments in _COMMANDS.items()}
    environment = {**os.environ, "MODELATLAS_DB": str(folder / "started.sqlite"), "MODELATLAS_NOW": iso(NOW)}
    first = _seconds((*start, "recall", "BAGEL", "licence"), environment)
    yield _line("first command ever: brings the catalogue in", first, None, "")
    took: dict[str, list[float]] = {what: [] for what in commands}
    for _ in range(times):
        for what, command in commands.items():
            took[what].append(_seconds(command, environment))
    # The first turn of several only brings the files into the page cache.
    warm = {what: every[1:] or every for what, every in took.items()}
    bare = median(warm[_BARE])
    for what, seconds in warm.items():
        note = f"median of {len(seconds)}, {min(seconds):.2f} to {max(seconds):.2f}"
        yield _line(what, median(seconds), None if what == _BARE else bare, note)


def _seconds(command: tuple[str, ...], environment: dict[str, str]) -> float:
    began = perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    took = perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return took


def _line(what: str, seconds: float, bare: float | None, note: str) -> Line:
    ratio = seconds / bare if bare else None
    return Line(
        group="cold start", what=what, figure=seconds, unit="s", ratio=ratio, to=_BARE if bare else "", note=note
    )
