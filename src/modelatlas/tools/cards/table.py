"""The cards as one Markdown table: model, tools, route and whether it runs here."""

from collections.abc import Iterator

from modelatlas.tools.cards.card import Card, Route
from modelatlas.tools.cards.shelf import cards

_HEAD = ("model", "tools", "route", "runs here?")


def table() -> str:
    """The table of the cards that came with modelatlas: of each model the preferred routes, and one for each more tool.

    A model that prefers none of its routes shows the first.
    """
    rows = [_HEAD, ("---",) * len(_HEAD), *(row for card in cards() for row in _rows(card))]
    return "".join(f"| {' | '.join(_cell(text) for text in row)} |\n" for row in rows)


def runs_here(route: Route) -> str:
    """What a route needs to run on this machine, in a few words; or that it cannot run, and why."""
    if not route.runnable or route.run is None:
        instead = next((it.model for it in route.alternatives if it.route), None)
        return f"no: {route.reason}" + (f"; rather {instead}" if instead else "")
    needs = [_place(route)]
    if route.min_vram_gb is not None:
        needs.append(f"GPU from {route.min_vram_gb:g} {route.min_vram_unit}")
    elif route.run.backend in ("transformers", "diffusers", "repo_script"):
        needs.append("GPU memory not stated")
    if route.gated:
        needs.append("terms to accept")
    return ", ".join(needs)


def _rows(card: Card) -> Iterator[tuple[str, ...]]:
    shown: list[Route] = [route for route in card.routes if route.preferred] or list(card.routes[:1])
    for route in card.routes:
        if route.runnable and not {tool for it in shown for tool in it.tools} >= set(route.tools):
            shown.append(route)
    rest = len(card.routes) - len(shown)
    for route in shown:
        more = f", and {rest} more" if rest and route is shown[-1] else ""
        way = f"{route.id} ({route.run.backend})" if route.run is not None else route.id
        yield card.model, ", ".join(route.tools) or "–", way + more, runs_here(route)


def _place(route: Route) -> str:
    if route.run is None:
        return ""
    if route.run.backend == "repo_script" or getattr(route.run, "module", None):
        return "in a checkout"
    if route.run.backend == "comfyui":
        return "at a ComfyUI with a workflow"
    if route.run.backend in ("transformers", "diffusers"):
        return "yes"
    return "at a service, with a key" if getattr(route.run, "base_url", None) else "at a server of your own"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
