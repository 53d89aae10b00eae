"""A picture that speaks, from two models: one says the words, one films the picture for as long as that takes."""

from dataclasses import replace
from typing import Protocol, cast

from modelatlas.tools.actions.requests import Avatar, Speak
from modelatlas.tools.backends.backend import Backend, Json, Made, Order, Progress, RunFailed
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import DiffusersSettings
from modelatlas.tools.media.measures import MeasuredAudio
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.media.writing import join
from modelatlas.tools.places import Place

_SCENE = "the person in the picture speaks calmly and looks into the camera"
_NO_LIPS = "the lips do not follow the speech: picture and sound only have the same length"


class Filming(Protocol):
    """Films an order for as long as a speech takes."""

    def __call__(self, order: Order, progress: Progress, speech_s: float | None = None) -> Made: ...


def speaker(route: str, place: Place) -> Backend:
    """The backend of the route that speaks, at the place that is told for it."""
    from modelatlas.tools.backends.opening import open_backend
    from modelatlas.tools.cards.shelf import route as route_of

    _, speaking = route_of(route)
    return open_backend(speaking, place.speech or Place(device=place.device, download=place.download))


def previewed(shown: Json, settings: DiffusersSettings, order: Order) -> Json:
    """The preview of the film, with who speaks and what."""
    request = cast(Avatar, order.request)
    shown["call"].setdefault("prompt", _SCENE)
    shown["call"].pop(settings.arguments.get("frames", "num_frames"), None)
    said = {"text": request.text, "voice": request.voice} if request.audio is None else {"audio": request.audio}
    return {**shown, "speech": {"route": settings.speech, **said}, "frames": "as many as the speech needs"}


def spoken_film(route: Route, speech: Backend, film: Filming, order: Order, progress: Progress) -> Made:
    """Speak, film as long as that takes, and join both; `speech.wav` and the silent film stay in the folder."""
    request = cast(Avatar, order.request)
    if request.persons:
        raise RunFailed(f"{route.id} films one speaker: give audio or text in place of persons.")
    said = _said(route, speech, order, progress)
    heard = measure(said.files[0])
    if not isinstance(heard, MeasuredAudio):
        raise RunFailed(f"the speech for {route.id} is {heard.kind} and no sound: give another recording.")
    length = min(heard.duration_s, request.max_seconds or heard.duration_s)
    scene = replace(order, request=request.model_copy(update={"prompt": request.prompt or _SCENE}))
    filmed = film(scene, progress, length)
    progress("joining", 0, None)
    path = order.folder / "avatar.mp4"
    join(filmed.files[0], said.files[0], path)
    return replace(
        filmed,
        files=(path,),
        data={"speech_s": heard.duration_s, "source": "input" if "audio" in order.inputs else "tts"},
        used={**filmed.used, "speech": said.used},
        warnings=(*said.warnings, *filmed.warnings, _NO_LIPS),
    )


def _said(route: Route, speech: Backend, order: Order, progress: Progress) -> Made:
    """The speech as it was given, or spoken by the other route into a folder of its own."""
    request = cast(Avatar, order.request)
    if "audio" in order.inputs:
        return Made(files=(order.inputs["audio"].path,), used={"source": "input"})
    folder = order.folder / "speech"
    folder.mkdir()
    words = Speak(text=request.text or "", voice=request.voice, seed=request.seed)
    made = speech.run(Order("speak", words, {}, folder), progress)
    if not made.files:
        raise RunFailed(f"the route that speaks for {route.id} gave no sound: try another one.")
    return made
