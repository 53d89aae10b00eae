"""What a search may find at all: decided in SQL, before anything is ranked or limited."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sieve:
    """A condition on the rows `r` of a table, its values, and the index that has what it asks (or nothing)."""

    where: str
    values: tuple[object, ...]
    index: str = ""


EDGE_SIGHT = "INDEXED BY edge_sight"
EPISODE_SIGHT = "INDEXED BY episode_sight"
