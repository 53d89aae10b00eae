"""Dates of a question or a flag: found in the words, and the instants they ask about."""

import re
from datetime import datetime

from modelatlas.agent.calendar_words import NOW, Reader
from modelatlas.agent.date_notations import EDGES, IN_CONTEXT, NOTATIONS
from modelatlas.agent.marked_text import DATE, MarkedText
from modelatlas.graph.dates import start_of, until_end_of
from modelatlas.graph.errors import InvalidDate


def mark_dates(marked: MarkedText, now: datetime) -> dict[str, str]:
    """Mark every date of a text; returns what each mark means, as `calendar_words` writes it."""
    dates: dict[str, str] = {}

    def mark(pattern: re.Pattern[str], read: Reader) -> None:
        marked.mark(pattern, DATE, dates, lambda found: _legal(read(found, now)))

    for pattern, read in NOTATIONS:
        mark(pattern, read)
    before = ""
    while before != marked.text:
        before = marked.text
        for pattern, read in IN_CONTEXT:
            mark(pattern, read)
    marked.mark(EDGES, DATE, dates, lambda found: _edge(dates[found["inner"]], found["edge"]))
    return dates


def instant(text: str, now: datetime) -> datetime:
    """The instant a flag names: a date of `graph.dates`, or a phrase in English or Chinese.

    Raises InvalidDate for anything else.
    """
    try:
        return asked(text.strip(), now)
    except (InvalidDate, OverflowError):
        marked = MarkedText(text.strip())
        meaning = mark_dates(marked, now).get(marked.text)
        if meaning is None:
            raise InvalidDate(text, "nor a phrase such as 'last March', '3 months ago' or '去年三月'") from None
        return asked(latest(meaning, now), now)


def asked(text: str, now: datetime) -> datetime:
    """The instant a date asks about: its last one, or now where now lies within it."""
    if text == NOW:
        return now
    start, end = start_of(text), until_end_of(text)
    return now if (start is None or start <= now) and now < end else end


def begun(text: str, now: datetime) -> bool:
    """Whether a date has its first instant behind it."""
    start = None if text == NOW else start_of(text)
    return start is None or start <= now


def latest(text: str, now: datetime) -> str:
    """A date without a year as the last that has begun; any other as it is."""
    if not text.startswith("--"):
        return text
    dated = (in_year(text, year) for year in range(now.year, now.year - 9, -1))
    return next(date for date in dated if date and begun(date, now))


def coming(text: str, now: datetime) -> str:
    """A date without a year as the first that is not over; any other as it is."""
    if not text.startswith("--"):
        return text
    dated = (in_year(text, year) for year in range(now.year, now.year + 9))
    return next(date for date in dated if date and now < until_end_of(date))


def in_year(text: str, year: int) -> str | None:
    """A date without a year in this one, None where it has no such day; any other date as it is."""
    return _legal(f"{year:04}{text[1:]}") if text.startswith("--") else text


def _legal(text: str | None) -> str | None:
    if text is None or text == NOW:
        return text
    dated = f"2024{text[1:]}" if text.startswith("--") else text
    try:
        return text if until_end_of(dated).year >= 1000 else None
    except (InvalidDate, OverflowError):
        return None


def _edge(text: str, edge: str | None) -> str:
    """The first or last month of a year; the first day of anything else that begins; else all of it."""
    starts = edge is not None and edge.lower() in ("start", "beginning")
    if edge and len(text) == 4:
        return f"{text}-{'01' if starts else '12'}"
    start = start_of(text) if starts and text != NOW and not text.startswith("--") else None
    return start.date().isoformat() if start else text
