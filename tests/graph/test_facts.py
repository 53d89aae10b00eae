"""The values: what a claim may be, how it is read and known again, and what a period says of an instant."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import CALENDAR, claim_logs
from pydantic import ValidationError
from utterances import on, said, span

from modelatlas.graph.dates import moment
from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.facts import Certainty, Claim, Episode, Source
from modelatlas.graph.periods import ALL, AsOf, Period, Span


def period(start: str, end: str | None) -> Period:
    return Period(start=moment(start), end=moment(end) if end else None)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2025-06-11", "2025-06-10"),
        ("2025-06", "2025-05"),
        ("2025-07", "2025-06"),
        ("2025", "2024-12-31"),
        ("2025", "2025-01-01"),
        ("2025", "[..2025-01-01]"),
        ("2025-06-11T00:00:00.000001Z", "2025-06-11"),
    ],
)
def test_a_claim_that_ends_before_it_starts_is_refused(since: str, until: str) -> None:
    with pytest.raises(ValidationError, match="is before valid_from"):
        said("MIT", since, until)


@pytest.mark.parametrize(
    ("since", "until"),
    [("2025-06-11", "2025-06-11"), ("2025-06-11", "2025-06-11T00:00Z"), ("2025-06-11", "2025-06-11T08:00+08:00")],
)
def test_a_claim_that_ends_when_it_starts_is_refused(since: str, until: str) -> None:
    with pytest.raises(ValidationError, match="the end is exclusive"):
        said("MIT", since, until)


@pytest.mark.parametrize(
    ("since", "until"),
    [("2025", "2025"), ("2025-06", "2025-06"), ("2025-12", "2025"), (None, "2020"), ("[..2025]", "2020")],
)
def test_a_claim_whose_coarse_dates_can_be_in_order_is_taken(since: str | None, until: str) -> None:
    assert said("MIT", since, until).valid_to == until


@pytest.mark.parametrize("name", ["valid_from", "valid_to", "recorded_at"])
def test_a_claim_with_an_impossible_date_names_it(name: str) -> None:
    with pytest.raises(InvalidDate, match="'2025-13' is not a date"):
        Claim.model_validate(said("MIT").line() | {name: "2025-13"})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"recorded_at": "[..2025]"}, "needs a first date"),
        ({"object": None}, "needs an object or a value"),
        ({"subject": ""}, "at least 1 character"),
        ({"subject": "  "}, "at least 1 character"),
        ({"predicate": ""}, "at least 1 character"),
        ({"object": ""}, "at least 1 character"),
        ({"subject": "a\x00b"}, "NUL"),
        ({"fact": "a\x00b"}, "NUL"),
        ({"valid_from": "2025\x00"}, "NUL"),
        ({"subject": "x" * 2001}, "at most 2000 characters"),
        ({"valid_from": "x" * 101}, "at most 100 characters"),
        ({"value": float("nan")}, "finite number"),
        ({"value": [1, float("inf")]}, "finite number"),
        ({"qualifiers": {"size": float("-inf")}}, "finite number"),
        ({"value": {"a": 1}}, "valid"),
        ({"kind": "maybe"}, "'assert' or 'retract'"),
        ({"confidence": "sure"}, "'executed'"),
        ({"source": {}}, "a source needs an id, or a title or url"),
        ({"sequence": None}, "valid integer"),
        ({"valid": "2025"}, "Extra inputs"),
    ],
)
def test_a_claim_that_cannot_be_is_refused_with_the_reason(given: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Claim.model_validate(said("MIT").line() | given)


def test_a_retraction_needs_no_object() -> None:
    assert said(None, kind="retract").object is None


def test_a_name_loses_the_space_around_it_and_nothing_else() -> None:
    claim = said(" Wan  2.1\n", subject="\tÜ ")
    assert (claim.subject, claim.object) == ("Ü", "Wan  2.1")


@given(claim_logs(max_size=1))
def test_a_claim_comes_back_from_its_line_with_its_id(claims: list[Claim]) -> None:
    (claim,) = claims
    again = Claim.model_validate_json(claim.canonical)
    assert again == claim
    assert again.id == claim.id
    assert json.loads(claim.canonical) == claim.line()
    assert Claim.model_validate(json.loads(json.dumps(claim.line()))).canonical == claim.canonical


@given(claim_logs(max_size=2))
def test_claims_have_one_id_if_and_only_if_they_are_equal(claims: list[Claim]) -> None:
    first, last = claims[0], claims[-1]
    alike = [repr(value) for value in (first.value, last.value)]
    assert (first.id == last.id) == (first == last and alike[0] == alike[1])


def test_what_a_line_leaves_out_does_not_change_the_id() -> None:
    whole = {"qualifiers": {}, "kind": "assert", "sequence": 0, "unit": None, "valid_to": None}
    assert Claim.model_validate(said("MIT").line() | whole).id == said("MIT").id
    assert said("MIT", recorded_at="2025-01-02").id != said("MIT").id


def test_a_dated_claim_is_the_claim_as_of_its_ingestion() -> None:
    now = on("2025-06-11T10:00Z")
    undated = said("MIT", recorded_at=None)
    first = undated.id
    dated = undated.dated(now)
    assert dated.recorded_at == "2025-06-11T10:00:00Z"
    assert dated.id == Claim.model_validate_json(dated.canonical).id != first
    assert undated.recorded(now) == dated.recorded(on("2029-01-01"))
    assert dated.dated(on("2029-01-01")) is dated


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"id": "a", "title": "T"}, "a"),
        ({"title": "T", "url": "u"}, "T u"),
        ({"url": "u"}, "u"),
        ({"id": "", "title": "T"}, "T"),
        ({"id": None, "url": "u"}, "u"),
    ],
)
def test_a_source_is_known_by_its_id_or_else_by_title_and_url(given: dict[str, str], expected: str) -> None:
    assert Source.model_validate(given).id == expected


def test_an_episode_is_that_of_its_source_s_revision_for_its_tenant() -> None:
    one, other = Source(id="page", date="2025"), Source(id="page", date="2026")
    episodes = {source.episode(tenant) for source in (one, other) for tenant in ("us", "them")}
    assert len(episodes) == 4
    assert Source(id="page", date="2025", title="as it is called now").episode("us") == one.episode("us")
    told = Episode(name="p", text="", kind="text", source=one, said=on("2025-01-01"), tenant="us")
    assert told.id == one.episode("us")


WHEN = st.sampled_from(sorted(CALENDAR))
AT = st.sampled_from(sorted({at for bounds in CALENDAR.values() for at in bounds if at}))


@given(WHEN, st.none() | WHEN, AT)
def test_a_period_surely_holds_only_where_it_may(start: str, end: str | None, at: datetime) -> None:
    it = period(start, end)
    assert not it.surely(at) or at in it
    assert it.meets(at) == (at in it)
    assert it.surely_meets(at) == it.surely(at)
    if it.start.exact and (it.end is None or it.end.exact):
        assert it.surely(at) == (at in it)


@given(WHEN, st.none() | WHEN, AT, AT)
def test_a_period_meets_a_span_where_it_holds_at_some_instant_of_it(
    start: str, end: str | None, one: datetime, other: datetime
) -> None:
    it, (early, late) = period(start, end), sorted((one, other))
    if early == late or (it.end and it.start.earliest and it.end.latest <= it.start.earliest):
        return
    bounds = [at for bound in (it.start, it.end) for at in (bound and bound.earliest, bound and bound.latest) if at]
    inside = [at for at in (early, *bounds) if early <= at < late]
    within = Span(start=early, end=late)
    assert it.meets(within) == any(at in it for at in inside)
    assert it.surely_meets(within) == any(it.surely(at) for at in inside)
    assert it.meets(ALL)


def test_an_as_of_at_an_instant_stands_there_on_both_axes() -> None:
    now = datetime(2025, 6, 11, tzinfo=UTC)
    assert AsOf.at(now) == AsOf(valid=now, believed=now)
    with pytest.raises(ValidationError, match="timezone"):
        AsOf.at(datetime(2025, 6, 11))  # noqa: DTZ001
    assert span(None, None) == ALL


def test_certainty_has_two_words() -> None:
    assert Certainty.__args__ == ("certain", "possible")  # type: ignore[attr-defined]
