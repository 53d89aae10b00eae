"""What a reader yields: documents with their claims, and what it could not read."""

from pathlib import Path

from pydantic import ValidationError

from modelatlas.graph.dates import Value
from modelatlas.graph.facts import Claim, Episode


class Document(Value):
    """Something read: the episode it is, if its text is kept, and the claims it makes."""

    episode: Episode | None
    claims: tuple[Claim, ...]


class Rejected(Value):
    """A line that could not be taken, and why, in one sentence."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


def reason(error: ValidationError) -> str:
    """The first thing wrong with a line, as one sentence."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
