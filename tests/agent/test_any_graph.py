"""A graph of something else altogether: made-up societies and their chairs, against answers worked out apart."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asked import Asked, sure
from chairs import SOCIETIES, Entry, chaired, register, span

from modelatlas.agent.atlas import Atlas, open_as_it_is
from modelatlas.graph.facts import Claim, Source

pytest_plugins = ("asked_atlas",)

ENTRIES = register(seed=1970)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONTHS = ["January", "February", "March", "April", "May", "June", "July"]
MONTHS += ["August", "September", "October", "November", "December"]


def claim(entry: Entry) -> Claim:
    return Claim(
        subject=entry.society,
        predicate="chair",
        object=entry.person,
        functional=True,
        valid_from=entry.since,
        valid_to=entry.until,
        recorded_at=entry.recorded,
        source=Source(id="the register"),
    )


@pytest.fixture(scope="session")
def register_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The register in an atlas without the catalogue, its entries in no order."""
    path = tmp_path_factory.mktemp("register") / "atlas.sqlite"
    entries = random.Random(1).sample(ENTRIES, len(ENTRIES))

    async def made() -> None:
        async with open_as_it_is(path) as atlas:
            await atlas.record([claim(entry) for entry in entries])

    asyncio.run(made())
    return path


@pytest.fixture
async def societies(clock: None, register_file: Path) -> AsyncIterator[Atlas]:
    """The atlas with the register."""
    async with open_as_it_is(register_file) as opened:
        yield opened


def end_of_month(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) - timedelta(microseconds=1)


def held(found: Asked) -> dict[str, bool]:
    """The chairs that an answer cites, and whether each is told as certain."""
    return {fact["object"]: sure(fact) for fact in found["facts"] if fact["predicate"] == "chair"}


async def ask(atlas: Atlas, question: str) -> Asked:
    return Asked(await atlas.ask(question), {})


def months_of(society: str) -> list[tuple[int, int]]:
    """Months to ask about: two in years in which the chair changed, one in any year."""
    chance = random.Random(society)
    changed = [span(it.since)[0].year for it in ENTRIES if it.society == society]
    years = [*chance.choices(changed, k=2), chance.randint(1950, 1990)]
    return [(year, chance.randint(1, 12)) for year in years]


def test_the_register_is_large_and_coarse_enough_to_prove_something() -> None:
    asked = [(society, end_of_month(*month)) for society in SOCIETIES for month in months_of(society)]
    answers = [chaired(ENTRIES, society, at, NOW) for society, at in asked]
    assert len(ENTRIES) > 300
    assert sum(len(answer) == 1 and all(answer.values()) for answer in answers) > 30
    assert sum(not answer for answer in answers) > 10
    assert sum(len(answer) == 1 and not all(answer.values()) for answer in answers) >= 5
    assert sum(len(answer) >= 2 for answer in answers) > 10


@pytest.mark.parametrize("society", SOCIETIES)
async def test_the_chair_in_a_month_is_the_right_person(societies: Atlas, society: str) -> None:
    for year, month in months_of(society):
        expected = chaired(ENTRIES, society, end_of_month(year, month), NOW)
        for question, perhaps in (
            (f"Who was the chair of {society} in {MONTHS[month - 1]} {year}?", "perhaps"),
            (f"{year}年{month}月谁是{society}的chair？", "可能"),
        ):
            found = await ask(societies, question)
            assert held(found) == expected, question
            assert found["abstained"] == (not expected)
            assert (perhaps in found.text) == (bool(expected) and not all(expected.values()))
            assert all(person in found.text for person in expected)


@pytest.mark.parametrize("society", SOCIETIES[::3])
async def test_the_chair_as_it_was_known_is_the_one_on_record_then(societies: Atlas, society: str) -> None:
    chance = random.Random(society)
    for _ in range(2):
        year, known = chance.randint(1955, 1985), chance.randint(1956, 1995)
        at, seen = end_of_month(year, 6), end_of_month(known, 12)
        found = await ask(societies, f"As known on {known}-12-31, who was the chair of {society} in June {year}?")
        assert held(found) == chaired(ENTRIES, society, at, seen)


@pytest.mark.parametrize(
    "question",
    [
        "Who was the chair of Alder Guild in June 1920?",
        "1920年6月谁是云杉会的chair？",
        "Who was the chair of Nowhere Guild in June 1970?",
        "Who was the chair of the Poplar Trust in June 1970?",
        "1970年6月谁是紫檀会的chair？",
        "Who was the treasurer of Alder Guild in June 1970?",
        "1970年6月谁是云杉会的司库？",
    ],
)
async def test_what_the_register_does_not_say_is_not_answered(societies: Atlas, question: str) -> None:
    found = await ask(societies, question)
    assert found["abstained"]
    assert found["facts"] == []
    assert found["unknowns"]


async def test_the_chairs_of_a_society_in_the_order_they_came_on_record(societies: Atlas) -> None:
    found = await ask(societies, "What is the history of the chair of Alder Guild?")
    recorded = sorted((it for it in ENTRIES if it.society == "Alder Guild"), key=lambda it: it.recorded)
    assert list(dict.fromkeys(fact["object"] for fact in found["facts"])) == [it.person for it in recorded]


async def test_when_a_person_took_the_chair(societies: Atlas) -> None:
    exact = [it for it in ENTRIES if it.society.isascii() and len(it.since) == 10]
    certain = [it for it in exact if chaired(ENTRIES, it.society, span(it.since)[0], NOW) == {it.person: True}]
    for entry in certain[:5]:
        found = await ask(societies, f"When did {entry.person} become chair of {entry.society}?")
        assert held(found)[entry.person]
        assert f"{entry.person} (since {entry.since}" in found.text
