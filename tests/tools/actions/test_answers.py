"""Boxes, times and labels are read where a model wrote them as such, and never guessed."""

import pytest

from modelatlas.tools.actions.answers import boxes, labels, times
from modelatlas.tools.actions.results import Box, Label, Span

CAT = Box(label="cat", box=(1, 2, 30, 40.5))


@pytest.mark.parametrize(
    "text",
    [
        '[{"bbox_2d": [1, 2, 30, 40.5], "label": "cat"}]',
        '```json\n[\n  {"bbox_2d": [1, 2, 30, 40.5], "label": "cat"}\n]\n```\nThere is a cat.',
        'I see {"label": "cat", "box": [1, 2, 30, 40.5]} in it [sic].',
        '{"objects": [{"bbox": [1, 2, 30, 40.5], "label": "cat"}], "count": 1}',
        'Broken [1, 2 {"a": } then {"box": [1, 2, 30, 40.5], "label": "cat"}',
    ],
)
def test_a_box_is_read_in_any_wrapping(text: str) -> None:
    assert boxes(text) == (CAT,)


@pytest.mark.parametrize(
    "text",
    [
        "The cat is at (1, 2) to (30, 40).",
        "[1, 2, 30, 40]",
        '{"box": [1, 2, 30], "label": "cat"}',
        '{"box": ["1", "2", "3", "4"], "label": "cat"}',
        '{"box": [30, 2, 1, 40], "label": "cat"}',
        '{"box": [1, 2, NaN, 40], "label": "cat"}',
        '{"box": [1, 2, true, 40], "label": "cat"}',
        "[" * 5000,
        "",
    ],
)
def test_what_is_no_box_stays_words(text: str) -> None:
    assert boxes(text) == ()


def test_a_box_without_a_name_has_none() -> None:
    assert boxes('[{"bbox_2d": [0, 0, 1, 1]}, {"bbox_2d": [0, 0, 2, 2], "label": 7}]') == (
        Box(label="", box=(0, 0, 1, 1)),
        Box(label="", box=(0, 0, 2, 2)),
    )


def test_times_are_read_in_seconds_and_as_a_clock() -> None:
    text = """[{"start": 1, "end": 2.5, "label": "jump"}, {"start": "01:05", "end": "1:02:03.5", "label": "run"},
               {"start": 5, "end": 4, "label": "back"}, {"start": "soon", "end": 9}, {"start": -1, "end": 2}]"""

    assert times(text) == (Span(label="jump", start=1, end=2.5), Span(label="run", start=65, end=3723.5))


def test_labels_come_best_first_and_what_is_none_is_left_out() -> None:
    given = [("b", 0.2), {"label": "a", "score": 0.7}, ("c", float("nan")), ("d", 3.0), ("e",), 5, {"label": 1}]

    assert labels(given) == (Label(label="a", score=0.7), Label(label="b", score=0.2))
    assert labels("words") == labels(None) == labels([]) == ()
