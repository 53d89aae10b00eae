"""What a pipeline of diffusers is called with, worked out from the request and the card, before anything is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from modelatlas.tools.actions.requests import Avatar
from modelatlas.tools.backends.backend import Input, Json, Order, RunFailed
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import DiffusersSettings
from modelatlas.tools.media.measures import MeasuredImage, MeasuredVideo

_AREAS = {"480p": 832 * 480, "720p": 1280 * 720}
_SIZED_BY = ("image", "images[0]", "video")
_ELSEWHERE = {
    # Fields that no pipeline is told by name: they are carried out here, or are no matter of the picture.
    "seed", "extra", "fps", "seconds", "frames", "width", "height", "audio", "text", "voice", "persons", "audio_mode",
    "resolution", "max_seconds", "count",
}  # fmt: skip
_MEDIA = ("image", "images", "last_image", "references", "video", "driving_video", "mask")
_PLAIN = (bool, int, float, str)


@dataclass(frozen=True)
class Arguments:
    """A call: `plain` values, `media` by the pipeline's names, and the size and length that everything is fitted to.

    Size and length are None where the pipeline decides.
    """

    plain: Json
    media: dict[str, tuple[Input, ...]]
    width: int | None
    height: int | None
    frames: int | None
    fps: float | None
    offload: str | None
    warnings: tuple[str, ...]


def arguments(route: Route, settings: DiffusersSettings, order: Order, speech_s: float | None = None) -> Arguments:
    """The call for an order; `speech_s` is how long the film must be at least. Raises RunFailed for what cannot be."""
    request, names = order.request, settings.arguments
    extra = dict(request.extra)
    offload = extra.pop("offload", None)
    if offload not in (None, "model", "sequential"):
        raise RunFailed(f"offload is {offload!r}: it can be model or sequential.")
    for field in settings.needs:
        if field not in order.inputs:
            raise RunFailed(f"{route.id} needs {' and '.join(settings.needs)}: give {field}.")
    media = _media(route, settings, order)
    plain = {name: value for name, value in settings.defaults.items() if name not in media}
    left_out = []
    for field in type(request).model_fields:
        value = getattr(request, field)
        if value is None or field in _MEDIA:
            continue
        if field in names:
            plain[names[field]] = value
        elif field not in _ELSEWHERE:
            left_out.append(field)
    if getattr(request, "count", 1) != 1 and "count" not in names:
        left_out.append("count")
    plain |= _own(route, settings, extra)
    width, height = _size(settings, order, plain)
    fps = settings.fps or getattr(request, "fps", None)
    frames = _frames(route, settings, order, plain, fps, speech_s)
    for field, value in (("width", width), ("height", height), ("frames", frames)):
        if field in names:
            plain.pop(names[field], None)
            if value is not None:
                plain[names[field]] = value
    warnings = tuple(f"{route.id} has no {field}: it had no effect" for field in left_out)
    return Arguments(plain, media, width, height, frames, fps, offload, warnings)


def _media(route: Route, settings: DiffusersSettings, order: Order) -> dict[str, tuple[Input, ...]]:
    """The inputs by the pipeline's names. Raises RunFailed for one that it does not take, or too many."""
    found: dict[str, list[Input]] = {}
    for name, given in order.inputs.items():
        field = name.partition("[")[0]
        if field == "audio" and order.tool == "avatar":
            continue
        if field not in settings.arguments:
            takes = [it for it in _MEDIA if it in settings.arguments]
            raise RunFailed(f"{route.id} takes {', '.join(takes) or 'no media'}, not {field}: leave it out.")
        found.setdefault(settings.arguments[field], []).append(given)
    several = len(found.get(settings.arguments.get("images", ""), ()))
    if several > settings.images:
        raise RunFailed(f"{route.id} works from {settings.images} image{'s' * (settings.images > 1)}, not {several}.")
    return {name: tuple(given) for name, given in found.items()}


def _own(route: Route, settings: DiffusersSettings, extra: Json) -> Json:
    """The settings of this pipeline only: plain values, and none that another field is for."""
    ours = {"generator", "output_type", "return_dict", "callback_on_step_end", "callback", "prompt"}
    media = {settings.arguments[it] for it in _MEDIA if it in settings.arguments}
    for name, value in extra.items():
        numbers = isinstance(value, list) and all(isinstance(it, int | float) for it in value)
        if name in ours | media or not (isinstance(value, _PLAIN) or numbers):
            raise RunFailed(f"extra cannot set {name} of {route.id} to {value!r}: it takes numbers and words only.")
    return extra


def _size(settings: DiffusersSettings, order: Order, plain: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Width and height, both a multiple of what the pipeline needs; None where it decides itself."""
    if settings.multiple_of is None and "width" not in settings.arguments:
        return None, None
    asked: list[int | None] = [getattr(order.request, "width", None), getattr(order.request, "height", None)]
    for at, field in enumerate(("width", "height")):
        name = settings.arguments.get(field, field)
        if name in order.request.extra:
            asked[at] = int(order.request.extra[name])
    usual: list[Any] = [settings.defaults.get(settings.arguments.get(field, field)) for field in ("width", "height")]
    shape = _shape(order)
    width, height = asked
    if width is None or height is None:
        of: tuple[int, int] | None = shape or ((usual[0], usual[1]) if all(usual) else None)
        if of is None and width is None and height is None:
            return None, None
        ratio = of[0] / of[1] if of else 1.0
        if width is not None:
            height = round(width / ratio)
        elif height is not None:
            width = round(height * ratio)
        else:
            width, height = _spread(_area(settings, order, usual, shape), ratio)
    step = settings.multiple_of or 1
    return _nearest(width, step), _nearest(height, step)


def _area(settings: DiffusersSettings, order: Order, usual: list[Any], shape: tuple[int, int] | None) -> int:
    """How many pixels, where nobody names a size."""
    if isinstance(order.request, Avatar):
        return _AREAS[order.request.resolution]
    if settings.area is not None and shape is not None:
        return settings.area
    if all(usual):
        return int(usual[0] * usual[1])
    return shape[0] * shape[1] if shape else settings.area or 512 * 512


def _shape(order: Order) -> tuple[int, int] | None:
    """Width and height of the image or video that is given."""
    for name in _SIZED_BY:
        given = order.inputs.get(name)
        if given is not None and isinstance(given.measured, MeasuredImage | MeasuredVideo):
            return given.measured.width, given.measured.height
    return None


def _spread(area: int, ratio: float) -> tuple[int, int]:
    return round(sqrt(area * ratio)), round(sqrt(area / ratio))


def _nearest(value: int, step: int) -> int:
    """The nearest multiple, the lower of two, and at least one."""
    return max(step, ceil(value / step - 0.5) * step)


def _frames(
    route: Route, settings: DiffusersSettings, order: Order, plain: Json, fps: float | None, speech_s: float | None
) -> int | None:
    """How many frames, of the form that the pipeline makes; None for pictures."""
    if settings.gives != "video":
        return None
    name = settings.arguments.get("frames", "num_frames")
    if speech_s is not None:
        return until(speech_s, fps or 1, settings.frames_step)
    seconds = getattr(order.request, "seconds", None)
    asked = getattr(order.request, "frames", None)
    if seconds is not None:
        if fps is None:
            raise RunFailed(f"{route.id} has no rate of its own: give fps with seconds, or frames.")
        asked = round(seconds * fps)
    if asked is None and isinstance(order.request.extra.get(name), int):
        asked = order.request.extra[name]
    if asked is None:
        asked = plain.get(name)
        given = order.inputs.get("video") or order.inputs.get("driving_video")
        if given is not None and isinstance(given.measured, MeasuredVideo) and fps:
            there = max(1, round(given.measured.duration_s * fps))
            asked = min(there, asked) if asked else there
    if asked is None:
        return None
    most = route.limits.max_frames
    return down(min(asked, most) if most else asked, settings.frames_step)


def down(frames: int, step: int | None) -> int:
    """What is made when so many frames are asked for, by the pipelines' own rule: 6 gives 5, 8 gives 9."""
    return frames if step is None else max(1, frames // step * step + 1 if frames % step != 1 else frames)


def until(seconds: float, fps: float, step: int | None) -> int:
    """The smallest count of the right form that lasts at least so long."""
    least = max(1, ceil(round(seconds * fps, 6)))
    return least if step is None else ceil((least - 1) / step) * step + 1
