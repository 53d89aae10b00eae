"""Pages of the file that something overwrote: what touches them says so, and what to do about it."""

import asyncio
import random
import re
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from stored_rows import rows, wrong_with
from utterances import LATER, on, said, told

from modelatlas.graph.errors import StoreError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.sqlite.care.backup import back_up
from modelatlas.graph.sqlite.care.restoration import restore

SIZE = 4096
WHAT_TO_DO = re.compile(r".*damaged.*`modelatlas check`.*`modelatlas restore FILE`\.", re.DOTALL)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of many pages."""
    path = tmp_path_factory.mktemp("pages") / "atlas.sqlite"
    asyncio.run(written_to(path))
    return path


async def written_to(path: Path) -> None:
    store = GraphitiStore(path, "us")
    claims = [said("MIT", subject=f"model {number}", source=f"page {number % 7}") for number in range(600)]
    turns = [told(f"about model {number}", "2025-01-01", f"chat {number}") for number in range(60)]
    await store.record(claims, turns, now=on(LATER))
    await store.close()


async def read_claims(store: GraphitiStore) -> None:
    _ = [claim async for claim in store.claims()]


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "atlas.sqlite"))


def pages_of(path: Path, table: str) -> list[int]:
    """The pages of a table's rows, the first page of the file being 0."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT pageno - 1 FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno", (table,)
        )
        return [page for (page,) in found]


def overwrite(path: Path, pages: list[int], garbage: bytes) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * SIZE)
            file.write(garbage)


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ("edge", lambda store: store.recall(Pattern(), EVER)),
        ("entity", lambda store: store.recall(Pattern(), EVER)),
        ("claim", read_claims),
        ("episode", lambda store: store.search("about", EVER, 5)),
        ("edge_words_data", lambda store: store.search("model 7", EVER, 5)),
        ("sqlite_autoindex_claim_1", lambda store: store.record([said("GPL", subject="model 7")], now=on(LATER))),
    ],
)
@pytest.mark.parametrize("garbage", [b"\x00" * SIZE, b"\x5a" * SIZE], ids=["zeros", "letters"])
async def test_what_touches_a_damaged_page_says_so_and_what_to_do(
    path: Path, table: str, what: Callable[[GraphitiStore], Awaitable[object]], garbage: bytes
) -> None:
    overwrite(path, pages_of(path, table), garbage)
    store = GraphitiStore(path, "us")
    with pytest.raises(StoreError) as refused:
        await what(store)
    assert WHAT_TO_DO.fullmatch(str(refused.value))
    await store.close()
    assert await wrong_with(path)


async def test_a_write_that_meets_a_damaged_page_leaves_nothing_half_written(path: Path) -> None:
    overwrite(path, pages_of(path, "claim_subject"), b"\x5a" * SIZE)
    before = rows_but(path, "claim")
    store = GraphitiStore(path, "us")
    with pytest.raises(StoreError, match="damaged"):
        await store.record([said("new", subject="new model")], now=on(LATER))
    await store.close()
    assert rows_but(path, "claim") == before


async def test_bytes_overwritten_anywhere_never_end_in_a_traceback(path: Path) -> None:
    chance, whole = random.Random(4097), path.read_bytes()
    before, refused = rows(path), 0
    for number in range(80):
        place = chance.randrange(100, len(whole) - 600)
        damaged = whole[:place] + chance.randbytes(600) + whole[place + 600 :]
        used, looked_at = path.with_name(f"used {number}"), path.with_name(f"looked at {number}")
        used.write_bytes(damaged)
        looked_at.write_bytes(damaged)
        try:
            store = GraphitiStore(used, "us")
            try:
                await store.recall(Pattern(), EVER)
                await store.record([said("new", subject="new model")], now=on(LATER))
            finally:
                await store.close()
        except StoreError:
            refused += 1
        if not await wrong_with(looked_at):
            assert rows(looked_at) == before, f"600 bytes from {place} on were overwritten and nothing was found"
    assert refused > 5


async def test_a_backup_makes_a_damaged_file_whole_again(path: Path, tmp_path: Path) -> None:
    backup, keep = tmp_path / "backup.sqlite", tmp_path / "kept.sqlite"
    await back_up(path, backup)
    before = rows(path)
    overwrite(path, pages_of(path, "edge"), b"\x5a" * SIZE)
    with pytest.raises(StoreError, match="damaged"):
        await back_up(path, tmp_path / "another.sqlite")
    await restore(path, backup, keep)
    assert rows(path) == before
    assert await wrong_with(path) == []


def rows_but(path: Path, table: str) -> dict[str, list[tuple[object, ...]]]:
    return {name: kept for name, kept in rows(path).items() if name != table}
