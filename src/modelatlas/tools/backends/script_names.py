"""The names that a card may put in braces into a command line, and what each stands for.

`{name}` is the value of a name, `{name:@@}` the values of a name of several joined by @@; a word that is nothing but
the name of several becomes several words. `{?name}` is empty and asks that the name has a value that is not false,
`{!name}` that it has none: a group of words is left out where one of its braces is not met.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from modelatlas.tools.actions import requests

BRACES = re.compile(r"\{(?P<ask>[?!]?)(?P<name>[a-z][a-z0-9_]*(?:\[[^\[\]{}]+\])?)(?::(?P<joint>[^{}]*))?\}")
FREE_TEXT = frozenset({"prompt", "negative_prompt", "question", "instruction", "text", "said", "wanted", "words"})
CHOSEN_TEXT = frozenset({"voice", "language"})


@dataclass(frozen=True)
class Computed:
    """A value worked out from the request and its inputs; `reads` are the fields of the request that it takes up."""

    meaning: str
    reads: tuple[str, ...] = ()


FIELDS = frozenset(
    name
    for request in vars(requests).values()
    if isinstance(request, type) and issubclass(request, requests.Request)
    for name in request.model_fields
    if name not in ("extra", "persons", "actions")
)

COMPUTED: Mapping[str, Computed] = {
    "tool": Computed("the name of the action tool"),
    "frames_asked": Computed("the frames asked, or the seconds asked at the card's rate", ("frames", "seconds")),
    "frames_4n1": Computed("the smallest 4n + 1 that is not below the frames asked", ("frames", "seconds")),
    "size": Computed("of the card's sizes the one nearest to what is asked", ("width", "height", "resolution")),
    "speech": Computed("the sound of a speaker, counted from 0", ("audio", "persons")),
    "words": Computed("the words of a speaker, counted from 0", ("text", "persons")),
    "voice": Computed("the voice of a speaker, counted from 0; without a number: of the request", ("voice", "persons")),
    "box": Computed("the bbox of a speaker, counted from 0: y0, x0, y1, x1", ("persons",)),
    "speakers": Computed("how many speak"),
    "speech_frames": Computed(
        "the frames that the speech lasts at the card's rate, cut to max_seconds", ("audio", "persons", "max_seconds")
    ),
    "segments": Computed(
        "parts of 93 frames of which each adds 80: 1 + ceil(max(0, a x fps - 93) / 80)",
        ("audio", "persons", "max_seconds"),
    ),
    "clips": Computed("clips of 80 frames that max_seconds needs; none without max_seconds", ("max_seconds",)),
    "rounds": Computed("rounds of 40 frames after a first of 57 that the actions last", ("actions",)),
    "action_frames": Computed("the frames that the actions last", ("actions",)),
    "restored_width": Computed("the width of a video whose shorter side is the height asked", ("height",)),
    "restored_height": Computed("the height of a video whose shorter side is the height asked", ("height",)),
    "folder": Computed("a folder with the inputs of a field, named 1, 2 and so on"),
    "out": Computed("the empty folder for what the script makes"),
    "run": Computed("a word of letters and figures that no other run has"),
    "checkout": Computed("the folder of the repository"),
    "weights": Computed("the folder of weights: that of the person's place, else that of the card's defaults"),
    "device": Computed("the device as the script sees it: cuda or cpu"),
    "written": Computed("the path of a file laid beforehand"),
    "joined": Computed("parts joined into one word; those without a value are left out"),
    "chosen": Computed("the first choice whose conditions are met"),
    "extra": Computed("a setting of this model only, from the request's extra"),
}


def known(name: str) -> bool:
    """Whether a name in braces, without what is in its brackets, stands for something."""
    return bare(name) in FIELDS or bare(name) in COMPUTED


def bare(name: str) -> str:
    """A name without its brackets."""
    return name.partition("[")[0]


def inside(name: str) -> str | None:
    """What a name has in its brackets."""
    before, bracket, after = name.partition("[")
    return after.removesuffix("]") if before and bracket else None


def names_in(template: object) -> set[str]:
    """The names that a word, or a structure of words, has in braces."""
    if isinstance(template, str):
        return {found["name"] for found in BRACES.finditer(template)}
    if isinstance(template, Mapping):
        return set().union(*(names_in(key) | names_in(part) for key, part in template.items()), set())
    if isinstance(template, list | tuple):
        return set().union(*(names_in(part) for part in template), set())
    return set()


def is_free(name: str) -> bool:
    """Whether a person's own words stand behind a name."""
    return bare(name) in FREE_TEXT or bare(name) in CHOSEN_TEXT


def fields_of(name: str) -> frozenset[str]:
    """The fields of a request that a name takes up."""
    within = inside(name)
    if bare(name) == "folder":
        return frozenset({within or "", "persons"} if within in ("audio", "mask") else {within or ""})
    if bare(name) in COMPUTED and not (bare(name) == "voice" and within is None):
        return frozenset(COMPUTED[bare(name)].reads)
    return frozenset({bare(name)})
