"""Everything about a request that can be refused before a model is loaded."""

from collections.abc import Callable, Mapping
from math import gcd
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import (
    Avatar,
    EditImage,
    EditSpeech,
    ExploreWorld,
    Generate3D,
    GenerateVideo,
    Request,
    RestoreVideo,
    Understand,
)
from modelatlas.tools.backends.backend import Input
from modelatlas.tools.cards.card import Limits
from modelatlas.tools.media.measures import MeasuredAudio, MeasuredImage, MeasuredVideo

Inputs = Mapping[str, Input]

PORTRAIT_SIDE = 256  # pixels, tools/avatar-contract
SILENCE = 1e-3  # of full scale, -60 dB
_SHAPES_AGREE = 0.05
_SHORTER = "give shorter sound"
_CUT = "give shorter sound, or a max_seconds of {longest:g} or less to have it cut there"


def check(tool: str, request: Request, inputs: Inputs, limits: Limits) -> None:
    """Raise BadInput with the field and what to do, where the request or its media cannot come to anything."""
    for field, given in inputs.items():
        if isinstance(given.measured, MeasuredAudio):
            _is_heard(field, given.measured)
    least = limits.min_image_side or (PORTRAIT_SIDE if tool == "avatar" else None)
    if least is not None:
        _is_large_enough(inputs, least)
    for kind, own in _CHECKS:
        if isinstance(request, kind):
            own(request, inputs, limits)


def speech_fields(request: Avatar) -> list[str]:
    """The fields that hold the recorded speech of a talking video."""
    if request.audio is not None:
        return ["audio"]
    return [f"persons[{number}].audio" for number, it in enumerate(request.persons) if it.audio is not None]


def speech_seconds(request: Avatar, inputs: Inputs) -> float | None:
    """How long is spoken; None where some of it is a text whose length nobody knows yet."""
    fields = speech_fields(request)
    if not fields or (request.persons and len(fields) < len(request.persons)):
        return None
    lengths = [it.duration_s for field in fields if isinstance(it := inputs[field].measured, MeasuredAudio)]
    return sum(lengths) if request.audio_mode == "add" else max(lengths, default=0.0)


def _is_heard(field: str, audio: MeasuredAudio) -> None:
    if audio.duration_s <= 0:
        raise BadInput(f"{field} has no length; give sound that lasts.")
    if audio.rms < SILENCE:
        raise BadInput(f"{field} is silent ({audio.duration_s:g} s without sound); give a recording that can be heard.")


def _is_large_enough(inputs: Inputs, least: int) -> None:
    for field, given in inputs.items():
        it = given.measured
        if isinstance(it, MeasuredImage) and not field.endswith("mask") and min(it.width, it.height) < least:
            raise BadInput(
                f"{field} is {it.width}×{it.height}, and its shorter side must have at least {least} pixels;"
                " give a larger picture."
            )


def _understand(request: Understand, inputs: Inputs, limits: Limits) -> None:
    if not inputs:
        raise BadInput("understand needs something to look at or listen to; give images, video or audio.")
    _has_length("audio", inputs, limits, None, _SHORTER)


def _edit_image(request: EditImage, inputs: Inputs, limits: Limits) -> None:
    mask, image = inputs.get("mask"), inputs["images[0]"].measured
    if mask is None or not isinstance(image, MeasuredImage) or not isinstance(mask.measured, MeasuredImage):
        return
    if _size(mask.measured) != _size(image):
        raise BadInput(
            f"mask is {_shown(mask.measured)} but images[0] is {_shown(image)}; give a mask of the image's size."
        )


def _generate_video(request: GenerateVideo, inputs: Inputs, limits: Limits) -> None:
    frames, how = request.frames, "frames"
    if frames is None and request.seconds is not None and request.fps is not None:
        frames, how = round(request.seconds * request.fps), "seconds"
    _fits(how, frames, limits.max_frames, "frames")
    first, last = inputs.get("image"), inputs.get("last_image")
    if first is not None and last is not None:
        one, other = first.measured, last.measured
        if isinstance(one, MeasuredImage) and isinstance(other, MeasuredImage) and not _same_shape(one, other):
            raise BadInput(
                f"last_image is {_shown(other)} but image is {_shown(one)}; give both in the same shape, as"
                f" {one.width // gcd(one.width, one.height)}:{one.height // gcd(one.width, one.height)}."
            )


def _restore_video(request: RestoreVideo, inputs: Inputs, limits: Limits) -> None:
    video = inputs.get("video")
    if video is not None and isinstance(video.measured, MeasuredVideo):
        _fits("video", video.measured.frames, limits.max_frames, "frames")


def _generate_3d(request: Generate3D, inputs: Inputs, limits: Limits) -> None:
    _fits("parts", request.parts, limits.max_parts, "parts")


def _explore_world(request: ExploreWorld, inputs: Inputs, limits: Limits) -> None:
    _fits("actions", sum(it.frames for it in request.actions), limits.max_frames, "frames")


def _edit_speech(request: EditSpeech, inputs: Inputs, limits: Limits) -> None:
    _has_length("audio", inputs, limits, None, _SHORTER)
    audio = inputs["audio"].measured
    for number, word in enumerate(request.word_times):
        field = f"word_times[{number}]"
        if word.end < word.start:
            raise BadInput(f"{field} ends at {word.end:g} s before it starts at {word.start:g} s; mend its times.")
        if isinstance(audio, MeasuredAudio) and word.end > audio.duration_s + 0.1:
            raise BadInput(
                f"{field} ends at {word.end:g} s but audio is {audio.duration_s:g} s long; give the times of this"
                " recording."
            )


def _avatar(request: Avatar, inputs: Inputs, limits: Limits) -> None:
    for field in speech_fields(request):
        _has_length(field, inputs, limits, request.max_seconds, _CUT)
    if len(request.persons) > 1:
        _fits("persons", len(request.persons), limits.max_persons, "speakers")
        if 0 < sum(1 for it in request.persons if it.bbox is not None) < len(request.persons):
            raise BadInput("persons have a bbox in part only; give one to each of them or to none.")
    total, longest = speech_seconds(request, inputs), limits.max_audio_s
    if len(request.persons) > 1 and total is not None and longest is not None:
        _is_not_longer("persons together", total, longest, request.max_seconds, _CUT)
    image = inputs["image"].measured
    if isinstance(image, MeasuredImage):
        for number, person in enumerate(request.persons):
            _is_inside(f"persons[{number}]", person.bbox, image)
            mask = inputs.get(f"persons[{number}].mask")
            if mask is not None and isinstance(mask.measured, MeasuredImage) and _size(mask.measured) != _size(image):
                raise BadInput(
                    f"persons[{number}].mask is {_shown(mask.measured)} but image is {_shown(image)};"
                    " give a mask of the image's size."
                )


def _is_inside(field: str, box: tuple[int, int, int, int] | None, image: MeasuredImage) -> None:
    if box is not None and (box[2] > image.height or box[3] > image.width):
        raise BadInput(
            f"{field}.bbox reaches to y {box[2]}, x {box[3]}, outside the image of {_shown(image)}; give y0, x0, y1, x1"
            " in pixels of the image, rows first."
        )


def _has_length(field: str, inputs: Inputs, limits: Limits, cut_at: float | None, remedy: str) -> None:
    audio = inputs[field].measured if field in inputs else None
    if not isinstance(audio, MeasuredAudio):
        return
    if limits.min_audio_s is not None and audio.duration_s <= limits.min_audio_s:
        raise BadInput(
            f"{field} lasts {audio.duration_s:g} s, and this model needs more than {limits.min_audio_s:g} s;"
            " give longer sound."
        )
    if limits.max_audio_s is not None:
        _is_not_longer(field, audio.duration_s, limits.max_audio_s, cut_at, remedy)


def _is_not_longer(field: str, seconds: float, longest: float, cut_at: float | None, remedy: str) -> None:
    if seconds > longest and (cut_at is None or cut_at > longest):
        raise BadInput(
            f"{field} lasts {seconds:g} s, and this model stops at {longest:g} s; {remedy.format(longest=longest)}."
        )


def _fits(field: str, asked: int | None, most: int | None, what: str) -> None:
    if asked is not None and most is not None and asked > most:
        raise BadInput(f"{field} asks for {asked} {what}, and this model makes at most {most}; ask for fewer.")


def _same_shape(one: MeasuredImage, other: MeasuredImage) -> bool:
    ratio = (one.width / one.height) / (other.width / other.height)
    return abs(ratio - 1) <= _SHAPES_AGREE


def _size(image: MeasuredImage) -> tuple[int, int]:
    return image.width, image.height


def _shown(image: MeasuredImage) -> str:
    return f"{image.width}×{image.height}"


_CHECKS: tuple[tuple[type[Request], Callable[[Any, Inputs, Limits], None]], ...] = (
    (Understand, _understand),
    (EditImage, _edit_image),
    (GenerateVideo, _generate_video),
    (RestoreVideo, _restore_video),
    (Generate3D, _generate_3d),
    (ExploreWorld, _explore_world),
    (EditSpeech, _edit_speech),
    (Avatar, _avatar),
)
