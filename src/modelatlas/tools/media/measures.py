"""What is measured of media files, and what is said of one that cannot be."""

from typing import Annotated, Literal

from pydantic import Field

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import AtlasError, BadInput


class UnreadableMedia(BadInput):
    """A file that is not the media it should be: damaged, cut off, empty, too large, or something else."""

    def __init__(self, name: str, why: str) -> None:
        self.why = why
        super().__init__(f"{name} cannot be used: {why}.")


class NoMediaLibrary(AtlasError):
    """A package that reads media is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"Reading and writing media needs {package}, which is not installed: pip install 'modelatlas[media]'."
        )


class MeasuredImage(Value):
    """Width and height in pixels."""

    kind: Literal["image"] = "image"
    format: str
    width: int
    height: int


class MeasuredAudio(Value):
    """Length in seconds, rate in Hz; `peak` and `rms` between 0 and 1 of full scale."""

    kind: Literal["audio"] = "audio"
    codec: str
    sample_rate: int
    channels: int
    duration_s: float
    peak: float
    rms: float


class MeasuredVideo(Value):
    """Frames as counted by decoding; `audio` None where there is no sound stream."""

    kind: Literal["video"] = "video"
    codec: str
    width: int
    height: int
    fps: float
    frames: int
    duration_s: float
    audio: MeasuredAudio | None


class MeasuredMesh(Value):
    """Vertices and faces of all parts together; a face counts that has an area, a part that has such a face."""

    kind: Literal["mesh"] = "mesh"
    vertices: int
    faces: int
    parts: int
    empty_parts: int
    textured: bool


class MeasuredArray(Value):
    """Shape of a .npy file; `finite` whether every number is."""

    kind: Literal["array"] = "array"
    shape: tuple[int, ...]
    dtype: str
    finite: bool


Measured = Annotated[
    MeasuredImage | MeasuredAudio | MeasuredVideo | MeasuredMesh | MeasuredArray, Field(discriminator="kind")
]
