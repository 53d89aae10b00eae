"""The kinds of media, and how a field of a request says which one it takes."""

from dataclasses import dataclass
from typing import Annotated, Literal

Kind = Literal["image", "audio", "video"]


@dataclass(frozen=True)
class Takes:
    """The mark of a field that names media: a path, a data URI or an http(s) URL of one of these kinds."""

    kinds: tuple[Kind, ...]


Image = Annotated[str, Takes(("image",))]
Audio = Annotated[str, Takes(("audio",))]
Video = Annotated[str, Takes(("video",))]
