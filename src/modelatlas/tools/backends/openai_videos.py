"""Models behind a videos server: a job is made, asked after until it is done, and its file fetched."""

import asyncio
import re
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Avatar, GenerateVideo
from modelatlas.tools.backends.backend import CannotRun, Json, Made, NoOutput, Order, RunFailed
from modelatlas.tools.backends.served_backend import ServedModel
from modelatlas.tools.backends.served_call import Attached, Call, attached
from modelatlas.tools.backends.served_content import settled, shortened
from modelatlas.tools.backends.served_request import (
    NEUTRAL_PROMPT,
    frame_count,
    given,
    left_out,
    only_media,
    portrait_size,
    size,
    whole,
    with_extra,
)
from modelatlas.tools.backends.served_session import Session
from modelatlas.tools.backends.served_watch import Watch, last_words
from modelatlas.tools.cards.served_settings import VideosSettings

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
GRACE_S = 0.7
_FIELDS_OF_A_FORM = {"model", "prompt", "size", "seconds", "fps", "num_frames"}


class VideosBackend(ServedModel[VideosSettings]):
    """Asks a videos server; a job that is given up is deleted there."""

    settings_type = VideosSettings
    server = "a videos server"
    total_s = 7200.0

    def _call(self, order: Order) -> Call:
        body: Json = {"model": self._address.model, **self._wanted(order)}
        if "audio" in order.inputs:
            body["audio_reference"] = {"audio_url": attached(order.inputs["audio"])}
        body = with_extra(body, order.request, self._settings.fields)
        params = self._settings.extra_params
        files: tuple[tuple[str, Attached], ...] = ()
        if "image" in order.inputs:
            files = (("input_reference", attached(order.inputs["image"])),)
        url = self._address.url("videos")
        if self._settings.body == "form":
            form = body | ({"extra_params": params} if params else {})
            return Call("POST", url, form=form, files=files, begins=True)
        if not files:
            return Call("POST", url, json=body | params, begins=True)
        rest = {name: value for name, value in body.items() if name not in _FIELDS_OF_A_FORM} | params
        form = {name: value for name, value in body.items() if name in _FIELDS_OF_A_FORM} | {"extra_body": rest}
        return Call("POST", url, form=form, files=files, begins=True)

    def _wanted(self, order: Order) -> Json:
        request, inputs = order.request, order.inputs
        match request:
            case GenerateVideo():
                only_media(order, self._route.id, ("image",))
                sides = size(request.width, request.height, inputs.get("image"))
                frames, guidance = frame_count(request, self._settings.fps), request.guidance
                seconds = request.seconds if frames is None else None
                fps, prompt = request.fps or self._settings.fps, request.prompt
            case Avatar():
                only_media(order, self._route.id, ("image", "audio"))
                if "audio" not in inputs:
                    raise BadInput(
                        f"{self._route.id} needs the speech as sound: speak the text first, and give its file as audio."
                    )
                sides, guidance, fps = (
                    portrait_size(request, inputs["image"]),
                    request.text_guidance,
                    self._settings.fps,
                )
                frames, seconds, prompt = None, request.max_seconds, request.prompt or NEUTRAL_PROMPT
            case _:
                raise CannotRun(f"A videos server does not do {order.tool}: use another route.")
        return {
            "prompt": prompt,
            **given(
                negative_prompt=request.negative_prompt,
                size=f"{sides[0]}x{sides[1]}" if sides else None,
                num_frames=frames,
                seconds=whole(seconds),
                fps=whole(fps),
                num_inference_steps=request.steps,
                guidance_scale=guidance,
                seed=request.seed,
            ),
        }

    async def _made(self, order: Order, call: Call, watch: Watch) -> Made:
        address, path = self._address, order.folder / "video.part"
        async with Session(address, watch) as session:
            watch.tell("sending")
            making = asyncio.ensure_future(session.json(call))
            try:
                job = await asyncio.shield(making)
                await self._done(session, job, watch)
                watch.tell("fetching")
                await session.save(Call("GET", f"{self._job_url(job)}/content"), path, "fetching")
            except BaseException:
                await last_words(lambda: self._deleted(session, making), 2 * GRACE_S)
                raise
        return self._kept(order, call, path)

    async def _deleted(self, session: Session, making: "asyncio.Future[Any]") -> None:
        job = await asyncio.wait_for(making, GRACE_S)
        async with session.answer(Call("DELETE", self._job_url(job))):
            return

    def _job_url(self, job: Any) -> str:
        job_id = job.get("id") if isinstance(job, dict) else None
        if not isinstance(job_id, str) or not re.fullmatch(r"[\w.:-]+", job_id):
            said = self._address.quote(job)
            raise NoOutput(f"{self._address.origin} made no job that could be asked after, but answered: {said}.")
        return self._address.url(f"videos/{job_id}")

    async def _done(self, session: Session, job: Any, watch: Watch) -> None:
        url, pause_s = self._job_url(job), FIRST_PAUSE_S
        while True:
            match job:
                case {"status": "completed" | "succeeded"}:
                    return
                case {"status": "failed" | "cancelled" | "canceled" | "expired" | "deleted" as status}:
                    said = self._address.quote(job["error"]) if job.get("error") else status
                    raise RunFailed(f"{self._address.origin} did not make the video: {said}.")
                case {"status": str() as status}:
                    progress = job.get("progress")
                    done = int(progress) if isinstance(progress, int | float) and 0 <= progress <= 100 else 0
                    watch.tell(shortened(status)[:40], done, 100 if done else None)
                case _:
                    said = self._address.quote(job)
                    raise NoOutput(f"{self._address.origin} does not say how far the video is, but: {said}.")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
            job = await session.json(Call("GET", url))

    def _kept(self, order: Order, call: Call, path: Any) -> Made:
        file = settled(path, ("video",), self._address.origin)
        body = call.json if call.json is not None else call.form or {}
        used = {name: value for name, value in body.items() if name != "audio_reference"}
        taken = {
            *("prompt", "negative_prompt", "image", "audio", "width", "height", "frames", "seconds", "fps"),
            *("steps", "guidance", "text_guidance", "resolution", "max_seconds"),
        }
        return Made(files=(file,), used=used, warnings=left_out(order.request, taken))
