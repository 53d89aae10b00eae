"""What a migration asks of a store: all that is kept of every tenant, to read as it is and to write as it was.

A reader goes through the store in parts, each a transaction of its own, and what is written is there once: asked
for again, it changes nothing.
"""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from modelatlas.graph.embedding import Signature
from modelatlas.graph.facts import Episode

if TYPE_CHECKING:
    from modelatlas.graph.graphiti.kinds import Kind
    from modelatlas.graph.graphiti.rows import Rows

Belief = dict[str, Any]  # every value that is kept of one, under the same names in every store


class Logged(NamedTuple):
    """A claim as the log has it: its id, its canonical text, and when it was ingested (microseconds since 1970)."""

    uuid: str
    body: str
    ingested_at: int


class Told(NamedTuple):
    """An episode as it is kept: whether only its source is known yet, and when it was ingested."""

    episode: Episode
    stub: bool
    created_at: int


class Tombstone(NamedTuple):
    """What one erasure left: when, and how much."""

    erased_at: int
    claims: int
    facts: int
    episodes: int


class Archive(Protocol):
    """A store with all of its tenants. Vectors are packed as `graph.sqlite.packing` has it, to the last bit."""

    name: str

    async def tenants(self) -> list[str]:
        """Whoever has anything here, Graphiti's clients' groups among them; in alphabetical order."""
        ...

    async def of_no_tenant(self) -> int:
        """How many nodes of Graphiti's clients are of no group, which no archive takes."""
        ...

    async def counts(self, tenant: str) -> dict[str, int]:
        """How many claims, facts, entities, episodes and tombstones a tenant has."""
        ...

    def log(self, tenant: str) -> AsyncIterator[Logged]:
        """The claims of a tenant in the order they were taken on record."""
        ...

    def episodes(self, tenant: str) -> AsyncIterator[Told]:
        """The episodes of a tenant that claims may rest on, in the order they were taken on record."""
        ...

    def forgotten(self, tenant: str) -> AsyncIterator[str]:
        """The ids of what a tenant erased, sorted."""
        ...

    async def tombstones(self, tenant: str) -> list[Tombstone]:
        """What the erasures of a tenant left, in no order."""
        ...

    async def signature(self, tenant: str) -> Signature | None:
        """Whose vectors the facts of a tenant have."""
        ...

    def beliefs(self, tenants: Sequence[str]) -> AsyncIterator[Belief]:
        """Every belief of the tenants, sorted by `uuid`."""
        ...

    def vectors(self, tenants: Sequence[str]) -> AsyncIterator[tuple[str, bytes]]:
        """The vectors of the tenants' beliefs, by uuid and sorted by it."""
        ...

    def clients_rows(self, kind: "Kind", tenants: Sequence[str]) -> AsyncIterator[str]:
        """The ids of all rows of a kind in these groups but beliefs, and documents that no client added to."""
        ...

    def further_told(self, tenants: Sequence[str]) -> AsyncIterator[str]:
        """The ids of the beliefs that Graphiti's clients gave further episodes, sorted."""
        ...

    def rows(self) -> "Rows":
        """The rows that Graphiti's clients see."""
        ...

    async def bury(self, tenant: str, uuids: Sequence[str]) -> None:
        """Keep these ids as those of what is not to come back."""
        ...

    async def mark(self, tenant: str, tombstones: Sequence[Tombstone]) -> None:
        """Keep the tombstones that are not there."""
        ...

    async def tell(self, tenant: str, told: Sequence[Told]) -> int:
        """Keep episodes as they are, where there is none or only a stub; how many were written."""
        ...

    async def record(self, tenant: str, logged: Sequence[Logged]) -> None:
        """Take claims on record in this order, each as ingested when it was, with the beliefs that follow."""
        ...

    async def sign(self, tenant: str, signature: Signature) -> None:
        """Say whose vectors a tenant has, where nobody's are."""
        ...

    async def embed(self, vectors: Sequence[tuple[str, bytes]]) -> int:
        """Give beliefs that have none their vectors, by uuid; how many."""
        ...

    async def settle(self) -> None:
        """Put what was written in order for searches."""
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...
