"""Pictures, read with Pillow."""

import warnings
from pathlib import Path

from modelatlas.tools.media.measures import MeasuredImage, UnreadableMedia
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.media.sniffing import Sniffed


def measure_picture(path: Path, found: Sniffed, policy: Policy) -> MeasuredImage:
    """Size of a picture whose first frame was decoded whole; its size is judged before a pixel is."""
    from PIL import Image

    with warnings.catch_warnings():
        # Pillow's own bound is another number than the policy's, and it warns of harmless oddities in metadata.
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=[found.format]) as picture:
                width, height = picture.size
                if width * height > policy.max_pixels:
                    raise UnreadableMedia(path.name, too_many_pixels(width, height, policy))
                picture.load()
        except Image.DecompressionBombError as bomb:
            raise UnreadableMedia(
                path.name, f"it would unfold to far more than {policy.max_pixels / 1e6:g} million pixels"
            ) from bomb
        except UnreadableMedia:
            raise
        except Exception as damage:  # each of Pillow's readers has errors of its own for what it cannot make out
            raise UnreadableMedia(
                path.name, f"it begins as a {found.format} picture but is damaged or cut off"
            ) from damage
    return MeasuredImage(format=found.format.lower(), width=width, height=height)


def too_many_pixels(width: int, height: int, policy: Policy) -> str:
    """Why a picture or a frame is too large."""
    return f"it has {width}×{height} pixels, and at most {policy.max_pixels / 1e6:g} million are taken"


def is_plain(path: Path) -> bool:
    """Whether every pixel of a picture that can be opened has the same colour."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path) as picture:
            return all(band.getextrema()[0] == band.getextrema()[1] for band in picture.convert("RGB").split())
