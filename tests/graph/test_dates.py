"""Dates: what a text may be, how exactly it is known, and what is refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelatlas.graph.dates import Moment, exactly, iso, moment, some_time_until, start_of, until_end_of
from modelatlas.graph.errors import BadInput, InvalidDate

TICK = timedelta(microseconds=1)
# A year has to have a next one, and an offset must not lead out of the calendar.
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
YEARS = st.integers(1, 9998)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision"),
    [
        ("2025", "2025-01-01", "2026-01-01", "year"),
        ("2025-06", "2025-06-01", "2025-07-01", "month"),
        ("2025-12", "2025-12-01", "2026-01-01", "month"),
        ("2025-06-11", "2025-06-11", "2025-06-11", "day"),
        ("20250611", "2025-06-11", "2025-06-11", "day"),
        ("2024-02-29", "2024-02-29", "2024-02-29", "day"),
        ("0001-01-01", "0001-01-01", "0001-01-01", "day"),
        ("9999-12-31", "9999-12-31", "9999-12-31", "day"),
        ("[2025-06..2025-08-17]", "2025-06-01", "2025-08-17", "between"),
        ("[2025-06..2025]", "2025-06-01", "2026-01-01", "between"),
        ("[2025..2025]", "2025-01-01", "2026-01-01", "between"),
        ("[2025-06-11..2025-06-11]", "2025-06-11", "2025-06-11", "between"),
        ("[..2025-08-17]", None, "2025-08-17", "unknown"),
        ("[..2025]", None, "2026-01-01", "unknown"),
        ("  2025-06\n", "2025-06-01", "2025-07-01", "month"),
    ],
)
def test_a_date_is_as_exact_as_it_was_written(text: str, earliest: str | None, latest: str, precision: str) -> None:
    found = moment(text)
    assert (found.earliest, found.latest) == (day(earliest) if earliest else None, day(latest))
    assert (found.precision, found.text) == (precision, text.strip())
    assert found.exact == (earliest == latest)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-06-11T10:00:00Z", "2025-06-11T10:00:00+00:00"),
        ("2025-06-11T18:00:00+08:00", "2025-06-11T10:00:00+00:00"),
        ("2025-06-11 10:00", "2025-06-11T10:00:00+00:00"),
        ("2025-06-11T10:00:00.5Z", "2025-06-11T10:00:00.500000+00:00"),
        ("2024-12-31T19:00:00-05:00", "2025-01-01T00:00:00+00:00"),
    ],
)
def test_a_time_is_an_instant_and_without_an_offset_utc(text: str, same: str) -> None:
    found = moment(text)
    assert found.exact
    assert found.precision == "instant"
    assert found.latest == datetime.fromisoformat(same)
    assert found.latest.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Invalid isoformat"),
        ("soon", "Invalid isoformat"),
        ("2025-13", "month must be in 1..12"),
        ("2025-00", "month must be in 1..12"),
        ("2025-06-00", "day is out of range for month"),
        ("20250600", "day is out of range for month"),
        ("2025-02-30", "day is out of range for month"),
        ("2023-02-29", "day is out of range for month"),
        ("0000", "year 0 is out of range"),
        ("10000", "Invalid isoformat"),
        ("9999", "out of range"),
        ("9999-12", "out of range"),
        ("9999-12-31T23:00:00-05:00", "out of range"),
        ("0001-01-01T00:00:00+05:00", "out of range"),
        ("2025-6", "Invalid isoformat"),
        ("-2025", "Invalid isoformat"),
        ("2025-W23", "a week is not read"),
        ("2025-06-11T25:00", "hour must be in 0..23"),
        ("2025-06-11T10:00+25:00", "offset must be"),
        ("2025\x00", "Invalid isoformat"),
        ("2025-06-11\x00", "Invalid isoformat"),
        ("[2025..]", "Invalid isoformat"),
        ("[..]", "Invalid isoformat"),
        ("[[2024..2025]..2026]", "Invalid isoformat"),
        ("[2025-13..2026]", "month must be in 1..12"),
        ("[2025..soon]", "Invalid isoformat"),
        ("[2026-06..2025]", "its first date is after its last"),
        ("[2026..2025]", "its first date is after its last"),
        ("[2025-06-12..2025-06-11]", "its first date is after its last"),
    ],
)
def test_what_is_no_date_is_refused_with_the_reason_and_what_would_do(text: str, reason: str) -> None:
    with pytest.raises(InvalidDate) as refused:
        moment(text)
    assert isinstance(refused.value, BadInput)
    assert reason in str(refused.value)
    assert "give YYYY, YYYY-MM, YYYY-MM-DD" in str(refused.value)


@given(st.text(max_size=30) | st.from_regex(r"\[?\d{0,5}-?\d{0,3}-?\d{0,3}(\.\.)?\d{0,5}\]?", fullmatch=True))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        found = moment(text)
    except InvalidDate:
        return
    assert found.earliest is None or found.earliest <= found.latest
    again = moment(found.text)
    assert (again.earliest, again.latest, again.text) == (found.earliest, found.latest, found.text)


@given(INSTANTS, OFFSETS)
def test_an_instant_comes_back_from_its_text_to_the_microsecond(instant: datetime, zone: timezone) -> None:
    assert moment(iso(instant)) == exactly(instant) == exactly(instant.astimezone(zone))
    assert moment(instant.astimezone(zone).isoformat()) == exactly(instant)


@given(INSTANTS)
def test_a_day_a_month_and_a_year_hold_each_other(instant: datetime) -> None:
    a_day, a_month, a_year = (moment(instant.date().isoformat()[:length]) for length in (10, 7, 4))
    assert a_day.latest <= instant < a_day.latest + timedelta(days=1)
    bounds = [bound for it in (a_year, a_month) if (bound := it.earliest)] + [a_day.latest]
    assert bounds == sorted(bounds)
    assert a_day.latest < a_month.latest <= a_year.latest


@given(YEARS, st.integers(1, 12))
def test_months_and_years_follow_without_a_gap(year: int, month: int) -> None:
    next_year, next_month = year + month // 12, month % 12 + 1
    assert moment(f"{year:04}-{month:02}").latest == datetime(next_year, next_month, 1, tzinfo=UTC)
    assert moment(f"{year:04}").latest == datetime(year + 1, 1, 1, tzinfo=UTC)


@given(INSTANTS, INSTANTS)
def test_between_two_instants_is_refused_only_the_wrong_way_round(one: datetime, other: datetime) -> None:
    early, late = sorted((one, other))
    found = moment(f"[{iso(early)}..{iso(late)}]")
    assert (found.earliest, found.latest) == (early, late)
    if early < late:
        with pytest.raises(InvalidDate):
            moment(f"[{iso(late)}..{iso(early)}]")


@given(INSTANTS)
def test_some_time_until_an_instant_has_no_start(instant: datetime) -> None:
    found = some_time_until(instant)
    assert (found.earliest, found.latest, found.precision) == (None, instant, "unknown")
    assert moment(found.text) == found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025", "2025-01-01", "2025-12-31T23:59:59.999999"),
        ("2025-06", "2025-06-01", "2025-06-30T23:59:59.999999"),
        ("2025-06-11", "2025-06-11", "2025-06-11T23:59:59.999999"),
        ("20250611", "2025-06-11", "2025-06-11T23:59:59.999999"),
        ("2025-06-11T10:00Z", "2025-06-11T10:00", "2025-06-11T10:00"),
        ("[2025-06..2025-08]", "2025-06-01", "2025-08-31T23:59:59.999999"),
        ("[..2025-08]", None, "2025-08-31T23:59:59.999999"),
        ("9999-12-31", "9999-12-31", "9999-12-31T23:59:59.999999"),
    ],
)
def test_a_date_asked_about_reaches_to_its_last_instant(text: str, first: str | None, last: str) -> None:
    assert start_of(text) == (day(first) if first else None)
    assert until_end_of(text) == day(last)


def test_a_moment_is_a_frozen_value() -> None:
    assert moment("2025-06") == moment("2025-06") != moment("[2025-06..2025-06]")
    with pytest.raises(ValueError, match="frozen"):
        setattr(moment("2025"), "text", "2026")  # noqa: B010
    with pytest.raises(ValueError, match="timezone"):
        Moment(earliest=None, latest=datetime(2025, 1, 1), text="", precision="day")  # noqa: DTZ001
