"""What a media file is, read from the file itself."""

from pathlib import Path

from modelatlas.tools.media.arrays import measure_array
from modelatlas.tools.media.measures import Measured, NoMediaLibrary, UnreadableMedia
from modelatlas.tools.media.meshes import measure_mesh
from modelatlas.tools.media.pictures import measure_picture
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.media.sniffing import sniff
from modelatlas.tools.media.streams import measure_stream

OURS = Policy(max_bytes=2**40, max_pixels=200_000_000, max_film_pixels=10**12)


def measure(path: Path, policy: Policy = OURS) -> Measured:
    """Read the whole file and say what it is, whatever its name; nothing in it is followed or run.

    Raises UnreadableMedia where it is damaged, beyond the bounds of the policy, or none of these kinds.
    """
    found = sniff(path)
    if path.stat().st_size > policy.max_bytes:
        raise UnreadableMedia(path.name, f"it is larger than {policy.max_bytes / 2**20:g} MiB")
    try:
        match found.family:
            case "picture":
                return measure_picture(path, found, policy)
            case "stream":
                return measure_stream(path, found, policy)
            case "mesh":
                return measure_mesh(path, found)
            case "array":
                return measure_array(path)
    except ModuleNotFoundError as missing:
        raise NoMediaLibrary(missing.name or "a package") from missing
