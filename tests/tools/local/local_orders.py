"""What tests of local models are written with: the shapes of their fixtures, and two ways to listen to a run."""

import hashlib
from collections.abc import Callable

from modelatlas.tools.backends.backend import Backend, Made, Order

OpenLocal = Callable[..., Backend]
LocalOrder = Callable[..., Order]


def silent(part: str, done: int, total: int | None) -> None:
    """A progress that nobody listens to."""


class Told:
    """A progress that keeps what it was told."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, int, int | None]] = []

    def __call__(self, part: str, done: int, total: int | None) -> None:
        self.parts.append((part, done, total))

    def of(self, part: str) -> list[tuple[int, int | None]]:
        """What was told of one part."""
        return [(done, total) for name, done, total in self.parts if name == part]


def contents(made: Made) -> list[str]:
    """A hash for each file that was made."""
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in made.files]
