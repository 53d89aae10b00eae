"""What of a request goes to a server, and what of it a server has no word for."""

import math
from collections.abc import Iterable, Mapping, Sequence

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Avatar, GenerateVideo, Request
from modelatlas.tools.backends.backend import Input, Json, Order
from modelatlas.tools.media.measures import MeasuredImage

NEUTRAL_PROMPT = "A person talks naturally, facing the camera."
AREAS = {"480p": 480 * 832, "720p": 720 * 1280}
SIDES_MULTIPLE_OF = 16


def left_out(request: Request, taken: Iterable[str]) -> tuple[str, ...]:
    """A warning for each setting that was given and is not sent."""
    fields, known = type(request).model_fields, {*taken, "seed", "extra"}
    return tuple(
        f"{name} was left out: this server takes no such setting."
        for name, field in fields.items()
        if name not in known and getattr(request, name) != field.get_default(call_default_factory=True)
    )


def only_media(order: Order, route: str, taken: Iterable[str]) -> None:
    """Raises BadInput where the order has media that would not be sent: its answer would be about something else."""
    known = set(taken)
    for name in order.inputs:
        if name.split("[")[0].split(".")[0] not in known:
            has = ", ".join(sorted(known)) or "no media"
            raise BadInput(f"{route} takes no {name} (it takes {has}): leave it out or use another route.")


def several(inputs: Mapping[str, Input], name: str) -> list[Input]:
    """The files of a field of several, in their order: images[0], images[1], …"""
    found: list[Input] = []
    while (media := inputs.get(f"{name}[{len(found)}]")) is not None:
        found.append(media)
    return found


def with_extra(body: Json, request: Request, defaults: Mapping[str, object] | None = None) -> Json:
    """The body with the card's own fields and those of `extra`, which may replace the card's but none of ours."""
    for name in request.extra:
        if name in body:
            raise BadInput(f"extra may not hold {name!r}, which the request itself sets: use its own field.")
    return {**(defaults or {}), **request.extra, **body}


def given(**values: object) -> Json:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def size(width: int | None, height: int | None, like: Input | None = None) -> tuple[int, int] | None:
    """Width and height; a missing one follows from the shape of an image, or is that of a square."""
    if width is None and height is None:
        return None
    if width is not None and height is not None:
        return width, height
    shape = _shape(like)
    if width is not None:
        return width, _rounded(width / shape)
    assert height is not None
    return _rounded(height * shape), height


def portrait_size(request: Avatar, image: Input) -> tuple[int, int]:
    """Width and height of the size class in the shape of the image."""
    shape = _shape(image)
    height = math.sqrt(AREAS[request.resolution] / shape)
    return _rounded(height * shape), _rounded(height)


def frame_count(request: GenerateVideo, fps: float | None) -> int | None:
    """How many frames are asked for; None where nothing is asked, or where seconds are and no rate is known."""
    if request.frames is not None or request.seconds is None:
        return request.frames
    rate = request.fps or fps
    return None if rate is None else max(1, round(request.seconds * rate))


def whole(number: float | None) -> float | int | None:
    """The number, as an integer where it is one: servers read a rate of 16.0 as an error."""
    return int(number) if number is not None and float(number).is_integer() else number


def one_of(request: Request, names: Sequence[str], route: str) -> None:
    """Raises BadInput where none of the fields is given."""
    if not any(getattr(request, name) for name in names):
        raise BadInput(f"{route} needs {' or '.join(names)}.")


def _shape(image: Input | None) -> float:
    if image is not None and isinstance(image.measured, MeasuredImage):
        return image.measured.width / image.measured.height
    return 1.0


def _rounded(side: float) -> int:
    return max(SIDES_MULTIPLE_OF, round(side / SIDES_MULTIPLE_OF) * SIDES_MULTIPLE_OF)
