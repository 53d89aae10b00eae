"""The built-in catalogue: taken on record once a tenant, and again only when its edition changes."""

from datetime import datetime
from hashlib import blake2b
from importlib.resources import as_file, files
from pathlib import Path

from modelatlas.graph.dates import moment
from modelatlas.graph.facts import Claim, Episode, Source
from modelatlas.graph.store import GraphStore
from modelatlas.ingest.document import Rejected
from modelatlas.ingest.events import STATE_OF_KNOWLEDGE
from modelatlas.ingest.readers import read

_FILES = ("seed.md", "events.jsonl")
_EDITION = (*_FILES, "names.toml")


async def bring_catalogue(store: GraphStore, now: datetime) -> bool:
    """Record this edition of the catalogue if it is not yet on record, all in one transaction."""
    with as_file(files("modelatlas.ingest.catalogue")) as folder:
        edition = _edition(folder)
        if (await store.preview((), [edition], now=now)).episodes == 0:
            return False
        claims: list[Claim] = []
        episodes = [edition]
        for name in _FILES:
            for document in read(folder / name):
                if isinstance(document, Rejected):
                    raise ValueError(f"the built-in catalogue is damaged: {document}")
                claims += document.claims
                episodes += [document.episode] if document.episode else []
    await store.record(claims, episodes, now=now)
    return True


async def leave_catalogue_out(store: GraphStore, now: datetime) -> None:
    """Mark this edition as dealt with, so that it is not brought in later."""
    with as_file(files("modelatlas.ingest.catalogue")) as folder:
        await store.record((), [_edition(folder)], now=now)


def _edition(folder: Path) -> Episode:
    digest = blake2b(digest_size=8)
    for name in _EDITION:
        digest.update((folder / name).read_bytes())
    return Episode(
        name="built-in catalogue",
        text=f"The catalogue that came with modelatlas, edition {digest.hexdigest()}.",
        kind="text",
        source=Source(id="modelatlas:catalogue", title="built-in catalogue", commit=digest.hexdigest()),
        said=moment(STATE_OF_KNOWLEDGE).latest,
    )
