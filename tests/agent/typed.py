"""What a person types at the command line and what comes back."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Typed:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The one sentence of a command that was given something wrong."""
        (line,) = self.err.splitlines()
        assert self.code == 2
        assert self.out == ""
        assert line.startswith("modelatlas: ")
        assert line.endswith((".", "!"))
        return line.removeprefix("modelatlas: ")


class TypeIn(Protocol):
    """Types a command."""

    def __call__(self, *words: str | Path, stdin: str = "") -> Typed: ...


def stored(path: Path) -> bytes:
    """Everything that an atlas file holds, as one value to compare."""
    beside = path.with_name(f"{path.name}-wal")
    return path.read_bytes() + (beside.read_bytes() if beside.exists() else b"")
