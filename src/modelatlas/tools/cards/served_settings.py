"""How a card says that a server runs the model, and which shape of HTTP it speaks.

`model` is the id at the server; a person's own place for the route may name another, as the address and the key.
"""

from typing import Any, Literal

from pydantic import Field

from modelatlas.graph.dates import Value


class ServerSettings(Value):
    """Where a server stands and how it is started; without an address the person names their own."""

    base_url: str | None = Field(default=None, description="the address of a service that is not the person's own")
    start: str | None = Field(default=None, description="the command that starts it, where the entrypoint is none")


class ModelServerSettings(ServerSettings):
    """A server that may hold several models, and the id of this one there."""

    model: str


class ChatSettings(ModelServerSettings):
    """POST {base_url}/chat/completions with text, image, video and audio parts.

    `wrapping`: by tool, what the model's server wants around the words, with {} where they stand; `image_mark`: what it
    wants before the words of a question, once for each image.
    """

    backend: Literal["openai_chat"]
    video: Literal["video_url", "jpeg_frames", "timed_frames", "none"]
    fps: float = 1.0
    extra_body: dict[str, Any] = Field(default_factory=dict)
    prompt_suffix: str | None = None
    wrapping: dict[str, str] = Field(default_factory=dict)
    image_mark: str = ""


class ImagesSettings(ModelServerSettings):
    """POST {base_url}/images/generations or /images/edits."""

    backend: Literal["openai_images"]
    response_format: Literal["b64_json", "url"] = "b64_json"
    extra_body: dict[str, Any] = Field(default_factory=dict)


class SpeechSettings(ModelServerSettings):
    """POST {base_url}/audio/speech; the answer is the sound itself."""

    backend: Literal["openai_speech"]
    voice: str | None = None
    extra_body: dict[str, Any] = Field(default_factory=dict)


class VideosSettings(ModelServerSettings):
    """POST {base_url}/videos, poll /videos/{id}, fetch /videos/{id}/content.

    `fields`: values of the body where the request says nothing; `extra_params`: what the server takes under that name.
    """

    backend: Literal["openai_videos"]
    body: Literal["form", "json"]
    fps: float | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    extra_params: dict[str, Any] = Field(default_factory=dict)


class MediaSettings(ModelServerSettings):
    """One blocking call that answers with data[] of url or b64_json."""

    backend: Literal["media_json"]
    server: Literal["xinference", "localai"]
    fps: float | None = None
    defaults: dict[str, Any] = Field(default_factory=dict)


class ComfySettings(ServerSettings):
    """A workflow in API format, which the person supplies, and where each input of it goes.

    `bindings`: by field of the request, [node id, input name]; a person's own place may name others with a workflow.
    """

    backend: Literal["comfyui"]
    bindings: dict[str, tuple[str, str]] = Field(default_factory=dict)
    nodes: tuple[str, ...] = Field(default=(), description="node classes that the server must have")
