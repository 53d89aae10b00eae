"""Every store: what is certain, what only possible, and what out of sight, on both axes."""

import pytest
from utterances import LATER, answers, as_of, on, said, span

from modelatlas.graph.facts import Claim, Pattern
from modelatlas.graph.periods import ALL, EVER, AsOf, Span
from modelatlas.graph.store import GraphStore

CERTAIN, POSSIBLE = ["MIT"], ["MIT?"]
NOT: list[str] = []


async def recalled(store: GraphStore, at: AsOf) -> list[str]:
    return answers(await store.recall(Pattern(), at))


@pytest.mark.parametrize(
    ("claim", "at", "expected"),
    [
        (said("MIT", "2025-06-11"), "2025-06-10T23:59:59.999999Z", NOT),
        (said("MIT", "2025-06-11"), "2025-06-11", CERTAIN),
        (said("MIT", "2025-06-11", "2025-08-17"), "2025-08-16T23:59:59.999999Z", CERTAIN),
        (said("MIT", "2025-06-11", "2025-08-17"), "2025-08-17", NOT),
        (said("MIT", "2025-06-11T10:00:00+08:00"), "2025-06-11T02:00:00Z", CERTAIN),
        (said("MIT", "2025-06"), "2025-05-31", NOT),
        (said("MIT", "2025-06"), "2025-06-01", POSSIBLE),
        (said("MIT", "2025-06"), "2025-06-30T23:59:59.999999Z", POSSIBLE),
        (said("MIT", "2025-06"), "2025-07-01", CERTAIN),
        (said("MIT", "2024", "2025-06"), "2025-05-31", CERTAIN),
        (said("MIT", "2024", "2025-06"), "2025-06-01", POSSIBLE),
        (said("MIT", "2024", "2025-06"), "2025-07-01", NOT),
        (said("MIT", "2025"), "2024-12-31", NOT),
        (said("MIT", "2025"), "2025-12-31", POSSIBLE),
        (said("MIT", "2025"), "2026-01-01", CERTAIN),
        (said("MIT", "2025", "2025"), "2025-06-01", POSSIBLE),
        (said("MIT", "2025", "2025"), "2026-01-01", NOT),
        (said("MIT", "[2025-06..2025-08-17]"), "2025-06-01", POSSIBLE),
        (said("MIT", "[2025-06..2025-08-17]"), "2025-08-17", CERTAIN),
        (said("MIT", "[..2025-08-17]"), "1970-01-01", POSSIBLE),
        (said("MIT", "[..2025-08-17]"), "2025-08-17", CERTAIN),
        (said("MIT", "2024-01-01", "[..2025-08-17]"), "2025-08-16", POSSIBLE),
        (said("MIT", "2024-01-01", "[..2025-08-17]"), "2025-08-17", NOT),
        (said("MIT", recorded_at="2025-03-01"), "0001-01-01", POSSIBLE),
        (said("MIT", recorded_at="2025-03-01"), "2025-02-28", POSSIBLE),
        (said("MIT", recorded_at="2025-03-01"), "2025-03-01", CERTAIN),
        (said("MIT", recorded_at="2025-03"), "2025-03-31", POSSIBLE),
        (said("MIT", recorded_at="2025-03"), "2025-04-01", CERTAIN),
        (said("MIT", None, "2025-02-01", recorded_at="2025-03-01"), "2025-01-31", POSSIBLE),
        (said("MIT", None, "2025-02-01", recorded_at="2025-03-01"), "2025-02-01", NOT),
    ],
)
async def test_a_fact_is_certain_possible_or_out_of_sight_in_valid_time(
    store: GraphStore, claim: Claim, at: str, expected: list[str]
) -> None:
    await store.record([claim], now=on(LATER))
    assert await recalled(store, as_of(at)) == expected


@pytest.mark.parametrize(
    ("recorded", "at", "expected"),
    [
        ("2025-06-11", "2025-06-10T23:59:59.999999Z", NOT),
        ("2025-06-11", "2025-06-11", CERTAIN),
        ("2025-06-11T10:00:00Z", "2025-06-11T09:59:59Z", NOT),
        ("2025-06-11T10:00:00Z", "2025-06-11T10:00:00Z", CERTAIN),
        ("2025-06", "2025-05-31", NOT),
        ("2025-06", "2025-06-01", POSSIBLE),
        ("2025-06", "2025-07-01", CERTAIN),
        ("2025", "2025-12-31", POSSIBLE),
        ("[2025-01..2025-02]", "2025-02-28", POSSIBLE),
        ("[2025-01..2025-02]", "2025-03-01", CERTAIN),
    ],
)
async def test_a_fact_is_certain_possible_or_out_of_sight_in_believed_time(
    store: GraphStore, recorded: str, at: str, expected: list[str]
) -> None:
    await store.record([said("MIT", "2020-01-01", recorded_at=recorded)], now=on(LATER))
    assert await recalled(store, as_of("2024-06-01", at)) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2025-05-31", ["MIT"]),
        ("2025-06-01", ["Apache-2.0?", "MIT?"]),
        ("2025-06-30", ["Apache-2.0?", "MIT?"]),
        ("2025-07-01", ["Apache-2.0"]),
        ("2025-08-31", ["Apache-2.0"]),
        ("2025-09-30", ["Apache-2.0?", "MIT?"]),
        ("2025-10-01", ["MIT"]),
    ],
)
async def test_where_a_correction_may_begin_or_end_both_are_possible(
    store: GraphStore, at: str, expected: list[str]
) -> None:
    claims = [said("MIT", "2024-01-01"), said("Apache-2.0", "2025-06", "2025-09", recorded_at="2025-12-01")]
    await store.record(claims, now=on(LATER))
    assert await recalled(store, as_of(at)) == expected
    assert await recalled(store, as_of(at, "2025-11-30")) == ["MIT"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [("2025-05-31", ["MIT"]), ("2025-06-15", ["Apache-2.0?", "MIT?"]), ("2025-07-01", ["Apache-2.0"])],
)
async def test_while_a_correction_may_be_on_record_both_are_possible(
    store: GraphStore, at: str, expected: list[str]
) -> None:
    claims = [said("MIT", "2024-01-01"), said("Apache-2.0", "2024-01-01", recorded_at="2025-06")]
    await store.record(claims, now=on(LATER))
    assert await recalled(store, as_of("2024-06-01", at)) == expected


async def test_a_correction_of_unknown_start_leaves_the_past_open(store: GraphStore) -> None:
    claims = [said("MIT", "2024-01-01"), said("Apache-2.0", recorded_at="2025-06-01")]
    await store.record(claims, now=on(LATER))
    assert await recalled(store, as_of("2024-06-01")) == ["Apache-2.0?", "MIT?"]
    assert await recalled(store, as_of("2025-06-01")) == ["Apache-2.0"]


@pytest.mark.parametrize(
    ("valid", "expected"),
    [
        (span(None, "2025-06-11"), NOT),
        (span(None, "2025-06-12"), CERTAIN),
        (span("2025-08-16", "2025-08-17"), CERTAIN),
        (span("2025-08-17", None), NOT),
        (span("2025-07-01", "2025-07-02"), CERTAIN),
        (span("2020-01-01", "2030-01-01"), CERTAIN),
        (ALL, CERTAIN),
    ],
)
async def test_a_span_sees_what_holds_at_any_time_in_it(store: GraphStore, valid: Span, expected: list[str]) -> None:
    await store.record([said("MIT", "2025-06-11", "2025-08-17")], now=on(LATER))
    assert await recalled(store, as_of(valid)) == expected
    assert await recalled(store, as_of(valid, ALL)) == expected
    assert await recalled(store, as_of(valid, span(None, "2025-01-01"))) == NOT


async def test_a_span_that_only_may_touch_a_coarse_bound_sees_a_possible_fact(store: GraphStore) -> None:
    await store.record([said("MIT", "2025-06", "2025-08")], now=on(LATER))
    assert await recalled(store, as_of(span("2025-05-01", "2025-06-01"))) == NOT
    assert await recalled(store, as_of(span("2025-05-01", "2025-06-02"))) == POSSIBLE
    assert await recalled(store, as_of(span("2025-06-15", "2025-07-02"))) == CERTAIN
    assert await recalled(store, as_of(span("2025-08-15", None))) == POSSIBLE
    assert await recalled(store, as_of(span("2025-09-01", None))) == NOT


async def test_a_span_of_belief_sees_what_was_ever_on_record_in_it(store: GraphStore) -> None:
    claims = [said("MIT", "2024-01-01"), said("Apache-2.0", "2024-01-01", recorded_at="2025-06-01")]
    await store.record(claims, now=on(LATER))
    assert await recalled(store, as_of("2024-06-01", span(None, "2025-06-01"))) == ["MIT"]
    assert await recalled(store, as_of("2024-06-01", span("2025-05-31", "2025-06-02"))) == ["Apache-2.0", "MIT"]
    assert await recalled(store, as_of("2024-06-01", span("2025-06-01", None))) == ["Apache-2.0"]
    assert answers(await store.recall(Pattern(), EVER)) == ["Apache-2.0", "MIT"]


async def test_a_claim_without_a_record_date_counts_from_ingestion(store: GraphStore) -> None:
    claim = said("MIT", "2024-01-01", recorded_at=None)
    await store.record([claim], now=on("2025-06-01"))
    assert await recalled(store, as_of("2024-06-01", "2025-05-31")) == NOT
    assert await recalled(store, as_of("2024-06-01", "2025-06-01")) == CERTAIN
    history = await store.history(Pattern())
    again = await store.record([claim], now=on("2025-09-01"))
    assert (again.new, again.known) == (0, 1)
    assert await store.history(Pattern()) == history


async def test_a_claim_ingested_late_is_still_believed_from_its_record_date(store: GraphStore) -> None:
    await store.record([said("Apache-2.0", "2024-01-01", recorded_at="2025-06-01")], now=on("2025-06-01"))
    await store.record([said("MIT", "2024-01-01", recorded_at="2025-03-01")], now=on("2025-09-01"))
    assert await recalled(store, as_of("2024-06-01", "2025-04-01")) == ["MIT"]
    assert await recalled(store, as_of("2024-06-01", "2025-09-01")) == ["Apache-2.0"]


async def test_a_fact_keeps_the_precision_its_source_gave(store: GraphStore) -> None:
    await store.record([said("MIT", "2025-06", "[2025-08..2025-10-05]", recorded_at="2025")], now=on(LATER))
    (fact,) = await store.recall(Pattern(), EVER)
    assert fact.valid.json_value() == {
        "start": "2025-06-01T00:00:00Z",
        "start_latest": "2025-07-01T00:00:00Z",
        "start_precision": "month",
        "end": "2025-08-01T00:00:00Z",
        "end_latest": "2025-10-05T00:00:00Z",
        "end_precision": "between",
    }
    assert fact.believed.json_value() == {
        "start": "2025-01-01T00:00:00Z",
        "start_latest": "2026-01-01T00:00:00Z",
        "start_precision": "year",
        "end": None,
        "end_latest": None,
        "end_precision": "open",
    }


async def test_times_to_the_microsecond_and_at_the_ends_of_the_calendar_are_kept(store: GraphStore) -> None:
    since, until = "0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999999Z"
    await store.record([said("MIT", since, until)], now=on(LATER))
    assert await recalled(store, as_of("0001-01-01")) == NOT
    assert await recalled(store, as_of(since)) == CERTAIN
    assert await recalled(store, as_of("9999-12-31T23:59:59.999998Z")) == CERTAIN
    assert await recalled(store, as_of(until)) == NOT


async def test_the_same_answer_of_one_source_is_one_fact_and_the_surest(store: GraphStore) -> None:
    claims = [said("MIT", "2025"), said("MIT", "2025-03", recorded_at="2025-02-01")]
    await store.record(claims, now=on(LATER))
    assert len(await store.history(Pattern())) == 2
    assert await recalled(store, as_of("2025-03-15")) == POSSIBLE
    assert await recalled(store, as_of("2025-04-01")) == CERTAIN
