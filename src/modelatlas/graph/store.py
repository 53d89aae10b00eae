"""The protocol of a store: what every backend must do, and nothing about how."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Protocol

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Fact, Hit, Pattern
from modelatlas.graph.periods import AsOf


class Recorded(Value):
    """What one `record` did; `forgotten` were erased before and stay erased."""

    new: int
    known: int
    forgotten: int
    episodes: int


class Forgotten(Value):
    """What one `forget` erased; the tombstone carries these numbers and no content."""

    claims: int
    facts: int
    episodes: int


def tenant_name(given: str) -> str:
    """The name of a tenant. Raises BadInput for none, and for one longer than a name may be."""
    if not given:
        raise BadInput("A tenant needs a name; an empty one would be everybody's.")
    if len(given) > 2000:
        raise BadInput(f"A tenant's name of {len(given):,} characters is too long; 2,000 are the most.")
    return given


def no_progress(_: int) -> None:
    """For long work of which nobody wants to see how far it is."""


class GraphStore(Protocol):
    """Keeps claims and never overwrites one: beliefs end, they do not vanish. Serves one tenant."""

    tenant: str

    async def record(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """Take claims and episodes on record, all or none; what is known already changes nothing."""
        ...

    async def preview(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """What `record` would do, with nothing written."""
        ...

    async def recall(self, about: Pattern, as_of: AsOf) -> list[Fact]:
        """The facts whose both periods may hold at the as-of, each marked certain or possible."""
        ...

    async def search(self, query: str, as_of: AsOf, limit: int) -> list[Hit]:
        """Facts and episodes with words of the query, those in sight of the as-of ranked, best first.

        A store with an embedder also finds facts that are near the query in meaning.
        """
        ...

    async def embed_missing(self, progress: Callable[[int], None] = no_progress) -> int:
        """Give a vector to every fact that was recorded without one; how many. Raises BadInput without an embedder."""
        ...

    async def embed_anew(self, progress: Callable[[int], None] = no_progress) -> int:
        """Make every vector anew with this store's embedder; how many. Raises BadInput without an embedder."""
        ...

    async def history(self, about: Pattern) -> list[Fact]:
        """Every belief ever held about it, ended ones too, in the order they came on record."""
        ...

    async def turns(self, session: str, as_of: AsOf, limit: int) -> list[Episode]:
        """The last turns of a conversation that were said by the as-of, oldest first."""
        ...

    async def forget(self, about: Pattern, *, now: datetime) -> Forgotten:
        """Erase the claims, beliefs and documents about it for good; a tombstone without content stays."""
        ...

    async def names(self, within: str | None = None) -> dict[str, str]:
        """Every name, or those that stand in a text → the subject it names (a subject names itself)."""
        ...

    def claims(self) -> AsyncIterator[Claim]:
        """The log of claims in the order it was taken on record."""
        ...

    async def counts(self) -> dict[str, int]:
        """How many claims, facts, entities, episodes and tombstones there are."""
        ...

    async def close(self) -> None:
        """Let go of files and connections."""
        ...
