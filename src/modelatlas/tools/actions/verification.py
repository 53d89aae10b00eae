"""What a run made, opened and measured before anybody believes it: an exit without an error proves nothing."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from modelatlas.tools.actions.alignment import align, misalignments, spoken
from modelatlas.tools.actions.answers import boxes, labels, times
from modelatlas.tools.actions.checks import SILENCE
from modelatlas.tools.actions.differences import differences
from modelatlas.tools.actions.requests import Avatar, ClassifyVideo
from modelatlas.tools.actions.results import AvatarMade, Classified, Embedded, MadeFile, Result, Understood
from modelatlas.tools.artifacts import Artifacts, Provenance
from modelatlas.tools.backends.backend import Made, NoOutput, Order
from modelatlas.tools.cards.card import Route
from modelatlas.tools.media.measures import (
    Measured,
    MeasuredArray,
    MeasuredAudio,
    MeasuredMesh,
    MeasuredVideo,
    UnreadableMedia,
)
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.media.pictures import is_plain
from modelatlas.tools.media.tagging import Mark, tag

_GIVES: dict[str, tuple[str, ...]] = {
    "generate_image": ("image",),
    "edit_image": ("image",),
    "generate_video": ("video",),
    "restore_video": ("video", "image"),
    "generate_3d": ("mesh",),
    "generate_audio": ("audio", "video"),
    "speak": ("audio",),
    "edit_speech": ("audio",),
    "avatar": ("video",),
    "embed_video": ("array",),
    "explore_world": ("video",),
}
_SAYS_WHAT_IS = ("classify_video", "embed_video")
_CALLED = {"image": "picture", "audio": "sound", "video": "video", "mesh": "mesh", "array": "array"}


@dataclass(frozen=True)
class _Opened:
    """A file that was made, and what it is."""

    path: Path
    measured: Measured


def verify(
    order: Order,
    model: str,
    route: Route,
    made: Made,
    artifacts: Artifacts,
    job: str,
    wall_s: float,
    made_at: datetime,
    tenant: str,
) -> Result:
    """The result, with every file measured, marked with where it came from, and kept.

    Whatever differs from what was asked is a warning. Raises NoOutput where there is nothing that is of use.
    """
    warnings = list(made.warnings)
    opened = _open_all(order, made, warnings)
    _judge(order, opened)
    warnings += differences(order.request, order.inputs, route, made.used, [it.measured for it in opened])
    warnings += _plain_pictures(opened)
    generated = order.tool not in _SAYS_WHAT_IS
    seed = made.used.get("seed")
    provenance = Provenance(
        tenant=tenant,
        job=job,
        made_at=made_at,
        tool=order.tool,
        model=model,
        route=route.id,
        weights_id=_text(made.used.get("weights_id")) or route.weights,
        weights_revision=made.weights_revision,
        seed=seed if isinstance(seed, int) else order.request.seed,
        parameters=dict(made.used),
        inputs={field: it.sha256 for field, it in order.inputs.items()},
        wall_s=round(wall_s, 3),
        licence=route.licence_weights,
        ai_generated=generated,
    )
    finished = _finish(order, made, route, opened, warnings)
    files = tuple(_keep(order, it, number, artifacts, provenance) for number, it in enumerate(opened))
    return finished.result(
        tool=order.tool,
        model=model,
        route=route.id,
        weights_id=provenance.weights_id,
        weights_revision=provenance.weights_revision,
        licence=provenance.licence,
        files=files,
        seed=provenance.seed,
        parameters=provenance.parameters,
        wall_s=provenance.wall_s,
        device=made.device,
        peak_vram_gb=made.peak_vram_gb,
        ai_generated=generated,
        warnings=tuple(dict.fromkeys(warnings)),
        **finished.own,
    )


def _open_all(order: Order, made: Made, warnings: list[str]) -> list[_Opened]:
    """Every file that can be opened; the reason why one cannot is a warning as long as another can."""
    opened, faults = [], []
    for path in made.files:
        if not path.is_file():
            faults.append(f"{path.name} was named but is not there")
            continue
        try:
            opened.append(_Opened(path, measure(path)))
        except UnreadableMedia as fault:
            faults.append(f"{path.name} was made, but {fault.why}")
    gives = _GIVES.get(order.tool, ())
    if gives and not any(it.measured.kind in gives for it in opened):
        wanted = " or ".join(_CALLED[kind] for kind in gives)
        others = [f"{it.path.name} is {_CALLED[it.measured.kind]}" for it in opened]
        reasons = "; ".join([*faults, *others]) or "it left no file"
        raise NoOutput(f"The run ended without the {wanted} that {order.tool} should give: {reasons}.")
    warnings += faults
    return opened


def _judge(order: Order, opened: Sequence[_Opened]) -> None:
    """Raise NoOutput where the files are what they should be but hold nothing."""
    measured = [it.measured for it in opened]
    meshes = [it for it in measured if isinstance(it, MeasuredMesh)]
    if order.tool == "generate_3d" and not any(it.faces for it in meshes):
        raise NoOutput("The run ended with a mesh that has no face with an area; try another seed or another image.")
    if order.tool in ("speak", "edit_speech", "generate_audio"):
        heard = [it if isinstance(it, MeasuredAudio) else it.audio for it in measured if it.kind in ("audio", "video")]
        if not any(it is not None and it.duration_s > 0 and it.peak >= SILENCE for it in heard):
            raise NoOutput("The run ended with sound that is silent; try another seed, or other words.")
    for it in measured:
        if isinstance(it, MeasuredArray) and (not it.finite or 0 in it.shape):
            why = "is empty" if 0 in it.shape else "holds values that are no numbers"
            raise NoOutput(f"The run ended with an array of shape {it.shape} that {why}; try another precision.")


@dataclass(frozen=True)
class _Finished:
    """The kind of result of a tool, and the fields that only it has."""

    result: type[Result]
    own: dict[str, Any]


def _finish(order: Order, made: Made, route: Route, opened: Sequence[_Opened], warnings: list[str]) -> _Finished:
    request = order.request
    match order.tool:
        case "understand":
            text = _text(made.data.get("text"))
            if text is None:
                raise NoOutput("The model ended without a word of answer; ask again with more max_tokens or otherwise.")
            return _Finished(Understood, {"text": text, "boxes": boxes(text), "times": times(text)})
        case "classify_video" if isinstance(request, ClassifyVideo):
            found = labels(made.data.get("labels"))
            if not found:
                raise NoOutput("The model ended without a label and its score; try another video or another model.")
            if len(found) < request.top:
                warnings.append(f"{request.top} labels asked, {len(found)} made")
            return _Finished(Classified, {"labels": found[: request.top]})
        case "embed_video":
            shape = next(it.measured.shape for it in opened if isinstance(it.measured, MeasuredArray))
            return _Finished(Embedded, {"shape": shape})
        case "avatar" if isinstance(request, Avatar):
            film = next(it.measured for it in opened if isinstance(it.measured, MeasuredVideo))
            alignment = align(request, order.inputs, route.limits, made, film)
            warnings += misalignments(alignment, film)
            return _Finished(AvatarMade, {"audio": spoken(request, film), "alignment": alignment})
        case _:
            return _Finished(Result, {})


def _keep(order: Order, opened: _Opened, number: int, artifacts: Artifacts, provenance: Provenance) -> MadeFile:
    """Mark a copy of the file, for the file itself may be in a folder that is not ours, and keep it."""
    marked = order.folder / "kept" / str(number)
    marked.parent.mkdir(exist_ok=True)
    try:
        shutil.copyfile(opened.path, marked)
        tag(
            marked,
            Mark(
                ai_generated=provenance.ai_generated,
                tool=provenance.tool,
                model=provenance.model,
                weights_id=provenance.weights_id,
                seed=provenance.seed,
                licence=provenance.licence,
            ),
        )
        kept = artifacts.keep(marked, provenance)
    finally:
        marked.unlink(missing_ok=True)
    return MadeFile(path=str(kept.path), mime=kept.mime, sha256=kept.sha256, bytes=kept.bytes, measured=opened.measured)


def _plain_pictures(opened: Sequence[_Opened]) -> list[str]:
    return [
        f"{it.path.name} is one plain colour: a safety filter or a failed run may have emptied it"
        for it in opened
        if it.measured.kind == "image" and is_plain(it.path)
    ]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
