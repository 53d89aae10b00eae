"""The cards as claims of modelatlas itself, in the words of the graph, so that an equal statement agrees with it.

A card speaks for the routes that can be run, and of nothing else: what no backend of ours runs, others may. Its claims
use the words of the sources on record where these speak of the same thing. They hold since the model came out, where
the card says when; else since an unknown time.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from importlib.resources import files
from typing import Any

from modelatlas.graph.dates import moment
from modelatlas.graph.facts import Claim, Episode, Pattern, Source, Statement, value_key
from modelatlas.graph.periods import ALL, AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.tools.actions.action import action_for
from modelatlas.tools.cards.card import Card, Route
from modelatlas.tools.cards.shelf import cards
from modelatlas.tools.profile import variants_of

STATE_OF_KNOWLEDGE = "2026-11-23"  # the day up to which the cards were checked; goes forward whenever a card changes

_WAYS = {
    "transformers": "transformers",
    "diffusers": "diffusers",
    "repo_script": "repository script",
    "openai_chat": "chat server",
    "openai_images": "image server",
    "openai_speech": "speech server",
    "openai_videos": "video server",
    "media_json": "media server",
    "comfyui": "ComfyUI",
}


def card_claims() -> tuple[list[Claim], Episode]:
    """What the cards that came with modelatlas say, and the episode that this edition of them is."""
    episode = card_edition()
    said = [statement for card in cards() for statement in _statements(card)]
    return [Claim(**it, recorded_at=STATE_OF_KNOWLEDGE, source=episode.source) for it in said], episode


async def bring_cards(store: GraphStore, now: datetime) -> bool:
    """Record what this edition of the cards adds about models that are on record, unless that was done before."""
    if (await store.preview((), [card_edition()], now=now)).episodes == 0:
        return False
    claims, episode = card_claims()
    known = set((await store.names()).values())
    added = await unsaid(store, [claim for claim in claims if claim.subject in known], AsOf.at(now))
    await store.record(added, [episode], now=now)
    return True


def card_edition() -> Episode:
    """The episode that this edition of the cards is, told by their bytes."""
    digest = blake2b(STATE_OF_KNOWLEDGE.encode(), digest_size=8)
    every = sorted((files("modelatlas.tools.cards") / "models").iterdir(), key=lambda it: it.name)
    for file in every:
        digest.update(file.read_bytes())
    edition = digest.hexdigest()
    source = Source(id="modelatlas:cards", title="modelatlas cards", date=STATE_OF_KNOWLEDGE, commit=edition)
    return Episode(
        name="modelatlas cards",
        text=f"The cards of {len(every)} models that came with modelatlas, edition {edition}.",
        kind="text",
        source=source,
        said=moment(STATE_OF_KNOWLEDGE).latest,
    )


async def unsaid(store: GraphStore, claims: Sequence[Claim], as_of: AsOf) -> list[Claim]:
    """The claims that add something: what the line of a model is on record with needs no second voice.

    The line of a model are its variants and those it is a variant of, whose facts count for each other in an answer.
    That a model runs adds nothing where it is on record as running, whichever way.
    """
    whenever = AsOf(valid=ALL, believed=as_of.believed)
    variants = variants_of(await store.recall(Pattern(predicate="variant_of"), whenever))
    on_record: dict[str, set[tuple[str, ...]]] = {}
    told: dict[str, set[tuple[str, ...]]] = {}
    for model in dict.fromkeys(claim.subject for claim in claims):
        line = (model, *variants.get(model, ()), *(whole for whole, below in variants.items() if model in below))
        for it in line:
            if it not in on_record:
                on_record[it] = {_said(fact) for fact in await store.recall(Pattern(subject=it), as_of)}
        told[model] = set().union(*(on_record[it] for it in line))
    return [claim for claim in claims if _said(claim) not in told[claim.subject]]


def _said(it: Statement) -> tuple[str, ...]:
    way = "" if it.predicate == "runnable" else it.object or ""
    return it.predicate, way, value_key(it.value), it.unit or ""


def _statements(card: Card) -> Iterator[dict[str, Any]]:
    """Each statement once, with the first route that makes it; of a licence only what all routes agree on."""
    told = set()
    routes = [route for route in card.routes if route.runnable]
    licences = {route.licence_weights for route in routes}
    for route in routes:
        for statement in _of_route(route):
            key = tuple(str(statement.get(part)) for part in ("predicate", "object", "value", "unit"))
            if key not in told and (statement["predicate"] != "licence_weights" or len(licences) == 1):
                told.add(key)
                rest = {"valid_from": card.since, "ref": route.id, "confidence": route.confidence}
                yield {"subject": card.model, **rest, **statement}


def _of_route(route: Route) -> Iterator[dict[str, Any]]:
    doing = [task for task in route.tasks if (it := action_for(task)) is None or it.name in route.tools]
    for predicate, objects in (
        ("task", doing),
        ("input_modality", route.inputs),
        ("output_modality", route.outputs),
        ("entrypoint", [route.entrypoint]),
    ):
        for thing in objects:
            yield {"predicate": predicate, "object": thing}
    if route.weights is not None:
        predicate = "weights_repack" if route.weights_standing == "repacked" else "weights_id"
        disputed = {"standing": "conflict"} if route.weights_standing == "disputed" else {}
        yield {"predicate": predicate, "object": f"hf:{route.weights}", "qualifiers": disputed}
    if route.licence_weights is not None:
        yield {"predicate": "licence_weights", "object": route.licence_weights}
    if route.min_vram_gb is not None and route.min_vram_for is not None:
        memory = {"value": _plain(route.min_vram_gb), "unit": route.min_vram_unit}
        yield {"predicate": "min_vram", "object": route.min_vram_for, **memory}
    if route.run is not None:
        yield {"predicate": "runnable", "object": f"modelatlas, {_WAYS[route.run.backend]}", "value": True}


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number
