"""What each action tool is asked: one frozen model a tool, whose field descriptions a language model reads.

Media is named by a path, a data URI or an http(s) URL. None leaves a setting to the model's own default; what was
really used stands in the result.
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, FiniteFloat, model_validator

from modelatlas.graph.dates import Value
from modelatlas.tools.media.kinds import Audio, Image, Takes, Video

Words = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"\S")]
Pixels = Annotated[int, Field(ge=16, le=8192)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Steps = Annotated[int, Field(ge=1, le=1000)]
Guidance = Annotated[FiniteFloat, Field(ge=0, le=100)]
Seconds = Annotated[FiniteFloat, Field(gt=0, le=3600)]


class Request(Value):
    """What every tool may be told."""

    one_of: ClassVar[Sequence[tuple[str, ...]]] = ()

    seed: Seed = Field(default=42, description="the same seed gives the same bytes where the model allows it")
    extra: dict[str, Any] = Field(default_factory=dict, description="settings of one model only, by its own names")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Request":
        for names in self.one_of:
            given = [name for name in names if getattr(self, name)]
            if len(given) != 1:
                raise ValueError(
                    f"give exactly one of {', '.join(names)}" + (f", not {' and '.join(given)}" if given else "")
                )
        return self


class Understand(Request):
    """Answer a question about images, a video or sound."""

    question: Words = Field(description="what to find out; ask for boxes or times as JSON to get them typed")
    images: tuple[Image, ...] = Field(default=(), max_length=16)
    video: Video | None = None
    audio: Audio | None = None
    max_tokens: int = Field(default=512, ge=1, le=32_768)
    temperature: float = Field(default=0, ge=0, le=2)


class Sampled(Request):
    """What every tool that samples a picture may be told."""

    negative_prompt: Words | None = None
    steps: Steps | None = None
    guidance: Guidance | None = Field(default=None, description="how closely to follow the prompt")


class GenerateImage(Sampled):
    """Make images from text."""

    prompt: Words
    width: Pixels | None = None
    height: Pixels | None = None
    count: int = Field(default=1, ge=1, le=8)


class EditImage(Sampled):
    """Change an image as told, or make one from several."""

    images: tuple[Image, ...] = Field(min_length=1, max_length=8)
    instruction: Words
    mask: Image | None = Field(default=None, description="white where the image may change")
    width: Pixels | None = None
    height: Pixels | None = None
    image_guidance: Guidance | None = Field(default=None, description="how closely to keep to the image")


class GenerateVideo(Sampled):
    """Make a video from text, from a first or last frame, from reference images, or from another video."""

    prompt: Words
    image: Image | None = Field(default=None, description="the first frame")
    last_image: Image | None = Field(default=None, description="the last frame; needs the first")
    references: tuple[Image, ...] = Field(default=(), max_length=8, description="subjects that shall appear")
    video: Video | None = Field(default=None, description="a video to change")
    mask: Annotated[str, Takes(("image", "video"))] | None = Field(
        default=None, description="white where the video may change"
    )
    driving_video: Video | None = Field(default=None, description="whose motion the person in the image takes on")
    width: Pixels | None = None
    height: Pixels | None = None
    frames: int | None = Field(default=None, ge=1, le=100_000)
    seconds: Seconds | None = Field(default=None, description="in place of frames")
    fps: FiniteFloat | None = Field(default=None, gt=0, le=240)

    @model_validator(mode="after")
    def _sane(self) -> "GenerateVideo":
        if self.frames is not None and self.seconds is not None:
            raise ValueError("give frames or seconds, not both")
        if self.last_image is not None and self.image is None:
            raise ValueError("a last frame needs a first one: give image too")
        if self.driving_video is not None and self.image is None:
            raise ValueError("a driving video moves the person of an image: give image too")
        if self.mask is not None and self.video is None:
            raise ValueError("a mask says where a video may change: give video too")
        return self


class RestoreVideo(Request):
    """Make a video or an image sharper and larger."""

    one_of = (("video", "image"),)

    video: Video | None = None
    image: Image | None = None
    height: Pixels | None = Field(default=None, description="pixels of the shorter side of the result")


class Generate3D(Request):
    """Make a mesh from an image, in parts if asked."""

    image: Image
    parts: int | None = Field(default=None, ge=1, le=16, description="how many parts; None for one mesh")
    texture: bool = True
    steps: Steps | None = None
    guidance: Guidance | None = None


class GenerateAudio(Request):
    """Make the sound of a video, as the model gives it: mono, stereo or first-order Ambisonics."""

    video: Video
    prompt: Words | None = None
    guidance: Guidance | None = None


class Speak(Request):
    """Say a text."""

    text: Words
    voice: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="a voice the model has by name"
    )
    voice_sample: Audio | None = Field(default=None, description="speech whose voice to take")
    language: str | None = None
    speed: FiniteFloat | None = Field(default=None, gt=0.1, lt=10)


class WordTime(Value):
    """A spoken word and when it sounds, in seconds."""

    word: str
    start: FiniteFloat = Field(ge=0)
    end: FiniteFloat = Field(ge=0)


class EditSpeech(Request):
    """Change the words of a recording and keep the voice."""

    audio: Audio
    said: Words = Field(description="the words as spoken now")
    wanted: Words = Field(description="the words as they shall be")
    word_times: tuple[WordTime, ...] = Field(default=(), description="when each word now sounds, from a recogniser")
    steps: Steps | None = None


class Person(Value):
    """One of several speakers; the box is y0, x0, y1, x1 in pixels of the source image, rows first."""

    audio: Audio | None = None
    text: Words | None = None
    voice: str | None = None
    bbox: tuple[int, int, int, int] | None = None
    mask: Image | None = None

    @model_validator(mode="after")
    def _one_speech(self) -> "Person":
        if (self.audio is None) == (self.text is None):
            raise ValueError("each person needs either audio or text")
        if self.bbox is not None and not (0 <= self.bbox[0] < self.bbox[2] and 0 <= self.bbox[1] < self.bbox[3]):
            raise ValueError("a person's bbox is y0, x0, y1, x1 with y0 < y1 and x0 < x1")
        return self


class Avatar(Request):
    """Make a portrait speak: an image, and speech as sound, as text, or of several persons."""

    one_of = (("audio", "text", "persons"),)

    image: Image
    audio: Audio | None = None
    text: Words | None = Field(default=None, description="words to speak")
    voice: Annotated[str, Field(max_length=200)] | None = None
    prompt: Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"^[^\r\n]*\S[^\r\n]*$")] | None = Field(
        default=None, description="scene and behaviour"
    )
    negative_prompt: Words | None = None
    persons: tuple[Person, ...] = Field(default=(), max_length=8)
    audio_mode: Literal["para", "add"] = Field(default="para", description="speak together, or one after the other")
    resolution: Literal["480p", "720p"] = "480p"
    steps: Steps | None = None
    text_guidance: FiniteFloat | None = Field(default=None, ge=3, le=6)
    audio_guidance: FiniteFloat | None = Field(default=None, ge=3, le=5)
    max_seconds: Seconds | None = None

    @model_validator(mode="after")
    def _prompt_has_no_marks(self) -> "Avatar":
        if self.prompt is not None and "@@" in self.prompt:
            raise ValueError("the prompt holds @@, which some models read as a separator: leave it out")
        return self


class ClassifyVideo(Request):
    """Say what happens in a video, as labels with scores."""

    video: Video
    top: int = Field(default=5, ge=1, le=1000, description="how many labels")


class EmbedVideo(Request):
    """Give the feature vectors of a video."""

    video: Video


class WorldAction(Value):
    """What the player does for a while."""

    keys: tuple[Literal["W", "A", "S", "D", "space"], ...] = ()
    mouse: tuple[FiniteFloat, FiniteFloat] = Field(default=(0.0, 0.0), description="turn right and up")
    frames: int = Field(default=12, ge=1, le=10_000)


class ExploreWorld(Request):
    """Walk through the world of an image by actions; gives the video that is seen."""

    image: Image
    actions: tuple[WorldAction, ...] = Field(default=(), max_length=1000)
    prompt: Words | None = None
    steps: Steps | None = None
