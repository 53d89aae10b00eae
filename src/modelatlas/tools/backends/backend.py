"""The one protocol of everything that runs a model, and the values it takes and gives.

A backend is used by one worker at a time, in a process of its own, so it may block: `load` once, `run` any number of
times, `close` at the end. Whoever calls it has brought the inputs in and checked them, gives each run an empty folder,
and opens and measures whatever comes back: a backend never judges its own result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from modelatlas.graph.errors import AtlasError
from modelatlas.tools.actions.requests import Request
from modelatlas.tools.media.measures import Measured

Json = dict[str, Any]


class Stopped(Exception):
    """The run was cancelled; raised by `Progress`, and let through by every backend."""


class RunFailed(AtlasError):
    """A model did not do what it was asked; the sentence says what happened and what to do."""


class CannotRun(RunFailed):
    """What the model needs is not here: a package, a checkout, weights, a GPU, a server."""


class TimedOut(RunFailed):
    """The run took longer than allowed and was stopped."""


class NoOutput(RunFailed):
    """The run ended without the file it should have made."""


class Progress(Protocol):
    """Told how far a run is: the part in hand, how much is done of how much. Raises Stopped where it shall end."""

    def __call__(self, part: str, done: int, total: int | None) -> None: ...


@dataclass(frozen=True)
class Input:
    """A media file of a request, brought in and checked: `path` is a safe name in a folder of ours."""

    path: Path
    sha256: str
    measured: Measured


@dataclass(frozen=True)
class Order:
    """One run: `inputs` by the field that named them, as image, images[0], persons[1].audio; `folder` is empty."""

    tool: str
    request: Request
    inputs: Mapping[str, Input]
    folder: Path


@dataclass(frozen=True)
class Made:
    """What came back: files, and where a tool gives words, labels or a shape, those in `data`.

    `used` are the parameters really used. `data` holds `text` for understand, `labels` for classify_video.
    """

    files: tuple[Path, ...] = ()
    data: Json = field(default_factory=dict)
    used: Json = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    weights_revision: str | None = None
    device: str | None = None
    peak_vram_gb: float | None = None


class Backend(Protocol):
    """Runs one route of one model."""

    def preview(self, order: Order) -> Json:
        """The exact command or call that `run` would make; touches nothing but the order's folder."""

    def load(self, progress: Progress) -> None:
        """Make ready to run. Raises CannotRun with what is missing."""

    def run(self, order: Order, progress: Progress) -> Made:
        """Run once. Raises RunFailed, or Stopped through `progress`."""

    def close(self) -> None:
        """Let go of memory, processes and connections."""
