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
    frames: int | None = Field(
        default=None, description="how many frames of a video the model looks at; None: two a second, 4 to 32 of them"
    )
    system: str | None = Field(default=None, description="what the model is told before every question")


class DiffusersSettings(Value):
    """A pipeline of diffusers, or of a checkout that is written against it.

    `arguments`: name of the pipeline's argument by field of the request (images for a field of several);
    `defaults`: values where the request says nothing, by the pipeline's names; `multiple_of`: what width and height
    must be a multiple of; `frames_step` 4: frames are 4n + 1; `fps`: the rate the frames are meant for.
    A size that nobody names follows the image or video that is given, at `area` pixels or at those of the default
    width and height; with neither it keeps its own size.
    """

    backend: Literal["diffusers"]
    pipeline: str
    module: str | None = Field(
        default=None, description="module in the checkout that has the class; None for diffusers"
    )
    modular: bool = Field(default=False, description="whether it is a modular pipeline, which is called otherwise")
    arguments: dict[str, str]
    defaults: dict[str, Any] = Field(default_factory=dict)
    gives: Literal["images", "video"]
    multiple_of: int | None = None
    frames_step: int | None = None
    fps: float | None = None
    area: int | None = None
    needs: tuple[str, ...] = Field(default=(), description="media without which the pipeline cannot run")
    images: int = Field(default=1, description="how many images an edit may be made from")
    image_pipeline: str | None = Field(
        default=None, description="the pipeline of the same parts that runs in its place when an image is given"
    )
    components: dict[str, str] = Field(
        default_factory=dict, description="parts that a class of the checkout loads: module.Class by the part's name"
    )
    dtype: str = "bfloat16"
    dtypes: dict[str, str] = Field(default_factory=dict, description="where a part needs another: as float32 by vae")
    trust_remote_code: bool = False
    speech: str | None = Field(
        default=None, description="for an avatar: the route that speaks, whose sound is joined with the video"
    )
