"""Whether the picture of a talking video is as long as its speech, by the rule of the avatar contract."""

from modelatlas.tools.actions.checks import SILENCE, Inputs, speech_fields, speech_seconds
from modelatlas.tools.actions.requests import Avatar
from modelatlas.tools.actions.results import Alignment, Spoken
from modelatlas.tools.backends.backend import Made
from modelatlas.tools.cards.card import Limits
from modelatlas.tools.media.measures import MeasuredVideo

_LEAST_DRIFT = 0.1  # seconds


def align(request: Avatar, inputs: Inputs, limits: Limits, made: Made, film: MeasuredVideo) -> Alignment:
    """How far the measured video is from what the speech lets expect.

    The length of spoken text is `data["speech_s"]`, or else that of the sound stream without the lead-in.
    """
    spoken = speech_seconds(request, inputs)
    if spoken is None:
        told = made.data.get("speech_s")
        heard = film.audio.duration_s - limits.lead_in_s if film.audio is not None else 0.0
        spoken = float(told) if isinstance(told, int | float) else heard
    ends = [limits.max_audio_s, limits.max_frames / film.fps if limits.max_frames and film.fps else None]
    own = min((it for it in ends if it is not None), default=None)
    cuts = [it for it in (request.max_seconds, own) if it is not None]
    expected = min([spoken + limits.lead_in_s, *cuts])
    drift = abs(film.duration_s - expected)
    allowed = max(2 / film.fps if film.fps else 0.0, _LEAST_DRIFT)
    return Alignment(
        expected_s=round(expected, 4),
        video_s=film.duration_s,
        drift_s=round(drift, 4),
        lead_in_s=limits.lead_in_s,
        truncated=own is not None and own < spoken,
        ok=round(drift, 4) <= allowed and film.audio is not None,
    )


def spoken(request: Avatar, film: MeasuredVideo) -> Spoken | None:
    """The sound stream of the video, None where there is none."""
    if film.audio is None:
        return None
    return Spoken(
        codec=film.audio.codec,
        sample_rate=film.audio.sample_rate,
        channels=film.audio.channels,
        duration_s=film.audio.duration_s,
        source="input" if speech_fields(request) else "tts",
    )


def misalignments(alignment: Alignment, film: MeasuredVideo) -> list[str]:
    """What a person should know about it."""
    said = []
    if film.audio is None:
        said.append("the video has no sound")
    elif film.audio.peak < SILENCE:
        said.append("the sound of the video is silent")
    if alignment.truncated:
        said.append(f"the model stops before the speech does: {alignment.expected_s:g} s are left")
    if film.audio is not None and not alignment.ok:
        said.append(
            f"the video lasts {alignment.video_s:g} s, {alignment.drift_s:g} s away from the"
            f" {alignment.expected_s:g} s of the speech"
        )
    return said
