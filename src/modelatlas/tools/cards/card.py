"""A card: what is needed to run one model, by each way that runs it."""

import difflib
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from modelatlas.graph.dates import Value, moment
from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.facts import Confidence, Date
from modelatlas.graph.vocabulary import modalities, tasks
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

    min_image_side: int | None = Field(default=None, ge=1, description="pixels of the shorter side of an image")
    min_audio_s: float | None = Field(default=None, ge=0, description="seconds that speech must be longer than")
    max_audio_s: float | None = Field(default=None, gt=0, description="seconds of speech after which it stops")
    max_persons: int | None = Field(default=None, ge=1, description="speakers in one video")
    max_frames: int | None = Field(default=None, ge=1, description="frames of one video")
    max_parts: int | None = Field(default=None, ge=1, description="parts of one mesh")
    lead_in_s: float = Field(
        default=0, description="seconds put before the speech of a talking video; below 0: cut from its start"
    )


class Alternative(Value):
    """What to use in the place of a route: another route by its id, or another way in words."""

    model: str = Field(description="the model to use, under the name of its card where it has one")
    route: str | None = Field(default=None, description="the id of its route")
    via: str | None = Field(default=None, description="a way that is no route, in words")
    why: str = Field(description="what speaks for it")


class Route(Value):
    """One way to run the model; `run` None where none is published, then `reason` says why."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="what the route is called everywhere")
    preferred: bool = Field(description="to be tried first for its tasks, of all routes of the model")
    tools: tuple[ToolName, ...] = Field(description="the action tools it can carry out")
    tasks: tuple[str, ...] = Field(min_length=1, description="what it does, as terms of the vocabulary")
    inputs: tuple[str, ...] = Field(description="what it takes, as modalities of the vocabulary")
    outputs: tuple[str, ...] = Field(description="what it gives, as modalities of the vocabulary")
    entrypoint: str = Field(description="the class, script, address or node that runs it")
    weights: str | None = Field(default=None, description="the id of its weights on the hub")
    weights_standing: Literal["official", "repacked", "disputed"] = Field(
        default="official",
        description="repacked: converted for this route; disputed: another source names another id",
    )
    also_needs: tuple[str, ...] = Field(default=(), description="other weights it needs, or can take in their place")
    gated: bool = Field(default=False, description="terms must be accepted before the weights can be had")
    environment: dict[str, str] = Field(default_factory=dict, description="versions that are pinned, tested or needed")
    min_vram_gb: float | None = Field(
        default=None, gt=0, description="the smallest GPU memory that anybody states; None: nobody does"
    )
    min_vram_unit: Literal["GB", "GiB"] = Field(default="GB", description="the unit of that figure, as it was stated")
    min_vram_for: str | None = Field(default=None, description="the setting of that figure, in the words on record")
    min_vram_note: str | None = Field(default=None, description="more about it, and figures of other settings")
    licence_code: str | None = Field(default=None, description="the licence of the code; None: there is none to have")
    licence_weights: str | None = Field(
        default=None, description="the licence of the weights, in the words on record; None: nobody says"
    )
    limits: Limits = Field(default=Limits(), description="what is checked before anything runs")
    traps: tuple[str, ...] = Field(default=(), description="faults that cost a run")
    runnable: bool = Field(description="whether one of the backends can run it")
    reason: str | None = Field(default=None, description="why it is not runnable")
    alternatives: tuple[Alternative, ...] = Field(default=(), description="what to use in its place, best first")
    confidence: Confidence = Field(description="how the route is known")
    revision: str | None = Field(default=None, description="the commit or version that the route describes")
    run: Settings | None = Field(default=None, description="the backend that runs it, and how")

    @model_validator(mode="after")
    def _says_how_or_why_not(self) -> "Route":
        if self.runnable and self.run is None:
            raise ValueError(f"{self.id} is runnable but says not how: give [routes.run]")
        if self.runnable and not self.tools:
            raise ValueError(f"{self.id} is runnable but no tool runs it: give tools")
        if not self.runnable and not self.reason:
            raise ValueError(f"{self.id} is not runnable but says not why: give reason")
        return self

    @model_validator(mode="after")
    def _speaks_the_vocabulary(self) -> "Route":
        for field, terms, known in (
            ("tasks", self.tasks, tasks()),
            ("inputs", self.inputs, modalities()),
            ("outputs", self.outputs, modalities()),
        ):
            if unknown := next((term for term in terms if term not in known), None):
                near = difflib.get_close_matches(unknown, known, n=3, cutoff=0.4) or sorted(known)[:3]
                raise ValueError(f"{unknown!r} in {field} is no term of the vocabulary; near it: {', '.join(near)}")
        return self


class Card(Value):
    """One model, under the name it has on record, and the heading of the catalogue it belongs to."""

    model: str = Field(min_length=1, description="the name that the model has on record")
    family: str = Field(min_length=1, description="the entry of the catalogue under which its facts are filed")
    also: tuple[str, ...] = Field(default=(), description="other names of it, and versions this card stands for")
    headings: tuple[str, ...] = Field(default=(), description="the headings of the catalogue it belongs to")
    since: Date | None = Field(default=None, description="when it came out, as 2025-08; None: the card does not say")
    routes: tuple[Route, ...] = Field(min_length=1, description="the ways to run it, the preferred ones first")

    @field_validator("since")
    @classmethod
    def _is_a_date(cls, since: str | None) -> str | None:
        try:
            if since is not None:
                moment(since)
        except InvalidDate as error:
            raise ValueError(str(error)) from None
        return since

    @model_validator(mode="after")
    def _has_each_route_once(self) -> "Card":
        ids = [route.id for route in self.routes]
        if twice := next((it for it in ids if ids.count(it) > 1), None):
            raise ValueError(f"{twice} is the id of two routes: give each its own")
        return self


def card_schema() -> dict[str, Any]:
    """The JSON Schema of a card, for editors and for who writes one."""
    return Card.model_json_schema()
