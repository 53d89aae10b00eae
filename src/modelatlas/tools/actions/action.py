"""The action tools by name: what each is asked and gives, for which tasks, and how words become a request."""

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions import requests, results
from modelatlas.tools.media.kinds import Takes

Json = dict[str, Any]


@dataclass(frozen=True)
class Action:
    """One action tool; `tasks` are the terms of the vocabulary it carries out."""

    name: str
    request: type[requests.Request]
    result: type[results.Result]
    tasks: tuple[str, ...]

    @property
    def does(self) -> str:
        """What it does, in one sentence."""
        return str(self.request.__doc__).strip().splitlines()[0]

    def schema(self) -> Json:
        """The JSON Schema of its request, as a language model is shown it."""
        return self.request.model_json_schema()

    def read(self, arguments: Mapping[str, Any]) -> requests.Request:
        """The request of some arguments. Raises BadInput with the first thing that is wrong."""
        try:
            return self.request.model_validate(dict(arguments))
        except ValidationError as error:
            raise BadInput(_sentence(self, error)) from None

    def from_words(self, pairs: Sequence[str]) -> requests.Request:
        """The request of key=value words; a key with a dot or a number goes deeper, as persons.0.text=hello."""
        return self.read(_nested(self, pairs))


ACTIONS: Mapping[str, Action] = {
    it.name: it
    for it in (
        Action(
            "understand",
            requests.Understand,
            results.Understood,
            (
                "understand_image",
                "understand_video",
                "visual_grounding",
                "gui_agent",
                "medical_image_understanding",
                "audio_visual_reasoning",
            ),
        ),
        Action("generate_image", requests.GenerateImage, results.Result, ("text_to_image",)),
        Action("edit_image", requests.EditImage, results.Result, ("image_edit", "in_context_generation")),
        Action(
            "generate_video",
            requests.GenerateVideo,
            results.Result,
            (
                "text_to_video",
                "image_to_video",
                "first_last_frame_to_video",
                "reference_to_video",
                "video_edit",
                "motion_driven_animation",
            ),
        ),
        Action("restore_video", requests.RestoreVideo, results.Result, ("video_restoration",)),
        Action("generate_3d", requests.Generate3D, results.Result, ("image_to_3d", "image_to_3d_parts")),
        Action("generate_audio", requests.GenerateAudio, results.Result, ("spatial_audio", "video_to_audio")),
        Action("speak", requests.Speak, results.Result, ("text_to_speech",)),
        Action("edit_speech", requests.EditSpeech, results.Result, ("speech_edit",)),
        Action("avatar", requests.Avatar, results.AvatarMade, ("audio_driven_avatar", "talking_face", "video_dubbing")),
        Action("classify_video", requests.ClassifyVideo, results.Classified, ("video_classification",)),
        Action("embed_video", requests.EmbedVideo, results.Embedded, ("video_embedding",)),
        Action("explore_world", requests.ExploreWorld, results.Result, ("world_simulation",)),
    )
}


def action(name: str) -> Action:
    """The tool of a name. Raises BadInput with the names there are."""
    if name not in ACTIONS:
        raise BadInput(f"{name!r} is no action tool; there are {', '.join(ACTIONS)}.")
    return ACTIONS[name]


def action_for(task: str) -> Action | None:
    """The tool that carries out a task of the vocabulary, if one does."""
    return next((it for it in ACTIONS.values() if task in it.tasks), None)


def media_fields(request: type[requests.Request]) -> Iterator[tuple[str, Takes, bool]]:
    """The fields of a request that name media, what each takes, and whether it takes several."""
    for name, field in request.model_fields.items():
        takes = _takes(field.annotation, field.metadata)
        if takes is not None:
            yield name, takes, _is_tuple(field.annotation)


def _takes(annotation: Any, metadata: Sequence[Any]) -> Takes | None:
    for mark in (*metadata, *getattr(annotation, "__metadata__", ())):
        if isinstance(mark, Takes):
            return mark
    return next((found for part in get_args(annotation) if (found := _takes(part, ()))), None)


def _is_tuple(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, types.UnionType):
        return any(_is_tuple(part) for part in get_args(annotation))
    return get_origin(annotation) is tuple


def _sentence(tool: Action, error: ValidationError) -> str:
    every = error.errors(include_url=False)
    first = next((it for it in every if it["type"] == "extra_forbidden"), every[0])  # it says why another is missing
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{tool.name} takes no {where}; it takes {', '.join(tool.request.model_fields)}."
    if first["type"] == "missing":
        return f"{tool.name} needs {where}: {_meaning(tool.request.model_fields.get(where))}"
    said = str(first["msg"]).removeprefix("Value error, ")
    return f"{tool.name}: {where + ': ' if where else ''}{said}."


def _meaning(field: FieldInfo | None) -> str:
    said = field.description if field is not None else None
    return f"{said}." if said else "give it as key=value."


_KEY = re.compile(r"[a-z_][a-z0-9_]*(?:\.[A-Za-z0-9_]+)*")


def _nested(tool: Action, pairs: Sequence[str]) -> Json:
    found: Json = {}
    for pair in pairs:
        key, joint, value = pair.partition("=")
        if not joint or not _KEY.fullmatch(key):
            raise BadInput(f"{pair[:80]!r} is no key=value; {tool.name} takes {', '.join(tool.request.model_fields)}.")
        _lay(found, key.split("."), value, pair)
    return {name: _listed(value, tool.request.model_fields.get(name)) for name, value in found.items()}


def _lay(into: Json, path: Sequence[str], value: str, pair: str) -> None:
    *above, last = path
    for part in above:
        into = into.setdefault(part, {})
        if not isinstance(into, dict):
            raise BadInput(f"{pair[:80]!r} goes into something that already has a value; give each key once.")
    if last in into:
        into[last] = [*into[last], value] if isinstance(into[last], list) else [into[last], value]
    else:
        into[last] = value


def _listed(value: Any, field: FieldInfo | None) -> Any:
    """Numbered keys as a list, one value of a field of several as a list of one."""
    if isinstance(value, dict):
        deeper = {name: _listed(part, None) for name, part in value.items()}
        if deeper and all(name.isdigit() for name in deeper):
            return [deeper[name] for name in sorted(deeper, key=int)]
        return deeper
    if field is not None and _is_tuple(field.annotation) and not isinstance(value, list):
        return [value]
    return value
