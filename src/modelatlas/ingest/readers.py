"""Which reader a file needs, seen from its first good line."""

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

_UNKNOWN = (
    "neither claims (subject, predicate, …), nor turns (session, speaker, said_at, text), nor a models.dev history"
)

# The first reader whose keys all stand in a line reads the file from there on.
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
    every = lines(path)
    empty, unknown = True, 0
    for got in every:
        empty = False
        if isinstance(got, Rejected):
            yield got
            continue
        reader = _reader(got[1])
        if not isinstance(reader, str):
            yield from _read(reader, path, got, every)
            return
        unknown = unknown or (got[0] if reader == _UNKNOWN else 0)
        yield Rejected(path=path, line=got[0], reason=reader)
    if empty:
        raise UnreadableSource(f"{path} is empty.")
    if unknown:
        raise UnreadableSource(f"{path}:{unknown}: {_UNKNOWN}.")


def _reader(line: str) -> Reader | str:
    """The reader that knows such a line, or why there is none."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return "not a JSON object"
    if not isinstance(said, dict):
        return "not a JSON object"
    return next((reader for needed, reader in _READERS if needed <= said.keys()), _UNKNOWN)


def _read(
    reader: Reader, path: Path, first: tuple[int, str], rest: Iterator[tuple[int, str] | Rejected]
) -> Iterator[Document | Rejected]:
    bad: list[Rejected] = []

    def good() -> Iterator[tuple[int, str]]:
        for got in chain([first], rest):
            if isinstance(got, Rejected):
                bad.append(got)
            else:
                yield got

    for document in reader(path, good()):
        yield from bad
        bad.clear()
        yield document
    yield from bad
