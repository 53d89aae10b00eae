"""How a card says that a server runs the model, and which shape of HTTP it speaks.

`model` is the id at the server; a person's own place for the route may name another, as the address and the key.
"""

from typing import Any, Literal

from pydantic import Field

from modelatlas.graph.dates import Value


class ChatSettings(Value):
    """POST {base_url}/chat/completions with text, image, video and audio parts."""

    backend: Literal["openai_chat"]
    base_url: str | None = Field(default=None, description="None: the person names their own server")
    model: str
    video: Literal["video_url", "jpeg_frames", "timed_frames", "none"]
    fps: float = 1.0
    extra_body: dict[str, Any] = Field(default_factory=dict)
    prompt_suffix: str | None = None


class ImagesSettings(Value):
    """POST {base_url}/images/generations or /images/edits."""

    backend: Literal["openai_images"]
    base_url: str | None = None
    model: str
    response_format: Literal["b64_json", "url"] = "b64_json"
    extra_body: dict[str, Any] = Field(default_factory=dict)


class SpeechSettings(Value):
    """POST {base_url}/audio/speech; the answer is the sound itself."""

    backend: Literal["openai_speech"]
    base_url: str | None = None
    model: str
    voice: str | None = None
    extra_body: dict[str, Any] = Field(default_factory=dict)


class VideosSettings(Value):
    """POST {base_url}/videos, poll /videos/{id}, fetch /videos/{id}/content."""

    backend: Literal["openai_videos"]
    base_url: str | None = None
    model: str
    body: Literal["form", "json"]
    fps: float | None = None
    extra_params: dict[str, Any] = Field(default_factory=dict)


class MediaSettings(Value):
    """One blocking call that answers with data[] of url or b64_json."""

    backend: Literal["media_json"]
    base_url: str | None = None
    model: str
    server: Literal["xinference", "localai"]
    fps: float | None = None
    defaults: dict[str, Any] = Field(default_factory=dict)


class ComfySettings(Value):
    """A workflow in API format, which the person supplies, and where each input of it goes.

    `bindings`: by field of the request, [node id, input name]; a person's own place may name others with a workflow.
    """

    backend: Literal["comfyui"]
    base_url: str | None = None
    bindings: dict[str, tuple[str, str]] = Field(default_factory=dict)
    nodes: tuple[str, ...] = Field(default=(), description="node classes that the server must have")
