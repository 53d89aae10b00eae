"""Synthetic claims like those of real sources, the same for the same size.

Each model has a page of its repository, a paper, a provider's documentation, a Chinese article and a line of a
listing; each is read several times, a reading gives four to nine claims, and readings arrive in the order of
their dates. Later readings revise earlier ones: new values from a date on, corrections back to the release,
retractions, dates known only to the month or not at all.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from bench.statements import BY_SOURCE, Answer, Drawn
from bench.words import CHINESE, CHINESE_NAMES, ENGLISH, KINDS, ONSETS, RHYMES
from modelatlas.graph.dates import iso
from modelatlas.graph.facts import Claim, Source

SEED = 20260701
NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
PAST = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)
BATCH = 4_000

_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
_LAST = datetime(2026, 6, 30, tzinfo=UTC)
_CLAIMS_A_MODEL = 50
_WEEK = timedelta(days=7)
_SOURCES = tuple(BY_SOURCE)


@dataclass(frozen=True, slots=True)
class Model:
    """One made-up model: its names, and when it came out."""

    name: str
    chinese: str
    slug: str
    released: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """One source of one model, read at one time, with how many claims it gives."""

    at: datetime
    model: Model
    source: str
    number: int
    claims: int


def models(size: int) -> list[Model]:
    """The models that an atlas of so many claims is about, the same first ones at every size."""
    random = Random(SEED)
    found: dict[str, Model] = {}
    while len(found) < max(6, size // _CLAIMS_A_MODEL):
        family = "".join(random.choice(ONSETS) + random.choice(RHYMES) for _ in range(2)).capitalize()
        kind, version = random.choice(KINDS), f"{random.randint(1, 4)}.{random.randint(0, 5)}"
        chinese = "".join(random.choices(CHINESE_NAMES, k=2))
        released = _FIRST + random.random() * (_LAST - 8 * _WEEK - _FIRST)
        name = f"{family}-{kind} {version}"
        found.setdefault(name, Model(name, chinese, f"{family}-{kind}".lower(), released))
    return list(found.values())


def read_by(size: int, instant: datetime, sources: Collection[str] = _SOURCES) -> list[Model]:
    """The models that one of the sources told of some weeks before the instant."""
    last = instant - 4 * _WEEK
    early = {reading.model for reading in _readings(size) if reading.at < last and reading.source in sources}
    return [model for model in models(size) if model in early]


def claims(size: int) -> Iterator[Claim]:
    """So many claims, in the order in which they came on record."""
    return islice((claim for reading in _readings(size) for claim in _claims(reading)), size)


def batches(size: int) -> Iterator[list[Claim]]:
    """The same in batches of 4,000."""
    every = claims(size)
    while batch := list(islice(every, BATCH)):
        yield batch


def revisions(count: int) -> list[Claim]:
    """One price that a listing changed so many times, once a day."""
    first = NOW - timedelta(days=count + 1)
    days = [first + timedelta(days=day) for day in range(count)]
    source = Source(id="listing", title="price listing", url="https://listing.example")
    return [
        Claim(
            subject="Deepline 1.0",
            predicate="cost.input",
            value=round(1 + number / 100, 2),
            unit="USD per million tokens",
            valid_from=iso(day),
            recorded_at=iso(day),
            source=source,
        )
        for number, day in enumerate(days)
    ]


def _readings(size: int) -> list[Reading]:
    random, known = Random(SEED + size), models(size)
    readings: list[Reading] = []
    missing = size
    while missing > 0:
        model, count = random.choice(known), min(missing, random.randint(4, 9))
        source = random.choices(_SOURCES, weights=(45, 8, 15, 10, 22))[0]
        at = model.released + random.random() ** 1.5 * (_LAST - model.released)
        readings.append(Reading(at.replace(microsecond=0), model, source, len(readings), count))
        missing -= count
    return sorted(readings, key=lambda reading: (reading.at, reading.number))


def _claims(reading: Reading) -> Iterator[Claim]:
    random, model = Random(SEED * 31 + reading.number), reading.model
    source = _source(reading, random)
    for sequence in range(reading.claims):
        drawn = random.choice(BY_SOURCE[reading.source])
        valid_from, valid_to = _valid(reading, random)
        if random.random() < 0.03:
            yield Claim(
                subject=model.name,
                predicate=drawn.predicate,
                valid_from=reading.at.date().isoformat(),
                recorded_at=iso(reading.at),
                kind="retract",
                source=source,
                sequence=sequence,
            )
            continue
        answer = drawn.draw(random)
        yield Claim(
            subject=model.name,
            predicate=drawn.predicate,
            object=answer[0],
            value=answer[1],
            unit=answer[2],
            valid_from=valid_from,
            valid_to=valid_to,
            recorded_at=iso(reading.at),
            source=source,
            confidence="secondary" if reading.source in ("article", "listing") else "primary",
            fact=_sentence(reading, drawn, answer, random),
            sequence=sequence,
        )


def _valid(reading: Reading, random: Random) -> tuple[str | None, str | None]:
    """Since some weeks before the reading; sometimes, as a correction, since the release."""
    since = max(reading.model.released, reading.at - random.random() * 6 * _WEEK)
    start = reading.model.released if random.random() < 0.1 else since
    draw = random.random()
    if draw < 0.05:
        return None, None
    if draw < 0.15:
        return start.strftime("%Y-%m"), None
    text = iso(start.replace(microsecond=0)) if draw < 0.3 else start.date().isoformat()
    ends = (reading.at + random.randint(2, 40) * _WEEK).date().isoformat()
    return text, ends if random.random() < 0.06 else None


def _sentence(reading: Reading, drawn: Drawn, answer: Answer, random: Random) -> str | None:
    """What a source wrote; None, for the store's own sentence, where it only listed a value."""
    said = " ".join(str(part) for part in answer if part is not None)
    model = reading.model
    if reading.source == "article":
        return f"{model.chinese}（{model.name}）的{drawn.chinese}：{said}。该模型{random.choice(CHINESE)}。"
    if reading.source != "listing" and random.random() < 0.5:
        return f"{model.name}, {drawn.english}: {said}. The model {random.choice(ENGLISH)}."
    return None


def _source(reading: Reading, random: Random) -> Source:
    slug, date, commit = reading.model.slug, reading.at.date().isoformat(), f"{random.getrandbits(48):012x}"
    kind = reading.source
    if kind == "repository":
        url = f"https://github.com/{slug}/{slug}"
        return Source(id=url, title=f"{slug} README", url=url, date=date, commit=commit)
    if kind == "paper":
        return Source(id=f"arxiv:{slug}", title=f"{reading.model.name}: a technical report", date=date)
    if kind == "documentation":
        return Source(id=f"docs:{slug}", title=f"{slug} documentation", url=f"https://docs.example/{slug}", date=date)
    if kind == "article":
        return Source(id=f"article:{slug}", title=f"{reading.model.chinese}模型解读", date=date)
    return Source(id="listing", title="model listing", url="https://listing.example", date=date, commit=commit)
