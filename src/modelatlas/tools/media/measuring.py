"""What a media file is, read from the file itself."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import AtlasError, BadInput
from modelatlas.tools.media.policy import Policy

OURS = Policy(max_bytes=2**40, max_pixels=200_000_000, max_film_pixels=10**12)


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


def measure(path: Path, policy: Policy = OURS) -> Measured:
    """Read the whole file and say what it is, whatever its name; nothing in it is followed or run.

    Raises UnreadableMedia where it is damaged, beyond the bounds of the policy, or none of these kinds.
    """
    from modelatlas.tools.media.sniffing import sniff

    found = sniff(path)
    if path.stat().st_size > policy.max_bytes:
        raise UnreadableMedia(path.name, f"it is larger than {policy.max_bytes / 2**20:g} MiB")
    try:
        match found.family:
            case "picture":
                from modelatlas.tools.media.pictures import measure_picture

                return measure_picture(path, found, policy)
            case "stream":
                from modelatlas.tools.media.streams import measure_stream

                return measure_stream(path, found, policy)
            case "mesh":
                from modelatlas.tools.media.meshes import measure_mesh

                return measure_mesh(path, found)
            case "array":
                from modelatlas.tools.media.arrays import measure_array

                return measure_array(path)
    except ModuleNotFoundError as missing:
        raise NoMediaLibrary(missing.name or "a package") from missing
