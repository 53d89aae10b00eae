"""What a check found wrong, and what to do about it."""

from typing import Literal

from modelatlas.graph.dates import Value

Kind = Literal["page", "table", "reference", "words", "claim", "belief", "episode", "entity", "vector"]

LISTED = 100  # of very many findings


class Finding(Value):
    """One thing that is wrong: of which kind, where, what, and what to do."""

    kind: Kind
    where: str
    what: str
    remedy: str

    @property
    def text(self) -> str:
        """The finding as one sentence."""
        return f"{self.what}: {self.remedy}."


class Soundness(Value):
    """What was looked at, what could not be, and what was found; of very many findings only the first are listed."""

    checked: dict[str, int]
    unchecked: tuple[str, ...]
    found: int
    findings: tuple[Finding, ...]


class Remedies(Value):
    """What to do about a store that is damaged: bring a copy back, or tell all claims to a new store."""

    restore: str
    again: str
