"""What can go wrong, and who must act.

AtlasError                 every error a person should read; its text is one clear sentence
├── BadInput               what was given is wrong: the caller mends it
│   ├── InvalidDate        not a date in any accepted form
│   ├── InvalidClaim       a claim that contradicts itself or the format
│   ├── UnknownEntity      no such model on record (the nearest names are offered)
│   ├── AmbiguousName      a name of several things (they are listed)
│   ├── UnreadableMedia    a picture, sound or film that cannot be read as one (tools/media/measures.py)
│   ├── Refused            an address from which no media may come (tools/media/hosts.py)
│   ├── UnknownRoute       no card has a route or model of this name (tools/cards/shelf.py)
│   ├── NoSuchJob          no job of that id is the tenant's (tools/jobs/table.py)
│   └── UnreadableSource   a file that cannot be read as what it should be
│       └── BadCard        a card that cannot be read (tools/cards/shelf.py)
├── NoMediaLibrary         what reads media is not installed (tools/media/measures.py)
├── RunFailed              a model did not do what it was asked (tools/backends/backend.py)
│   ├── CannotRun          what the model needs is not here
│   ├── TimedOut           it took longer than allowed
│   └── NoOutput           it ended without the file it should have made
└── StoreError             the store cannot serve: locked, newer than this program, not a modelatlas file
    ├── EmbedderFailed     the embedder did not answer, or not what it was asked for (graph/embed.py)
    ├── OtherEmbedder      the vectors on record are of another embedder (graph/embed.py)
    ├── StillRead          another process reads the file, so it could not be shrunk (graph/sqlite/database.py)
    ├── NoCypher           a query in Cypher, which the SQLite driver does not speak (graph/sqlite/graphiti/cypher.py)
    ├── TableFailed        the table of jobs cannot serve (tools/jobs/table_file.py)
    └── CheckpointsFailed  the PostgreSQL that keeps the checkpoints of sessions cannot serve (agent/checkpoints.py)
"""

from collections.abc import Sequence


class AtlasError(Exception):
    """An error with one clear sentence for the person who asked."""


class BadInput(AtlasError):
    """What was given is wrong; the caller mends it."""


class InvalidDate(BadInput):
    """Not a date in any accepted form."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(
            f"{text[:80]!r} is not a date ({reason}); "
            "give YYYY, YYYY-MM, YYYY-MM-DD, an ISO 8601 time, or [earlier..later]."
        )


class InvalidClaim(BadInput):
    """A claim that contradicts itself or the format."""


class UnknownEntity(BadInput):
    """No such entity on record."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        self.name = name
        self.nearest = tuple(nearest)
        hint = f" Nearest names: {', '.join(nearest)}." if nearest else " Nothing on record has a similar name."
        super().__init__(f"Nothing is on record about {name[:80]!r}.{hint}")


class AmbiguousName(BadInput):
    """A name of several things."""

    def __init__(self, name: str, subjects: Sequence[str]) -> None:
        self.name = name
        self.subjects = tuple(subjects)
        shown = ", ".join(subjects[:6]) + (", …" if len(subjects) > 6 else "")
        super().__init__(
            f"{len(subjects)} things on record are called {name[:80]!r}: {shown}; give one of these names."
        )


class UnreadableSource(BadInput):
    """A file that cannot be read as what it should be."""


class StoreError(AtlasError):
    """The store cannot serve."""
