"""What a route still needs to run here, and the exact commands that bring it; nothing is done but harmless looks."""

import shlex
from collections.abc import Iterator
from typing import Any

import httpx

from modelatlas.graph.dates import Value
from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.backends.served_address import Address, server_of
from modelatlas.tools.cards.card import Card, Route
from modelatlas.tools.cards.local_settings import DiffusersSettings, TransformersSettings
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.cards.served_settings import ComfySettings, MediaSettings, ServerSettings
from modelatlas.tools.findings import Finding, local_findings, script_findings, told
from modelatlas.tools.machine import Machine, this_machine
from modelatlas.tools.places import Place

_LOOK_S = 3.0
_MOST_BYTES = 4 * 2**20


class Diagnosis(Value):
    """What was found about one route of a model."""

    model: str
    route: str
    findings: tuple[Finding, ...]

    @property
    def ready(self) -> bool:
        """Whether everything is there that the route cannot go without."""
        return all(it.found for it in self.findings if it.needed)

    def json_value(self) -> dict[str, Any]:
        """The diagnosis as JSON-like data."""
        return {"ready": self.ready, **self.model_dump(mode="json")}


def diagnose(card: Card, route: Route, place: Place, machine: Machine | None = None) -> Diagnosis:
    """Look for everything a route needs; `machine` None looks at this one."""
    here = machine or this_machine()
    return Diagnosis(model=card.model, route=route.id, findings=tuple(_findings(route, place, here)))


def _findings(route: Route, place: Place, machine: Machine) -> Iterator[Finding]:
    match route.run:
        case None:
            instead = "; ".join(f"{it.model} ({it.route or it.via}): {it.why}" for it in route.alternatives)
            yield Finding(
                what="a way to run it",
                found=False,
                detail=f"{route.reason}" + (f"; instead: {instead}" if instead else ""),
                commands=tuple(f"modelatlas tools doctor {it.route}" for it in route.alternatives if it.route),
            )
        case ScriptSettings() as settings:
            yield from script_findings(route, settings, place, machine)
            yield _gpu(route, place, machine)
        case TransformersSettings() | DiffusersSettings() as settings:
            yield from local_findings(route, settings, place, machine)
            yield _gpu(route, place, machine)
        case ServerSettings() as settings:
            yield from _served(route, settings, place)
    if route.gated:
        yield _gate(route, place)


def _gpu(route: Route, place: Place, machine: Machine) -> Finding:
    need, largest = route.min_vram_gb, machine.largest_gpu
    note = f" ({route.min_vram_note})" if route.min_vram_note else ""
    what = f"a GPU with {need:g} GB" if need is not None else "a GPU"
    if place.device == "cpu":
        return Finding(what=what, found=False, detail="the place says cpu", needed=False)
    if largest is None:
        none = "no nvidia-smi and no torch tell of one" if machine.gpus is None else "there is none"
        return Finding(what=what, found=False, detail=none + note, commands=("nvidia-smi",), needed=need is not None)
    enough = need is None or largest.memory_gb >= need * 0.97
    seen = f"{largest.name} with {largest.memory_gb:g} GB"
    return Finding(what=what, found=enough, detail=seen + note if enough else f"the largest is {seen}{note}")


def _gate(route: Route, place: Place) -> Finding:
    return Finding(
        what=f"the terms of {route.weights}",
        found=False,
        detail=f"{route.licence_weights}: whether they are accepted shows when the weights are fetched",
        commands=(f"open https://huggingface.co/{route.weights} and accept them", "hf auth login"),
        needed=False,
    )


def _served(route: Route, settings: ServerSettings, place: Place) -> Iterator[Finding]:
    """Whether the server is there, and has the model."""
    shape = "" if isinstance(settings, MediaSettings | ComfySettings) else "/v1"
    model = str(getattr(settings, "model", ""))
    example = "http://127.0.0.1:8188" if isinstance(settings, ComfySettings) else "http://127.0.0.1:8000/v1"
    start = settings.start or route.entrypoint
    try:
        address = server_of(route, place, settings, model=model, root=shape, example=example, total_s=_LOOK_S)
    except CannotRun as missing:
        yield Finding(
            what="a server", found=False, detail=str(missing), commands=(start, told(route, "base_url", example))
        )
        return
    if isinstance(settings, ComfySettings):
        yield _workflow(route, place)
    if place.base_url is None and settings.base_url is not None and address.key is None:
        yield Finding(
            what=f"a key for {address.origin}",
            found=False,
            detail="it is not asked without one",
            commands=(told(route, "api_key_variable", "NAME_OF_THE_VARIABLE"),),
        )
        return
    look = {"/v1": "models", "": "v1/models"}[shape] if not isinstance(settings, ComfySettings) else "system_stats"
    answer = _look(address, look)
    if isinstance(answer, str):
        yield Finding(what=f"the server {address.origin}", found=False, detail=answer, commands=(start,))
        return
    yield Finding(what=f"the server {address.origin}", found=True)
    if not isinstance(settings, ComfySettings):
        yield _listed(route, address, answer)


def _look(address: Address, path: str) -> Any:
    """The JSON that a server answers, or a sentence that says why there is none."""
    try:
        with (
            httpx.Client(timeout=_LOOK_S, trust_env=not address.near, follow_redirects=False) as client,
            client.stream("GET", address.url(path), headers=address.headers()) as answer,
        ):
            if answer.status_code in (401, 403):
                return f"it wants another key (status {answer.status_code})"
            if answer.status_code != httpx.codes.OK:
                return f"it answers {address.url(path)} with status {answer.status_code}"
            body = bytearray()
            for block in answer.iter_bytes():
                body += block
                if len(body) > _MOST_BYTES:
                    return "it answers with more than a list of models"
        return httpx.Response(200, content=bytes(body)).json()
    except (httpx.HTTPError, ValueError) as error:
        return f"nobody answers as a server of models would ({type(error).__name__})"


def _listed(route: Route, address: Address, answer: Any) -> Finding:
    rows = answer.get("data", ()) if isinstance(answer, dict) else answer
    if isinstance(rows, dict):
        rows = list(rows.values())
    there = [str(it.get("id")) for it in rows if isinstance(it, dict)] if isinstance(rows, list | tuple) else []
    wanted = address.model
    return Finding(
        what=f"the model {wanted} at the server",
        found=wanted in there,
        detail="" if wanted in there else f"it has {', '.join(there[:8])[:300] or 'none'}",
        commands=() if wanted in there or not there else (told(route, "model", there[0][:120]),),
    )


def _workflow(route: Route, place: Place) -> Finding:
    path = place.workflow
    return Finding(
        what="a workflow in API format",
        found=path is not None and path.expanduser().is_file(),
        detail="none is told" if path is None else str(path),
        commands=(told(route, "workflow", shlex.quote("workflow_api.json")),),
    )
