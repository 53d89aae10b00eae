"""A run that is proposed: which model would do it, by which route, with what, and what it would cost to say yes.

The model is the one that is named, or the best on record for the task that a card can run: of those, one the person
has a place for goes first. Nothing runs here.
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import BadInput
from modelatlas.graph.periods import AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.tools.actions.action import action
from modelatlas.tools.cards.card import Card, Route
from modelatlas.tools.cards.local_settings import DiffusersSettings
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.cards.shelf import UnknownRoute, find_route, routes_for
from modelatlas.tools.constraints import Needs
from modelatlas.tools.places import Places
from modelatlas.tools.recommend import Candidate, recommend

Json = dict[str, Any]
Approval = Literal["costly", "every", "none"]
Cost = Literal["gpu", "outbound", "money"]

_OF_THIS_MACHINE = ("transformers", "diffusers", "repo_script")


class Wish(Value):
    """What shall be done: `missing` is what nobody said; with `own_machine` it shall run on a GPU of the person's."""

    tool: str
    task: str | None
    model: str | None
    arguments: dict[str, Any]
    missing: tuple[str, ...]
    own_machine: bool
    needs: Needs


class Proposal(Value):
    """One run that could be made; `costs` are the reasons why it waits for a yes, none where it need not wait."""

    tool: str
    model: str
    route: str
    backend: str
    arguments: dict[str, Any]
    missing: tuple[str, ...]
    costs: tuple[Cost, ...]
    waits: bool
    has_place: bool
    traps: tuple[str, ...]
    candidate: Candidate | None

    def json_value(self) -> Json:
        """The proposal as JSON."""
        return {
            **self.model_dump(mode="json", exclude={"candidate"}),
            "candidate": self.candidate.json_value() if self.candidate else None,
        }

    @property
    def command(self) -> list[str]:
        """The words of the command line that says yes."""
        words = [f"{name}={value}" for name, value in _flat(self.arguments)]
        return ["modelatlas", "run", self.tool, "--model", self.route, *words]


async def propose(
    store: GraphStore, wish: Wish, as_of: AsOf, places: Places, approval: Approval, cards: Path | None
) -> Proposal:
    """The run that fits a wish best. Raises BadInput where no card can do it, saying why."""
    tool = action(wish.tool)
    if not wish.missing:
        tool.read(wish.arguments)
    card, route, candidate = await _chosen(store, wish, as_of, places, cards)
    if route.run is None:
        raise _not_runnable(card, route)
    costs = costs_of(route, places)
    return Proposal(
        tool=wish.tool,
        model=card.model,
        route=route.id,
        backend=route.run.backend,
        arguments=dict(wish.arguments),
        missing=wish.missing,
        costs=costs,
        waits=approval == "every" or (approval == "costly" and bool(costs)),
        has_place=route.id in places.routes,
        traps=route.traps,
        candidate=candidate,
    )


def route_of(tool: str, name: str | None, places: Places, cards: Path | None) -> tuple[Card, Route]:
    """The route that a tool is to use: the one named, or of a model, or of all, the best the person has a place for.

    Raises UnknownRoute, and BadInput for one that cannot be run, with the reason and what to use.
    """
    card, route = find_route(tool, name, (), cards)
    if name != route.id:
        offered = [(card, it) for it in card.routes if tool in it.tools] if name else routes_for(tool, cards)
        having = [(of, it) for of, it in offered if it.id in places.routes and it.runnable]
        card, route = having[0] if having else (card, route)
    if not route.runnable or route.run is None:
        raise _not_runnable(card, route)
    return card, route


def _not_runnable(card: Card, route: Route) -> BadInput:
    instead = ", ".join(it.route or f"{it.model} ({it.via})" for it in route.alternatives)
    return BadInput(f"{card.model} cannot be run: {route.reason}" + (f"; use {instead}." if instead else "."))


def costs_of(route: Route, places: Places) -> tuple[Cost, ...]:
    """What a run of a route costs beside time: a GPU here, by itself or behind a server of this machine, data that
    leaves the machine, money behind a key."""
    place = places.of(route.id)
    if route.run is None or route.run.backend in _OF_THIS_MACHINE:
        return () if place.device == "cpu" else ("gpu",)
    address = place.base_url or getattr(route.run, "base_url", None)
    found: list[Cost] = ["gpu"] if address is not None and _is_here(address) else ["outbound"]
    if place.api_key is not None:
        found.append("money")
    return tuple(found)


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _chosen(
    store: GraphStore, wish: Wish, as_of: AsOf, places: Places, cards: Path | None
) -> tuple[Card, Route, Candidate | None]:
    tasks = [wish.task] if wish.task else []
    if wish.model is not None:
        return (*route_of(wish.tool, wish.model, places, cards), None)
    found: list[tuple[Card, Route, Candidate | None]] = []
    if wish.task is not None:
        for candidate in (await recommend(store, wish.task, (), (), wish.needs, as_of)).candidates:
            try:
                found.append((*find_route(wish.tool, candidate.model, tasks, cards), candidate))
            except (BadInput, UnknownRoute):
                continue
    found += [
        (card, route, None)
        for card, route in routes_for(wish.tool, cards)
        if not wish.task or wish.task in route.tasks or route.id in places.routes
    ]
    fitting = [it for it in found if _fits(it[1], wish)]
    if not fitting:
        where = " on your own machine" if wish.own_machine else ""
        raise BadInput(f"No card can do {wish.tool}{where}; `modelatlas tools list` shows what each needs.")
    return min(fitting, key=lambda it: it[1].id not in places.routes)


def _fits(route: Route, wish: Wish) -> bool:
    if not route.runnable or route.run is None:
        return False
    if wish.own_machine and route.run.backend not in _OF_THIS_MACHINE:
        return False
    return wish.tool != "avatar" or "text" not in wish.arguments or _speaks(route)


def _speaks(route: Route) -> bool:
    """Whether an avatar's route takes words and not only a recording."""
    match route.run:
        case DiffusersSettings() as settings:
            return settings.speech is not None
        case ScriptSettings() as settings:
            return "{words[" in settings.model_dump_json() or "{?words[" in settings.model_dump_json()
        case _:
            return False


def _flat(given: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in given.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping):
            found += _flat(value, f"{key}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            parts = [_flat({str(at): part}, f"{key}.") for at, part in enumerate(value)]
            plain = all(not isinstance(part, Mapping) for part in value)
            found += [(key, part) for part in value] if plain else [it for part in parts for it in part]
        else:
            found.append((key, value))
    return found
