"""The thirty-odd predicates of synthetic claims, and how an answer of each is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from bench.words import (
    BENCHMARKS,
    CHINESE,
    DEVICES,
    ENGLISH,
    LANGUAGES,
    LICENCES,
    ORGANISATIONS,
    PARTS,
    RUNTIMES,
    SETUPS,
    VENUES,
)
from modelatlas.graph.facts import Literal_
from modelatlas.graph.vocabulary import modalities, predicate, tasks

Answer = tuple[str | None, Literal_, str | None]  # object, value, unit

_PRICE = "USD per million tokens"
_TASKS = tuple(tasks())
_MODALITIES = tuple(modalities())


@dataclass(frozen=True, slots=True)
class Drawn:
    """A predicate with its words in both languages, and what draws an answer of it."""

    predicate: str
    english: str
    chinese: str
    draw: Callable[[Random], Answer]


def _object(*of: str) -> Callable[[Random], Answer]:
    return lambda random: (random.choice(of), None, None)


def _measured(
    of: tuple[str, ...], low: float, high: float, digits: int, unit: str | None
) -> Callable[[Random], Answer]:
    return lambda random: (random.choice(of), _number(random, low, high, digits), unit)


def _value(low: float, high: float, digits: int, unit: str | None = None) -> Callable[[Random], Answer]:
    return lambda random: (None, _number(random, low, high, digits), unit)


def _chosen(*of: str | bool) -> Callable[[Random], Answer]:
    return lambda random: (None, random.choice(of), None)


def _stands(of: tuple[str, ...], *states: str) -> Callable[[Random], Answer]:
    return lambda random: (random.choice(of), random.choice(states), None)


def _sentences(random: Random) -> Answer:
    """A free text of one or two sentences, half of them Chinese."""
    texts = CHINESE if random.random() < 0.5 else ENGLISH
    return ("；" if texts is CHINESE else "; ").join(random.sample(texts, k=random.randint(1, 2))), None, None


def _version(random: Random) -> Answer:
    return f"v{random.randint(0, 3)}.{random.randint(0, 9)}.{random.randint(0, 9)}", None, None


def _day(random: Random) -> Answer:
    return f"202{random.randint(4, 5)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}", None, None


def _commit(random: Random) -> Answer:
    return f"{random.getrandbits(28):07x}", None, None


def _number(random: Random, low: float, high: float, digits: int) -> float | int:
    return round(random.uniform(low, high), digits) if digits else random.randint(int(low), int(high))


_DRAWS: dict[str, Callable[[Random], Answer]] = {
    "organisation": _object(*ORGANISATIONS),
    "latest_commit": _commit,
    "release_date": _day,
    "venue": _object(*VENUES),
    "current_version": _version,
    "availability": _stands(PARTS, "released", "announced", "withdrawn", "on request"),
    "task": _object(*_TASKS),
    "input_modality": _object(*_MODALITIES),
    "output_modality": _object(*_MODALITIES),
    "language": _stands(LANGUAGES, "supported", "partly", "not supported"),
    "parameters": _measured(("total", "activated", "decoder"), 0.5, 80, 1, "B"),
    "spec": _measured(("clip length in seconds", "frames a second", "lines"), 5, 1080, 0, None),
    "licence_code": _object(*LICENCES),
    "licence_weights": _object(*LICENCES),
    "access": _object("open weights", "API only", "waiting list", "demo only"),
    "benchmark": _measured(BENCHMARKS, 0.3, 0.95, 2, "score"),
    "min_vram": _measured(SETUPS, 6, 80, 0, "GB"),
    "speed": _measured(DEVICES, 2, 600, 0, "seconds a clip"),
    "runtime_support": _stands(RUNTIMES, "supported", "by a patch", "broken"),
    "dependency": _stands(RUNTIMES, ">=0.30", ">=0.34", "==0.36", ">=4.50"),
    "feature": _stands(ENGLISH, "yes", "experimental", "no"),
    "defect": _stands(ENGLISH, "open", "fixed"),
    "summary": _sentences,
    "function": _sentences,
    "principle": _sentences,
    "use_case": _sentences,
    "cost.input": _value(0.05, 20, 2, _PRICE),
    "cost.output": _value(0.2, 80, 2, _PRICE),
    "cost.cache_read": _value(0.01, 2, 3, _PRICE),
    "limit.context": _value(8, 1024, 0, "tokens"),
    "limit.output": _value(2, 128, 0, "tokens"),
    "open_weights": _chosen(True, False),
    "tool_call": _chosen(True, False),
}


def _drawn(name: str) -> Drawn:
    label = predicate(name).label
    return Drawn(name, label["en"], label["zh"], _DRAWS[name])


# What each kind of source speaks of.
BY_SOURCE = {
    source: tuple(_drawn(name) for name in names.split())
    for source, names in {
        "repository": "latest_commit current_version availability task input_modality output_modality parameters"
        " licence_code licence_weights min_vram speed runtime_support dependency feature defect summary",
        "paper": "release_date venue task language parameters benchmark principle function",
        "documentation": "access availability language spec limit.context limit.output feature summary use_case",
        "article": "organisation benchmark min_vram summary function principle use_case",
        "listing": "cost.input cost.output cost.cache_read limit.context limit.output open_weights tool_call"
        " current_version",
    }.items()
}
