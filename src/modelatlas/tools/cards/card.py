"""A card: what is needed to run one model, by each way that runs it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from modelatlas.graph.dates import Value
from modelatlas.graph.facts import Confidence
from modelatlas.tools.cards.local_settings import DiffusersSettings, TransformersSettings
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.cards.served_settings import (
    ChatSettings,
    ComfySettings,
    ImagesSettings,
    MediaSettings,
    SpeechSettings,
    VideosSettings,
)

ToolName = Literal[
    "understand",
    "generate_image",
    "edit_image",
    "generate_video",
    "restore_video",
    "generate_3d",
    "generate_audio",
    "speak",
    "edit_speech",
    "avatar",
    "classify_video",
    "embed_video",
    "explore_world",
]
Settings = Annotated[
    TransformersSettings
    | DiffusersSettings
    | ChatSettings
    | ImagesSettings
    | SpeechSettings
    | VideosSettings
    | MediaSettings
    | ComfySettings
    | ScriptSettings,
    Field(discriminator="backend"),
]


class Limits(Value):
    """What the model takes at most and at least; None where nobody says. Checked before anything runs."""

    min_image_side: int | None = None
    min_audio_s: float | None = None
    max_audio_s: float | None = None
    max_persons: int | None = None
    max_frames: int | None = None
    max_parts: int | None = None
    lead_in_s: float = 0


class Alternative(Value):
    """What to use in the place of a route: another route by its id, or another way in words."""

    model: str
    route: str | None
    via: str | None
    why: str


class Route(Value):
    """One way to run the model; `run` None where none is published, then `reason` says why."""

    id: str
    preferred: bool
    tools: tuple[ToolName, ...]
    tasks: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    entrypoint: str
    weights: str | None
    also_needs: tuple[str, ...] = ()
    gated: bool = False
    environment: dict[str, str] = Field(default_factory=dict)
    min_vram_gb: float | None
    min_vram_note: str | None
    licence_code: str | None
    licence_weights: str | None
    limits: Limits = Limits()
    traps: tuple[str, ...] = ()
    runnable: bool
    reason: str | None
    alternatives: tuple[Alternative, ...] = ()
    confidence: Confidence
    revision: str | None
    run: Settings | None

    @model_validator(mode="after")
    def _says_why_not(self) -> "Route":
        if self.runnable and self.run is None:
            raise ValueError(f"{self.id} is runnable but says not how: give [route.run]")
        if not self.runnable and not self.reason:
            raise ValueError(f"{self.id} is not runnable but says not why: give reason")
        return self


class Card(Value):
    """One model, under the name it has on record, and the heading of the catalogue it belongs to."""

    model: str
    family: str
    headings: tuple[str, ...]
    routes: tuple[Route, ...] = Field(min_length=1)
