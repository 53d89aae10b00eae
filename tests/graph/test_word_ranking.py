"""Ranking by words: exact where few rows match, bounded where many do, and always only what is in sight."""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.sieve import Sieve
from modelatlas.graph.sqlite.word_ranking import LEADING, NEWEST, Kind, ranked, scored
from modelatlas.graph.text import words

ALL_ROWS = Sieve("1", ())
MANY = 9_000
WORDS = ("zeppelin", "video", "model", "edit", "图像", "编辑")


class Shelf:
    """The communities of a file, by their words."""

    def __init__(self, path: Path) -> None:
        asyncio.run(Database(path).close())
        self.db = sqlite3.connect(path, isolation_level=None)

    def fill(self, texts: Mapping[int, str], group: str = "us") -> None:
        """Put these texts in place of all."""
        self.db.execute("BEGIN")
        self.db.execute("DELETE FROM community")
        self.add(texts, group)
        self.db.execute("COMMIT")

    def add(self, texts: Mapping[int, str], group: str = "us") -> None:
        """Add texts; the row of a text is also the time it was made."""
        rows = [(row, f"{row:09}", group, row) for row in texts]
        columns = "(id, uuid, group_id, name, labels, summary, created_at)"
        self.db.executemany(f"INSERT INTO community {columns} VALUES (?, ?, ?, '', '[]', '', ?)", rows)
        indexed = [(row, " ".join(words(text))) for row, text in texts.items()]
        self.db.executemany("INSERT INTO community_words (rowid, words) VALUES (?, ?)", indexed)

    def exactly(self, query: str, sieve: Sieve) -> dict[int, float]:
        """Every row in sight that has a word of the query, with its BM25."""
        match = " OR ".join(f'"{word}"' for word in dict.fromkeys(words(query)))
        rows = self.db.execute(
            "SELECT r.id, -bm25(community_words) FROM community_words JOIN community r ON r.id = community_words.rowid"
            f" WHERE community_words MATCH ? AND {sieve.where}",
            (match, *sieve.values),
        )
        return dict(rows.fetchall())

    def found(self, query: str, sieve: Sieve = ALL_ROWS, limit: int = 10) -> list[int]:
        """The rows that are found, best first."""
        return ranked(self.db, "community", query, sieve, limit)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A shelf that a test may fill anew."""
    opened = Shelf(tmp_path_factory.mktemp("shelf") / "atlas.sqlite")
    yield opened
    opened.db.close()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """A shelf with so many rows that no word but a few rare ones can lead; no test changes it."""
    opened, random = Shelf(tmp_path_factory.mktemp("full") / "atlas.sqlite"), Random(3)
    texts = {
        row: "video model " + "video " * random.randrange(4) + "x " * random.randrange(9) for row in range(1, MANY)
    }
    for row in range(5, MANY, 45):
        texts[row] += " zeppelin"
    for row in range(7, MANY, 3_000):
        texts[row] += " airship"
    for row in range(2, MANY, 2):
        texts[row] = texts[row].replace("model", "edit")
    opened.fill(texts)
    yield opened
    opened.db.close()


def up_to(row: int) -> Sieve:
    return Sieve("r.created_at <= ?", (row,))


def best(scores: Mapping[int, float], limit: int) -> list[int]:
    return sorted(scores, key=lambda row: (-scores[row], row))[:limit]


TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    TEXTS,
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join),
    st.integers(0, 13),
    st.integers(1, 14),
)
def test_few_matches_are_ranked_exactly(shelf: Shelf, texts: list[str], query: str, seen: int, limit: int) -> None:
    shelf.fill(dict(enumerate(texts, 1)))
    assert shelf.found(query, up_to(seen), limit) == best(shelf.exactly(query, up_to(seen)), limit)


@pytest.mark.parametrize("sieve", [ALL_ROWS, up_to(4_000), Sieve("r.id % 97 = 5", ())])
def test_a_rare_word_leads_among_many_common_ones(full: Shelf, sieve: Sieve) -> None:
    exactly = full.exactly("zeppelin video model edit", sieve)
    zeppelins = full.exactly("zeppelin", sieve)
    assert len(exactly) > len(zeppelins) > 1
    limit = min(10, len(zeppelins))
    found = scored(full.db, "community", "zeppelin video model edit", sieve, limit)
    assert [row for row, _ in found] == best({row: exactly[row] for row in zeppelins}, limit)
    assert all(score == pytest.approx(exactly[row]) for row, score in found)


@pytest.mark.parametrize("query", ["airship video", "airship edit video"])
def test_where_the_rare_words_give_too_few_the_common_ones_fill_up(full: Shelf, query: str) -> None:
    exactly = full.exactly(query, ALL_ROWS)
    airships = full.exactly("airship", ALL_ROWS)
    found = scored(full.db, "community", query, ALL_ROWS, 10)
    assert len(found) == 10
    assert {row for row, _ in found} > airships.keys()
    assert all(score == pytest.approx(exactly[row]) for row, score in found)


@pytest.mark.parametrize("last", [MANY, 5_000, 2_500])
def test_of_a_common_word_the_newest_in_sight_are_ranked(full: Shelf, last: int) -> None:
    exactly = full.exactly("video", up_to(last))
    assert full.found("video", ALL_ROWS, limit=MANY * 2) == best(full.exactly("video", ALL_ROWS), MANY * 2)
    newest = sorted(exactly)[-NEWEST:]
    assert full.found("video", up_to(last)) == best({row: exactly[row] for row in newest}, 10)


def test_of_two_common_words_the_newest_that_have_both_come_first(full: Shelf) -> None:
    both = full.exactly("edit", ALL_ROWS).keys() & full.exactly("video", ALL_ROWS).keys()
    assert len(both) > LEADING
    exactly = full.exactly("edit video", ALL_ROWS)
    newest = sorted(both)[-NEWEST:]
    assert full.found("edit video") == best({row: exactly[row] for row in newest}, 10)


@pytest.mark.parametrize("query", ["video", "video model", "airship video", "video edit model and the zeppelin"])
@pytest.mark.parametrize(
    "sieve",
    [
        Sieve("0", ()),
        Sieve("r.id = 1", ()),
        Sieve("r.id = ?", (MANY - 1,)),
        Sieve("r.id IN (3, 4600, 8000)", ()),
        Sieve("r.id < 60", ()),
        Sieve("r.id % 1000 = 7 OR r.id = 14", ()),
        Sieve("r.id BETWEEN 4000 AND 4004", ()),
        Sieve("r.group_id = ?", ("nobody",)),
    ],
)
def test_however_few_are_in_sight_none_is_missed(full: Shelf, query: str, sieve: Sieve) -> None:
    inside = Sieve(f"({sieve.where})", sieve.values)
    exactly = full.exactly(query, inside)
    assert set(full.found(query, sieve, limit=100)) == exactly.keys()
    assert len(full.found(query, sieve, limit=2)) == min(2, len(exactly))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 400),
    st.integers(0, 399),
    st.integers(1, 60),
    st.sampled_from(["video edit", "video", "airship edit"]),
)
def test_no_row_in_sight_is_missed_while_there_are_fewer_than_asked_for(
    full: Shelf, every: int, rest: int, limit: int, query: str
) -> None:
    sieve = Sieve("r.id % ? = ?", (every, rest))
    exactly = full.exactly(query, sieve)
    found = scored(full.db, "community", query, sieve, limit)
    assert len(found) == min(limit, len(exactly))
    assert all(score == pytest.approx(exactly[row]) for row, score in found)
    assert [row for row, _ in found] == best(dict(found), limit)


def test_what_is_recorded_later_leaves_a_common_word_of_the_past_its_rows(shelf: Shelf) -> None:
    shelf.fill({row: "video " + "x " * (row % 7) for row in range(1, 4_000)})
    before = shelf.found("video", up_to(4_000), limit=20)
    shelf.add(dict.fromkeys(range(4_001, 8_000), "video"))
    assert shelf.found("video", up_to(4_000), limit=20) == before


def test_equal_rows_come_in_the_order_of_their_ids(shelf: Shelf) -> None:
    shelf.fill(dict.fromkeys((9, 3, 700, 5), "zeppelin"))
    assert shelf.found("zeppelin") == [3, 5, 9, 700]


def test_one_chinese_character_stands_for_the_words_that_begin_with_it(shelf: Shelf) -> None:
    shelf.fill({1: "张三在北京工作", 2: "工作", 3: "图像编辑"})
    assert shelf.found("张三") == [1]
    assert shelf.found("张") == [1]
    assert shelf.found("编辑图像") == [3]


@pytest.mark.parametrize(
    "query",
    [
        *(
            "",
            " ",
            "\x00",
            "\ud800",
            "🎨",
            '"',
            "'",
            "*",
            "^",
            "-",
            "NEAR(",
            "NEAR(a b, 3)",
            "AND",
            "OR NOT",
            "(((",
            ":",
        ),
        *("words:zzz", '" OR 1=1 --', "'); DROP TABLE community; --", "{a b}: c", "the and of", "的 了"),
        " ".join(f"word{number}" for number in range(10_000)),
        "字" * 10_000,
        "x" * 100_000,
    ],
)
def test_no_query_is_an_error(full: Shelf, query: str) -> None:
    assert full.found(query) == []
    assert full.found(f"airship {query}", limit=1) == full.found("airship", limit=1)


def test_a_query_of_ten_thousand_words_finds_the_one_that_is_there(full: Shelf) -> None:
    many = " ".join(f"word{number}" for number in range(10_000))
    assert set(full.found(f"{many} airship {many}")) == full.exactly("airship", ALL_ROWS).keys()


@pytest.mark.parametrize("limit", [0, -1])
def test_nothing_is_found_where_nothing_is_asked_for(full: Shelf, limit: int) -> None:
    assert full.found("video", limit=limit) == []


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_row_has_words(shelf: Shelf, kind: Kind) -> None:
    assert ranked(shelf.db, kind, "nothing of that", ALL_ROWS, 5) == []
