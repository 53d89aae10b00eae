"""The exact command of one run: its words, its folder, its environment and the files laid for it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.action import media_fields
from modelatlas.tools.actions.requests import Request
from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.backends.script_desk import Desk
from modelatlas.tools.backends.script_names import bare, fields_of, inside
from modelatlas.tools.backends.script_tree import Tree
from modelatlas.tools.backends.script_values import Values
from modelatlas.tools.backends.script_words import Words
from modelatlas.tools.cards.script_settings import ScriptSettings

_CANNOT_BE_LEFT_OUT = frozenset({"text", "persons", "parts"})
_CALLED = {"frames_4n1": "frames", "frames_asked": "frames", "speech_frames": "frames", "action_frames": "frames"}
_USUAL_PATH = "/usr/local/cuda/bin:/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Command:
    """What is run; `written` are the contents of the files laid beforehand, `used` the values really used."""

    argv: tuple[str, ...]
    cwd: Path | None
    env: Mapping[str, str]
    written: Mapping[str, str]
    folders: frozenset[str]
    used: Mapping[str, Any]
    warnings: tuple[str, ...]


def compose(route: str, settings: ScriptSettings, tree: Tree, desk: Desk, passed_on: Mapping[str, str]) -> Command:
    """The command of an order. Raises BadInput for what the script does not take, or takes and is not given."""
    values = Values(
        route=route,
        settings=settings,
        desk=desk,
        checkout=str(tree.checkout or ""),
        weights=tree.weights,
        device="cpu" if (tree.place.device or "").startswith("cpu") else "cuda",
    )
    words = Words(values)
    request = desk.order.request
    _takes_all(route, settings, request, values)
    _has_all(route, settings, words)
    groups = [group for it in settings.arguments if (group := words.group(it)) is not None]
    program = [tree.program(it) if place == 0 else it for place, it in enumerate(words.group(settings.program) or [])]
    if settings.driver is not None:
        program.insert(1, str(desk.seen / settings.driver))
    laid = {name: text for name in settings.written if (text := words.laid(name)) is not None}
    return Command(
        argv=(*program, *(word for group in groups for word in group)),
        cwd=tree.root,
        env=_environment(settings, tree, words, passed_on),
        written=laid,
        folders=frozenset(str(inside(it)) for it in settings.names if bare(it) == "folder" and values.get(it)),
        used={**_used(settings, words), **settings.fixed},
        warnings=tuple(values.warnings),
    )


def _environment(settings: ScriptSettings, tree: Tree, words: Words, passed_on: Mapping[str, str]) -> dict[str, str]:
    env = {"HOME": str(Path.home()), "LANG": "C.UTF-8", **passed_on}
    own = [str(tree.python.parent)] if tree.python is not None else []
    env["PATH"] = os.pathsep.join([*own, passed_on.get("PATH", _USUAL_PATH)])
    env |= {"PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    env |= {"HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    if not tree.place.download:
        env |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    device, _, number = (tree.place.device or "").partition(":")
    if device == "cpu":
        env["CUDA_VISIBLE_DEVICES"] = ""
    elif number.isdigit():
        env["CUDA_VISIBLE_DEVICES"] = number
    if settings.driver is not None and tree.root is not None:
        env["PYTHONPATH"] = str(tree.root)
    return env | {name: text for name, it in settings.variables.items() if (text := words.text(it)) is not None}


def _takes_all(route: str, settings: ScriptSettings, request: Request, values: Values) -> None:
    """Refuse what cannot be left out without changing what is asked; warn of the rest."""
    if unknown := sorted(request.extra.keys() - settings.extra.keys()):
        there = ", ".join(sorted(settings.extra)) or "none"
        raise BadInput(f"{route} has no extra {unknown[0][:40]!r}; it has {there}.")
    media = media_names(request)
    taken = set().union(*(fields_of(name) for name in settings.names), {"extra"})
    for name in sorted(request.model_fields_set):
        value = getattr(request, name)
        if value is None or value == () or value == type(request).model_fields[name].default:
            continue
        if name in settings.fixed and settings.fixed[name] != value:
            values.warn(f"{route} uses {settings.fixed[name]} for {name}, whatever is asked")
        elif name not in taken and name not in settings.fixed:
            if name in media | _CANNOT_BE_LEFT_OUT:
                raise BadInput(f"{route} takes no {name}; leave it out, or use another route.")
            values.warn(f"{name} is no setting of {route} and was left out")
    _takes_each(route, settings, request, values)


def media_names(request: Request) -> set[str]:
    """The fields of a request that name media."""
    return {name for name, _, _ in media_fields(type(request))}


def _takes_each(route: str, settings: ScriptSettings, request: Request, values: Values) -> None:
    """Refuse more of a kind than the command has room for."""
    for name in sorted(media_names(request)):
        given, places = getattr(request, name), _places(settings, name)
        if isinstance(given, tuple) and places and len(given) > 1 + max(places) and name not in settings.names:
            raise BadInput(f"{route} takes {1 + max(places)} of {name}, not {len(given)}.")
    persons, places = getattr(request, "persons", ()), _places(settings, "speech")
    if persons and places and "folder[audio]" not in settings.names and len(persons) > 1 + max(places):
        raise BadInput(f"{route} lets {1 + max(places)} speak, not {len(persons)}.")
    if any(it.bbox for it in persons) and not _places(settings, "box"):
        values.warn(f"bbox is no setting of {route} and was left out")
    if any(it.mask for it in persons) and "folder[mask]" not in settings.names:
        values.warn(f"mask is no setting of {route} and was left out")


def _places(settings: ScriptSettings, head: str) -> list[int]:
    """The numbers under which a command takes up a name of several."""
    return [int(str(inside(it))) for it in settings.names if bare(it) == head and str(inside(it)).isdigit()]


def _has_all(route: str, settings: ScriptSettings, words: Words) -> None:
    def missing(either: str) -> bool:
        return all(words.get(name) is None or words.get(name) == () for name in either.split("|"))

    for need in settings.needs:
        wanted, _, condition = need.partition(" if ")
        if missing(wanted) and not (condition and missing(condition)):
            fields = dict.fromkeys(it for name in wanted.split("|") for it in sorted(fields_of(name)))
            raise BadInput(f"{route} needs {' or '.join(fields)}; without it the script would take an example or fail.")
    persons = getattr(words.values.order.request, "persons", ())
    spoken = [it.text is not None for it in persons]
    if any(spoken) and (len(persons) > 1 or "words[0]" not in settings.names):
        raise BadInput(
            f"{route} takes no text for person {1 + spoken.index(True)}: give audio, or make the speech first."
        )


def _used(settings: ScriptSettings, words: Words) -> dict[str, Any]:
    found = {}
    for name in sorted(settings.names):
        if bare(name) in ("joined", "weights", "checkout", "out", "run", "written", "folder", "tool", "device"):
            continue
        value = words.get(name)
        if isinstance(value, str | int | float) and not (bare(name) == "chosen" and "/" in str(value)):
            called = str(inside(name)) if bare(name) in ("chosen", "extra") else name
            found[_CALLED.get(called, called)] = value
    return found


def check_weights(route: str, settings: ScriptSettings, tree: Tree, command: Command) -> None:
    """Refuse to start where a folder of weights that the command names is not there."""
    told = " ".join((*command.argv, *command.written.values()))
    for hub, template in settings.weights_at.items():
        folder = tree.filled(template)
        if folder in told and not tree.has(folder):
            raise CannotRun(f"{route} needs the weights {hub} in {folder}; fetch them: {tree.fetch(hub, folder)}")
