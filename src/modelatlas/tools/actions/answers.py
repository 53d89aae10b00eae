"""Boxes, times and labels that a model gave in words or numbers: read where they are written so, never guessed."""

import json
import re
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from modelatlas.tools.actions.results import Box, Label, Span

_BOXES = ("bbox_2d", "bbox", "box")
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2}(?:\.\d+)?)")
_OPENING = re.compile(r"[\[{]")
_MOST = 10_000


def boxes(text: str) -> tuple[Box, ...]:
    """The boxes in the JSON of an answer: {"bbox_2d" or "box": [x0, y0, x1, y1], "label": …}."""
    found = []
    for item in _objects(text):
        corners = next((item[name] for name in _BOXES if name in item), None)
        if isinstance(corners, list) and len(corners) == 4:
            x0, y0, x1, y1 = (finite(it) for it in corners)
            if x0 is not None and y0 is not None and x1 is not None and y1 is not None and x0 < x1 and y0 < y1:
                found.append(Box(label=_label(item), box=(x0, y0, x1, y1)))
    return tuple(found)


def times(text: str) -> tuple[Span, ...]:
    """The times in the JSON of an answer: {"start": …, "end": …, "label": …} in seconds or as minutes:seconds."""
    found = []
    for item in _objects(text):
        start, end = _seconds(item.get("start")), _seconds(item.get("end"))
        if start is not None and end is not None and 0 <= start <= end:
            found.append(Span(label=_label(item), start=start, end=end))
    return tuple(found)


def labels(given: Any) -> tuple[Label, ...]:
    """Labels with scores between 0 and 1, the likeliest first; what is no such pair is left out."""
    found = []
    for item in given if isinstance(given, Sequence) and not isinstance(given, str) else ():
        pair = [item.get("label"), item.get("score")] if isinstance(item, dict) else item
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str):
            score = finite(pair[1])
            if score is not None and 0 <= score <= 1.000001:
                found.append(Label(label=pair[0], score=score))
    return tuple(sorted(found, key=lambda it: (-it.score, it.label)))


def finite(value: Any) -> float | None:
    """The value as a number, None where it is none, or none that can be compared."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object in a text, at any depth of lists and objects."""
    decoder = json.JSONDecoder()
    at, tries = 0, 0
    while (begin := _OPENING.search(text, at)) and tries < _MOST:
        tries += 1
        try:
            value, at = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            at = begin.start() + 1
            continue
        yield from _inside(value, 0)


def _inside(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > 8:
        return
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _inside(item, depth + 1)


def _label(item: dict[str, Any]) -> str:
    label = item.get("label")
    return label if isinstance(label, str) else ""


def _seconds(value: Any) -> float | None:
    if (seconds := finite(value)) is not None:
        return seconds
    if isinstance(value, str) and (found := _CLOCK.fullmatch(value.strip())):
        hours, minutes, rest = found.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(rest)
    return None
