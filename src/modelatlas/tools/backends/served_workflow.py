"""A ComfyUI workflow in API format, and where the values of a request go in it."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Avatar, GenerateVideo, Request
from modelatlas.tools.backends.backend import CannotRun, Json, Order
from modelatlas.tools.backends.served_request import NEUTRAL_PROMPT, frame_count
from modelatlas.tools.media.kinds import Takes

MOST_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Workflow:
    """Nodes by id, and by field of the request the [node id, input] it goes to."""

    route: str
    path: Path
    nodes: Json
    bindings: Mapping[str, tuple[str, str]]

    @property
    def classes(self) -> tuple[str, ...]:
        """The node classes in use, each once."""
        return tuple(dict.fromkeys(node["class_type"] for node in self.nodes.values()))

    def bound_classes(self) -> dict[str, tuple[str, str]]:
        """By bound field, the class of its node and the name of the input."""
        return {name: (self.nodes[node]["class_type"], to) for name, (node, to) in self.bindings.items()}

    def filled(self, order: Order, media: Mapping[str, Any]) -> Json:
        """The graph with the values of a request; `media` by the field that names them.

        Raises BadInput where a media field has no place in the workflow, or a place is left without its media: the
        workflow's own example would stand there.
        """
        for name in order.inputs:
            if name not in self.bindings:
                raise BadInput(
                    f"{self.path.name} has no place for {name}: bind it in the places file, "
                    f'[routes."{self.route}".bindings] {name} = ["NODE", "INPUT"], or leave it out.'
                )
        values = _values(order.request)
        graph = deepcopy(self.nodes)
        for name, (node, to) in self.bindings.items():
            if _names_media(order.request, name):
                if name not in order.inputs:
                    raise BadInput(f"{self.path.name} needs {name}: give it, or its own example would be used.")
                graph[node]["inputs"][to] = media[name]
            elif name in values:
                graph[node]["inputs"][to] = values[name]
        return graph

    def unbound(self, request: Request) -> tuple[str, ...]:
        """A warning for each setting that was given and has no place."""
        said = _values(request)
        fields = type(request).model_fields
        return tuple(
            f"{name} was left out: the workflow has no place for it."
            for name, value in said.items()
            if name not in self.bindings
            and name != "seed"
            and (name not in fields or value != fields[name].get_default(call_default_factory=True))
            and not (name == "frames" and "seconds" in self.bindings)
            and not (name == "seconds" and "frames" in self.bindings)
        )


def read_workflow(route: str, path: Path | None, bindings: Mapping[str, tuple[str, str]]) -> Workflow:
    """A workflow as ComfyUI exports it. Raises CannotRun where it is not there, not one, or not bound to its nodes."""
    if path is None:
        raise CannotRun(
            f"{route} needs a workflow: export one from ComfyUI in API format, then name it in the places file, "
            f'[routes."{route}"] workflow = "…/workflow.json".'
        )
    if not bindings:
        raise CannotRun(
            f"{route} does not know where a request goes in {path.name}: say so in the places file, "
            f'[routes."{route}".bindings] prompt = ["NODE", "INPUT"], and so on.'
        )
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CannotRun(f"{path} is too large for a workflow.")
        nodes = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CannotRun(f"The workflow {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise CannotRun(f"The workflow {path} is no JSON: export it from ComfyUI in API format.") from error
    if not _is_api_format(nodes):
        raise CannotRun(f"{path} is no workflow in API format: in ComfyUI, use Export (API), not Save.")
    for name, (node, to) in bindings.items():
        if node not in nodes:
            raise CannotRun(f"{name} is bound to node {node}, which {path.name} does not have: mend the bindings.")
        if isinstance(nodes[node]["inputs"].get(to), list):
            raise CannotRun(
                f"{name} is bound to {to} of node {node} in {path.name}, which another node feeds: bind that one."
            )
    return Workflow(route, path, nodes, dict(bindings))


def _is_api_format(nodes: Any) -> bool:
    return (
        isinstance(nodes, dict)
        and bool(nodes)
        and all(
            isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)
            for node in nodes.values()
        )
    )


def _names_media(request: Request, name: str) -> bool:
    """Whether a bound name is that of a field which takes media: image, images[0], persons[1].audio."""
    first, _, rest = name.partition(".")
    field = type(request).model_fields.get(first.split("[")[0])
    if field is None:
        return False
    return rest in {"audio", "mask"} if rest else any(map(_takes, (*field.metadata, field.annotation)))


def _takes(annotation: Any) -> bool:
    marks = (annotation, *getattr(annotation, "__metadata__", ()))
    return any(isinstance(mark, Takes) for mark in marks) or any(map(_takes, get_args(annotation)))


def _values(request: Request) -> Json:
    """What a request says, by the names that may be bound; `extra` by its own names."""
    said = {
        name: value
        for name in type(request).model_fields
        if name != "extra"
        and isinstance(value := getattr(request, name), str | int | float)
        and not _names_media(request, name)
    }
    if isinstance(request, GenerateVideo) and (frames := frame_count(request, None)) is not None:
        said["frames"] = frames
    if isinstance(request, Avatar):
        said.setdefault("prompt", NEUTRAL_PROMPT)
    return {**request.extra, **said}
