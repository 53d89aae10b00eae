"""What an action tool gives back: the files as they were measured, and how far they are what was asked."""

from typing import Any

from modelatlas.graph.dates import Value
from modelatlas.tools.media.measures import Measured

Json = dict[str, Any]


class MadeFile(Value):
    """A file that a tool made, kept as an artifact; `measured` was read from the file itself."""

    path: str
    mime: str
    sha256: str
    bytes: int
    measured: Measured


class Result(Value):
    """What every tool gives back.

    `parameters` are the values really used, after defaults and rounding; `warnings` are short sentences on how the
    result differs from what was asked.
    """

    tool: str
    model: str
    route: str
    weights_id: str | None
    weights_revision: str | None
    licence: str | None
    files: tuple[MadeFile, ...]
    seed: int
    parameters: Json
    wall_s: float
    device: str | None
    peak_vram_gb: float | None
    ai_generated: bool
    warnings: tuple[str, ...]


class Box(Value):
    """Where something is in an image: x0, y0, x1, y1 as the model wrote them, which most mean in pixels."""

    label: str
    box: tuple[float, float, float, float]


class Span(Value):
    """When something is in a video or in sound, in seconds."""

    label: str
    start: float
    end: float


class Understood(Result):
    """The answer in words; boxes and times where the model gave them as JSON."""

    text: str
    boxes: tuple[Box, ...]
    times: tuple[Span, ...]


class Label(Value):
    """What a video may show, and how likely: scores of all labels add up to 1."""

    label: str
    score: float


class Classified(Result):
    """The most likely labels, best first."""

    labels: tuple[Label, ...]


class Embedded(Result):
    """The feature vectors, in a .npy file of this shape."""

    shape: tuple[int, ...]


class Alignment(Value):
    """How the sound and the picture of a talking video agree, in seconds.

    `expected_s` is the speech and the lead-in of the model, cut to its limit; `drift_s` how far the video is from it.
    """

    expected_s: float
    video_s: float
    drift_s: float
    lead_in_s: float
    truncated: bool
    ok: bool


class Spoken(Value):
    """The sound stream of a talking video, and whether it was given or spoken from text."""

    codec: str
    sample_rate: int
    channels: int
    duration_s: float
    source: str


class AvatarMade(Result):
    """A talking video, and whether sound and picture agree."""

    audio: Spoken | None
    alignment: Alignment
