"""What the names in braces stand for in one run: fields of the request, its inputs, and what follows from them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.backend import Order
from modelatlas.tools.backends.script_desk import Desk
from modelatlas.tools.backends.script_names import bare, inside
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.media.measures import MeasuredAudio, MeasuredImage, MeasuredVideo

NEUTRAL = "A person speaks to the camera, calmly and in a natural way."
_LONGCAT_FIRST, _LONGCAT_STEP = 93, 80
_WORLD_FIRST, _WORLD_STEP = 57, 40
_CLIP = 80
_AREAS = {"480p": 832 * 480, "720p": 1280 * 720}


@dataclass
class Values:
    """The values of one run by name; `warnings` grows with every value that is not what was asked."""

    route: str
    settings: ScriptSettings
    desk: Desk
    checkout: str
    weights: str | None
    device: str
    warnings: list[str] = field(default_factory=list)

    @property
    def order(self) -> Order:
        """The order that the values are of."""
        return self.desk.order

    def get(self, name: str) -> Any:
        """The value of a name, or None; what the request leaves open is what the card's defaults say."""
        head, within = bare(name), inside(name)
        if head == "extra":
            found = self._extra(str(within))
        elif within is None and head in _ALONE:
            found = _ALONE[head](self)
        elif within is not None and head in _NUMBERED:
            found = _NUMBERED[head](self, within)
        else:
            found = self._field(head, within)
        if found is None or found == ():
            found = self.settings.defaults.get(name)
        if found is None and head == "prompt" and self.order.tool == "avatar":
            found = NEUTRAL
        return found

    def asked(self, name: str) -> Any:
        """A field of the request, or the card's default for it."""
        value = getattr(self.order.request, name, None)
        return self.settings.defaults.get(name) if value is None else value

    def seconds_of_speech(self) -> float | None:
        """How long is spoken, cut to max_seconds: the longest of several voices, or all of them one after the other."""
        inputs = self.order.inputs
        voices = [inputs["audio"]] if "audio" in inputs else [inputs[it] for it in inputs if it.endswith("].audio")]
        lengths = [it.measured.duration_s for it in voices if isinstance(it.measured, MeasuredAudio)]
        if not lengths:
            return None
        in_turn = getattr(self.order.request, "audio_mode", "para") == "add"
        seconds = sum(lengths) if in_turn else max(lengths)
        most = getattr(self.order.request, "max_seconds", None)
        return seconds if most is None else min(seconds, most)

    @property
    def fps(self) -> float:
        """The rate that the card says."""
        if self.settings.fps is None:
            raise BadInput(f"The card of {self.route} says no fps, so no length can be worked out; give it one.")
        return self.settings.fps

    def warn(self, sentence: str) -> None:
        """Keep a warning, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def _field(self, name: str, within: str | None) -> Any:
        single = self.desk.input(name)
        several = (single,) if single is not None else self.desk.inputs(name)
        if within is not None:
            number = int(within) if within.isdigit() else len(several)
            return several[number] if number < len(several) else None
        if several:
            return single if single is not None else several
        value = getattr(self.order.request, name, None)
        if name == "word_times" and value:
            return [it.model_dump() for it in value]
        return value

    def _extra(self, name: str) -> Any:
        kind, value = self.settings.extra[name], self.order.request.extra.get(name)
        return None if value is None else extra_value(self.route, name, kind, value)


def extra_value(route: str, name: str, kind: str | tuple[str, ...], value: object) -> Any:
    """A setting of one model only as its script takes it. Raises BadInput where it is no such thing."""
    told = str(value)
    if isinstance(kind, tuple):
        if told in kind:
            return told
        raise BadInput(f"extra {name} of {route} is one of {', '.join(kind)}, not {told[:40]!r}.")
    try:
        if kind == "switch":
            return {"true": True, "1": True, "false": False, "0": False}[told.casefold()]
        number = int(told) if kind == "int" else float(told)
        if not math.isfinite(number):
            raise ValueError
        return number
    except (KeyError, ValueError):
        wanted = {"switch": "true or false", "int": "a whole number", "float": "a number"}[kind]
        raise BadInput(f"extra {name} of {route} is {wanted}, not {told[:40]!r}.") from None


def _frames(values: Values) -> int | None:
    frames, seconds = values.asked("frames"), getattr(values.order.request, "seconds", None)
    if seconds is not None:
        return max(1, round(float(seconds) * values.fps))
    return None if frames is None else int(frames)


def _frames_4n1(values: Values) -> int | None:
    asked = _frames(values)
    if asked is None:
        return None
    frames = 4 * math.ceil((asked - 1) / 4) + 1
    if frames != asked:
        values.warn(f"{asked} frames became {frames}: this model makes 4n + 1")
    return frames


def _size(values: Values) -> str | None:
    width, height = values.asked("width"), values.asked("height")
    request, seen = values.order.request, values.order.inputs.get("image")
    if width is None and height is None:
        area = _AREAS.get(getattr(request, "resolution", ""))
        if seen is None or area is None or not isinstance(seen.measured, MeasuredImage):
            return None
        shape = seen.measured.width / seen.measured.height
        width, height = math.sqrt(area * shape), math.sqrt(area / shape)
    else:
        width, height = width or height * 16 / 9, height or width * 9 / 16

    def far(size: str) -> float:
        across, down = (int(side) for side in size.split("*"))
        shape, area = (across / down) / (width / height), (across * down) / (width * height)
        return 2 * abs(math.log(shape)) + abs(math.log(area))

    nearest = min(values.settings.sizes, key=far)
    if request.model_fields_set & {"width", "height"} and nearest != f"{width:.0f}*{height:.0f}":
        values.warn(f"{width:.0f}*{height:.0f} became {nearest}: it takes {', '.join(values.settings.sizes)}")
    return nearest


def _speech_frames(values: Values) -> int | None:
    seconds = values.seconds_of_speech()
    return None if seconds is None else math.ceil(seconds * values.fps - 1e-6)


def _segments(values: Values) -> int | None:
    seconds = values.seconds_of_speech()
    if seconds is None:
        return None
    return 1 + math.ceil(max(0.0, seconds * values.fps - _LONGCAT_FIRST - 1e-6) / _LONGCAT_STEP)


def _clips(values: Values) -> int | None:
    if getattr(values.order.request, "max_seconds", None) is None:
        return None
    seconds = values.seconds_of_speech()
    return None if seconds is None else max(1, math.ceil((seconds * values.fps - 1e-6) / _CLIP))


def _action_frames(values: Values) -> int | None:
    return sum(it.frames for it in getattr(values.order.request, "actions", ())) or None


def _rounds(values: Values) -> int | None:
    frames = _action_frames(values)
    return None if frames is None else 1 + math.ceil(max(0, frames - _WORLD_FIRST) / _WORLD_STEP)


def _restored(values: Values, side: int) -> int | None:
    height = values.asked("height")
    seen = values.order.inputs.get("video") or values.order.inputs.get("image")
    if height is None or seen is None or not isinstance(seen.measured, MeasuredImage | MeasuredVideo):
        return None
    scale = float(height) / min(seen.measured.width, seen.measured.height)
    return max(16, 16 * round(scale * (seen.measured.width, seen.measured.height)[side] / 16))


def _speakers(values: Values) -> int:
    return max(1, len(getattr(values.order.request, "persons", ())))


def _speech(values: Values, number: str) -> Any:
    alone = values.desk.input("audio") if number == "0" else None
    return alone or values.desk.input(f"persons[{number}].audio")


def _person(values: Values, number: str, name: str, alone: str) -> Any:
    persons = getattr(values.order.request, "persons", ())
    if int(number) < len(persons):
        return getattr(persons[int(number)], name)
    return getattr(values.order.request, alone, None) if number == "0" and not persons else None


_ALONE: Mapping[str, Callable[[Values], Any]] = {
    "tool": lambda values: values.order.tool,
    "frames_asked": _frames,
    "frames_4n1": _frames_4n1,
    "size": _size,
    "speakers": _speakers,
    "speech_frames": _speech_frames,
    "segments": _segments,
    "clips": _clips,
    "rounds": _rounds,
    "action_frames": _action_frames,
    "restored_width": lambda values: _restored(values, 0),
    "restored_height": lambda values: _restored(values, 1),
    "out": lambda values: values.desk.out,
    "run": lambda values: values.desk.run,
    "checkout": lambda values: values.checkout,
    "weights": lambda values: values.weights,
    "device": lambda values: values.device,
}
_NUMBERED: Mapping[str, Callable[[Values, str], Any]] = {
    "speech": _speech,
    "words": lambda values, number: _person(values, number, "text", "text"),
    "voice": lambda values, number: _person(values, number, "voice", "voice"),
    "box": lambda values, number: _person(values, number, "bbox", ""),
    "folder": lambda values, name: values.desk.folder(name),
    "written": lambda values, name: values.desk.written(name),
}
