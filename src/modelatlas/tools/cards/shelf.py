"""The cards that came with modelatlas and those of a person's own folder, read once, and found by name or by tool."""

import difflib
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import as_file, files
from math import inf
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from modelatlas.graph.errors import BadInput, UnreadableSource
from modelatlas.graph.text import name_key
from modelatlas.tools.actions.action import ACTIONS, action
from modelatlas.tools.cards.card import Card, Route


class UnknownRoute(BadInput):
    """No card has a route or a model of this name."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        self.name = name
        self.nearest = tuple(nearest)
        hint = f"nearest: {', '.join(nearest)}" if nearest else "`modelatlas tools list` shows them all"
        super().__init__(f"No card is about {name[:80]!r}; {hint}.")


class BadCard(UnreadableSource):
    """A card that cannot be read; the sentence names the file, the field and what is wrong with it."""


def read_card(path: Path) -> Card:
    """The card of a file. Raises BadCard."""
    try:
        return Card.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise BadCard(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadCard(f"{path} is not UTF-8; save it as that.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadCard(f"{path} is not TOML: {error}.") from None
    except ValidationError as error:
        raise BadCard(f"{path}: {_wrong(error)}.") from None


@cache
def cards(extra: Path | None = None) -> tuple[Card, ...]:
    """Every card, by the name of its model; one of the extra folder stands in the place of ours of the same model."""
    with as_file(files("modelatlas.tools.cards") / "models") as folder:
        found = _folder(folder)
    if extra is not None:
        if not extra.is_dir():
            raise BadCard(f"{extra} is no folder; give one that holds cards as TOML files.")
        found |= _folder(extra)
    _told_apart(found)
    return tuple(sorted(found.values(), key=lambda card: card.model.casefold()))


def route(id: str, extra: Path | None = None) -> tuple[Card, Route]:
    """The route of an id and its card. Raises UnknownRoute with the nearest ids."""
    every = {it.id: (card, it) for card in cards(extra) for it in card.routes}
    if id not in every:
        raise UnknownRoute(id, difflib.get_close_matches(id.casefold(), every, n=3, cutoff=0.4))
    return every[id]


def routes_for(tool: str, extra: Path | None = None) -> tuple[tuple[Card, Route], ...]:
    """The routes of a tool in order of preference.

    Those that can be run come first, of these the preferred, of these those for the tool's most usual task, of these
    the one that needs least GPU memory; one whose need nobody states comes after those.
    """
    action(tool)
    return _ordered(tool, ((card, it) for card in cards(extra) for it in card.routes if tool in it.tools))


def find_route(tool: str, name: str | None, tasks: Sequence[str] = (), extra: Path | None = None) -> tuple[Card, Route]:
    """The route that a tool is to use: of a route id, or the best of a model or a family, or the best there is.

    With `tasks`, a route that has one of them goes before all that have none, an earlier task before a later one.
    Raises UnknownRoute for a name of nothing, and BadInput for one of something that the tool cannot use.
    """
    action(tool)
    if name is None:
        found = routes_for(tool, extra)
    else:
        named = _named(name, extra)
        found = _ordered(tool, ((card, it) for card, it in named if tool in it.tools))
        if not found:
            raise BadInput(f"{name} has no route for {tool}; {_offers(named)}.")
    if not found:
        raise BadInput(f"No card has a route for {tool}.")
    ranks = {task: place for place, task in enumerate(tasks)}
    return min(found, key=lambda it: (not it[1].runnable, min(ranks.get(task, len(ranks)) for task in it[1].tasks)))


def card_named(name: str, extra: Path | None = None) -> Card:
    """The card of a model, of a route of it, or of a family that has one card. Raises UnknownRoute, or BadInput."""
    found = {card.model: card for card, _ in _named(name, extra)}
    if len(found) > 1:
        raise BadInput(f"{len(found)} cards are of {name}: {', '.join(found)}; name one of them.")
    return next(iter(found.values()))


def _named(name: str, extra: Path | None) -> list[tuple[Card, Route]]:
    """The routes a name means: the one of this id, else those of the model, else of whatever is also called so."""
    key = name_key(name)
    every = [(card, it) for card in cards(extra) for it in card.routes]
    ways: tuple[Callable[[Card, Route], bool], ...] = (
        lambda card, it: name == it.id,
        lambda card, it: key == name_key(card.model),
        lambda card, it: key in {name_key(other) for other in (*card.also, it.weights or card.model)},
        lambda card, it: key == name_key(card.family) or name in card.headings,
    )
    for means in ways:
        if found := [(card, it) for card, it in every if means(card, it)]:
            return found
    names = [other for card in cards(extra) for other in (card.model, *card.also)] + [it.id for _, it in every]
    keys = {name_key(it): it for it in reversed(names)}
    raise UnknownRoute(name, [keys[it] for it in difflib.get_close_matches(key, keys, n=3, cutoff=0.5)])


def _ordered(tool: str, found: Iterable[tuple[Card, Route]]) -> tuple[tuple[Card, Route], ...]:
    usual = {task: place for place, task in enumerate(ACTIONS[tool].tasks)}

    def rank(it: tuple[Card, Route]) -> tuple[Any, ...]:
        card, route = it
        task = min(usual.get(task, len(usual)) for task in route.tasks)
        memory = inf if route.min_vram_gb is None else route.min_vram_gb
        return (not route.runnable, not route.preferred, task, memory, card.model, route.id)

    return tuple(sorted(found, key=rank))


def _offers(found: Sequence[tuple[Card, Route]]) -> str:
    offered = {tool: it.id for _, it in reversed(found) for tool in it.tools}
    if offered:
        return "it has " + ", ".join(f"{way} for {tool}" for tool, way in sorted(offered.items()))
    return "; ".join(f"{it.id}: {it.reason}" for _, it in found)


def _folder(folder: Path) -> dict[str, Card]:
    found: dict[str, Card] = {}
    for path in sorted(folder.glob("*.toml")):
        card = read_card(path)
        if card.model in found:
            raise BadCard(f"{path}: model: another card of the folder is about {card.model} too.")
        found[card.model] = card
    return found


def _told_apart(found: dict[str, Card]) -> None:
    owners: dict[str, str] = {}
    for model, card in sorted(found.items()):
        for it in card.routes:
            if (other := owners.setdefault(it.id, model)) != model:
                raise BadCard(f"routes.id: {it.id} is a route of {other} and of {model}: give each its own.")


def _wrong(error: ValidationError) -> str:
    """The first thing wrong with a card: where, and what."""
    first = error.errors(include_url=False)[0]
    said = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        said = "there is no such field"
    return f"{where}: {said}" if where else said
