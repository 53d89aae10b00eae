"""How a card says that a library runs the model in a process of ours."""

from typing import Any, Literal

from pydantic import Field

from modelatlas.graph.dates import Value


class TransformersSettings(Value):
    """A model of the transformers library; `task` picks the auto classes and how the request is handed over."""

    backend: Literal["transformers"]
    task: Literal["image-text-to-text", "any-to-text", "video-classification", "video-embedding", "text-to-speech"]
    trust_remote_code: bool = False
    dtype: str = "auto"
    defaults: dict[str, Any] = Field(
        default_factory=dict, description="arguments of generate that are not its own defaults"
    )
    frames: int | None = Field(default=None, description="how many frames of a video the model looks at")


class DiffusersSettings(Value):
    """A pipeline of diffusers, or of a checkout that is written against it.

    `arguments`: name of the pipeline's argument by field of the request (images for a field of several);
    `defaults`: values where the request says nothing, by the pipeline's names; `multiple_of`: what width and height
    must be a multiple of; `frames_step` 4: frames are 4n + 1; `fps`: the rate the frames are meant for.
    """

    backend: Literal["diffusers"]
    pipeline: str
    module: str | None = Field(
        default=None, description="module in the checkout that has the class; None for diffusers"
    )
    arguments: dict[str, str]
    defaults: dict[str, Any] = Field(default_factory=dict)
    gives: Literal["images", "video"]
    multiple_of: int | None = None
    frames_step: int | None = None
    fps: float | None = None
    dtype: str = "bfloat16"
    speech: str | None = Field(
        default=None, description="for an avatar: the route that speaks, whose sound is joined with the video"
    )
