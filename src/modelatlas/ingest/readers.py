"""Which reader a file needs, seen from its first line."""

import json
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from modelatlas.graph.errors import UnreadableSource
from modelatlas.ingest.claims import read_claims
from modelatlas.ingest.document import Document, Rejected
from modelatlas.ingest.events import read_events
from modelatlas.ingest.lines import lines
from modelatlas.ingest.models_dev import read_models_dev
from modelatlas.ingest.seed import read_seed_file
from modelatlas.ingest.turns import read_turns

Reader = Callable[[Path, Iterator[tuple[int, str]]], Iterator[Document | Rejected]]

_SUFFIXES = (".jsonl", ".jsonl.xz", ".jsonl.gz", ".ndjson", ".md")

# The first reader whose keys all stand in the first line reads the file.
_READERS: tuple[tuple[frozenset[str], Reader], ...] = (
    (frozenset({"tx", "entity", "field", "op"}), read_models_dev),
    (frozenset({"model", "precision", "supersedes", "predicate"}), read_events),
    (frozenset({"session", "speaker", "text"}), read_turns),
    (frozenset({"subject", "predicate"}), read_claims),
)


def files(path: Path) -> list[Path]:
    """The files a path stands for: itself, or those of a folder that a reader knows."""
    if not path.exists():
        raise UnreadableSource(f"{path} does not exist.")
    if not path.is_dir():
        return [path]
    found = sorted(it for it in path.rglob("*") if it.is_file() and it.name.endswith(_SUFFIXES[:4]))
    if not found:
        raise UnreadableSource(f"{path} holds no {', '.join(_SUFFIXES[:4])} file.")
    return found


def read(path: Path) -> Iterator[Document | Rejected]:
    """The documents of a file, one at a time. Raises UnreadableSource for what no reader knows."""
    if path.name.endswith(".md"):
        yield from read_seed_file(path)
        return
    if not path.name.endswith(_SUFFIXES):
        raise UnreadableSource(f"{path} is of no kind that can be ingested; give {', '.join(_SUFFIXES)}.")
    rejected: list[Rejected] = []
    reader: Reader | None = None
    every = lines(path)
    first: tuple[int, str] | None = None
    for got in every:
        if isinstance(got, Rejected):
            rejected.append(got)
            continue
        try:
            keys = frozenset(json.loads(got[1]))
        except (ValueError, TypeError, RecursionError):
            rejected.append(Rejected(path=path, line=got[0], reason="not a JSON object"))
            continue
        first = got
        reader = next((reader for needed, reader in _READERS if needed <= keys), None)
        break
    yield from rejected
    if first is None:
        if not rejected:
            raise UnreadableSource(f"{path} is empty.")
        return
    if reader is None:
        raise UnreadableSource(
            f"{path}:{first[0]}: neither claims (subject, predicate, …), nor turns (session, speaker, said_at, text),"
            " nor a models.dev history."
        )
    bad: list[Rejected] = []

    def good() -> Iterator[tuple[int, str]]:
        for got in chain([first], every):
            if isinstance(got, Rejected):
                bad.append(got)
            elif got is not None:
                yield got

    for document in reader(path, good()):
        yield from bad
        bad.clear()
        yield document
    yield from bad
