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
    *path, last = first["loc"] or ("",)
    what = first["msg"].removeprefix("Value error, ")
    if path and last == "bool":  # the first of the kinds that a value may be
        last, what = path.pop(), "should be a text, a finite number, true or false"
    where = ".".join(str(part) for part in (*path, last))
    return f"{where}: {what}" if where else what
