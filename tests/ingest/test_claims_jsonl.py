"""claims.jsonl: what is exported comes back as the same beliefs, and the schema says which lines are good."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from line_files import claim, told, write
from pydantic import ValidationError

from modelatlas.graph.facts import Claim, Fact, Pattern, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.ingest.pipeline import ingest

INGESTED = datetime(2025, 9, 1, 12, 30, 0, 123456, tzinfo=UTC)
DATES = ["2025", "2025-03", "2025-03-10", "2025-05-01T08:00:00+08:00", "[2025-02..2025-06-15]", "2025-08"]
RECORDED = [*DATES[:4], "2025-07-04T12:00:00.000001Z", None]
GRID = [datetime(2024, 12, 31, tzinfo=UTC) + timedelta(days=36 * step) for step in range(11)]

FULL = claim(
    value=[1, 2.5, "x", True],
    unit="GB",
    qualifiers={"resolution": "480p", "frames": 81, "fast": True},
    valid_from="2025-02",
    valid_to="[2025-06..2025-09-01]",
    recorded_at="2025-03-01T09:00:00+08:00",
    functional=False,
    confidence="executed",
    tenant="us",
    fact="Wan2.1 叫做 通义万相 🦊.",
    ref="line-7",
    sequence=3,
    source={"id": "README", "title": "Readme", "url": "https://a.b", "date": "2025-03-01", "commit": "abc"},
)


@st.composite
def logs(draw: st.DrawFn) -> list[Claim]:
    """Claims that often meet; those without a date of their own never tie, for nothing orders them."""
    made = []
    for number in range(draw(st.integers(1, 7))):
        start, end = draw(st.sampled_from([None, *DATES])), draw(st.sampled_from([None, None, *DATES]))
        said = draw(st.sampled_from([("MIT", None), ("GPL-3.0", None), ("size", 1), ("size", 1.5), ("size", True)]))
        try:
            made.append(
                Claim(
                    subject=draw(st.sampled_from(["Wan2.1", "通义 🦊"])),
                    predicate=draw(st.sampled_from(["licence_code", "spec", "task"])),
                    object=said[0],
                    value=said[1],
                    valid_from=start,
                    valid_to=end,
                    recorded_at=draw(st.sampled_from(RECORDED)),
                    kind=draw(st.sampled_from(["assert", "assert", "retract"])),
                    source=Source(id=draw(st.sampled_from(["README", "paper"])), date="2025-01-01"),
                    ref=f"line {number}",
                    sequence=number,
                )
            )
        except ValidationError:  # an end before the start
            continue
    return made


async def exported(store: GraphStore, path: Path) -> Path:
    return write(path, [claim.line() async for claim in store.claims()])


async def same(one: GraphStore, other: GraphStore) -> None:
    """Both hold the same beliefs, and answer alike on both axes."""
    assert told(await one.history(Pattern())) == told(await other.history(Pattern()))
    for valid, believed in product(GRID, GRID):
        as_of = AsOf(valid=valid, believed=believed)
        seen = [sorted(_answer(fact) for fact in await store.recall(Pattern(), as_of)) for store in (one, other)]
        assert seen[0] == seen[1]


def _answer(fact: Fact) -> tuple[str, ...]:
    return fact.subject, fact.predicate, str(fact.object), repr(fact.value), fact.source.id, fact.certainty


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(logs())
async def test_an_export_comes_back_as_the_same_beliefs(
    tmp_path_factory: pytest.TempPathFactory, log: list[Claim]
) -> None:
    folder = tmp_path_factory.mktemp("export")
    first, second = MemoryStore("us"), MemoryStore("us")
    await first.record(log, now=INGESTED)
    path = await exported(first, folder / "export.jsonl")
    if log:
        done = await ingest(second, [path], now=INGESTED + timedelta(days=99), progress=lambda _: None)
        assert (done.new, done.rejections) == (len({claim.id for claim in log}), 0)
    await same(first, second)
    again = await exported(second, folder / "again.jsonl")
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("undated", [True, False])
async def test_an_export_of_a_file_comes_back_as_the_same_beliefs(tmp_path: Path, undated: bool) -> None:
    log = [
        Claim(
            subject=f"M{number % 3}",
            predicate="licence_code",
            object=("MIT", "GPL-3.0")[number % 2],
            valid_from=DATES[number % 6],
            recorded_at=None if undated else DATES[(number + 1) % 4],
            source=Source(id="README"),
            sequence=number,
        )
        for number in range(12)
    ]
    first, second = (GraphitiStore(tmp_path / name, "us") for name in ("one.sqlite", "two.sqlite"))
    await first.record(log, now=INGESTED)
    await ingest(second, [await exported(first, tmp_path / "e.jsonl")], now=INGESTED, progress=lambda _: None)
    await same(first, second)
    assert (await second.counts())["facts"] == (await first.counts())["facts"]
    await first.close()
    await second.close()


async def test_claims_ingested_together_keep_their_order_through_an_export(now: datetime, tmp_path: Path) -> None:
    first, second = MemoryStore("us"), MemoryStore("us")
    pairs = [(f"M{number}", licence) for number in range(20) for licence in ("MIT", "GPL-3.0")]
    said = [claim(subject=subject, object=licence, valid_from="2025-01-01") for subject, licence in pairs]
    await ingest(first, [write(tmp_path / "a.jsonl", said)], now=now, progress=lambda _: None)
    lines = [json.dumps(it.line()) async for it in first.claims()]
    await ingest(second, [write(tmp_path / "b.jsonl", lines)], now=now, progress=lambda _: None)
    seen = [[it.object for it in await store.recall(Pattern(), AsOf.at(now))] for store in (first, second)]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("part", ["subject", "predicate", "object", "tenant"])
async def test_a_blank_name_is_rejected(now: datetime, tmp_path: Path, part: str) -> None:
    path = write(tmp_path / "claims.jsonl", [claim(**{part: " "})])
    done = await ingest(MemoryStore("us"), [path], now=now, progress=lambda _: None)
    assert (done.new, [it.line for it in done.rejected]) == (0, [1])


async def test_a_claim_without_dates_lands_at_any_microsecond(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    path = write(tmp_path / "claims.jsonl", [claim()])
    done = await ingest(store, [path], now=now + timedelta(microseconds=1), progress=lambda _: None)
    assert (done.new, done.rejections) == (1, 0)
    assert len(await store.recall(Pattern(), EVER)) == 1


async def test_what_a_line_says_is_all_in_its_fact(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    path = write(tmp_path / "claims.jsonl", [FULL])
    await ingest(store, [path], now=now, progress=lambda _: None)
    (fact,) = await store.recall(Pattern(), EVER)
    (back,) = [claim.line() async for claim in store.claims()]
    assert back == FULL
    for name in ("subject", "predicate", "object", "value", "unit", "qualifiers", "functional", "confidence", "ref"):
        assert getattr(fact, name) == FULL[name]
    assert fact.text == FULL["fact"]
    assert fact.source.model_dump() == FULL["source"]
    assert fact.valid.end is not None
    assert (fact.valid.start.text, fact.valid.end.text) == ("2025-02", "[2025-06..2025-09-01]")


async def test_a_source_may_be_named_by_title_or_address(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    named: Sequence[dict[str, str]] = [{"title": "Readme", "url": "https://a.b"}, {"url": "https://a.b"}]
    path = write(tmp_path / "claims.jsonl", [claim(source=source) for source in named])
    assert (await ingest(store, [path], now=now, progress=lambda _: None)).new == 2
    sources = {fact.source.id for fact in await store.recall(Pattern(), EVER)}
    assert sources == {"Readme https://a.b", "https://a.b"}


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    written = Claim.model_json_schema()
    Draft202012Validator.check_schema(written)
    return Draft202012Validator(written)


@pytest.mark.parametrize(
    "line", [claim(), FULL, claim(object=None, value=7), claim(value=0.5, unit="s"), claim(kind="retract")]
)
def test_the_schema_accepts_good_lines(schema: Draft202012Validator, line: dict[str, Any]) -> None:
    assert list(schema.iter_errors(line)) == []
    read = Claim.model_validate_json(json.dumps(line)).line()
    assert read == {name: part for name, part in line.items() if part is not None}


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ({name: part for name, part in claim().items() if name != "subject"}, "subject"),
        ({name: part for name, part in claim().items() if name != "source"}, "source"),
        (claim(subject=""), "subject"),
        (claim(subject="x" * 2001), "subject"),
        (claim(predicate=7), "predicate"),
        (claim(value={"nested": 1}), "value"),
        (claim(value=[[1]]), "value"),
        (claim(qualifiers={"a": None}), "qualifiers"),
        (claim(kind="maybe"), "kind"),
        (claim(confidence="sure"), "confidence"),
        (claim(functional="perhaps"), "functional"),
        (claim(sequence="first"), "sequence"),
        (claim(valid_from=2025), "valid_from"),
        (claim(valid_to="9" * 101), "valid_to"),
        (claim(source="README"), "source"),
        (claim(source={"id": "README", "colour": "red"}), "source"),
        (claim(colour="red"), "colour"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(
    schema: Draft202012Validator, line: dict[str, Any], part: str
) -> None:
    (error, *_) = schema.iter_errors(line)
    assert part in error.message or part in error.path
    with pytest.raises(ValidationError):
        Claim.model_validate_json(json.dumps(line))


@given(logs())
def test_the_schema_accepts_whatever_is_exported(log: list[Claim]) -> None:
    schema = Draft202012Validator(Claim.model_json_schema())
    for made in log:
        assert list(schema.iter_errors(json.loads(json.dumps(made.line())))) == []
