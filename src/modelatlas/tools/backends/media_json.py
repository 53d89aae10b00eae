"""Models behind Xinference or LocalAI: one call that holds the connection until the video is there."""

import json
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Avatar, GenerateVideo
from modelatlas.tools.backends.backend import CannotRun, Json, Made, Order
from modelatlas.tools.backends.served_backend import ServedModel
from modelatlas.tools.backends.served_call import Call, attached
from modelatlas.tools.backends.served_data import files_of
from modelatlas.tools.backends.served_request import (
    NEUTRAL_PROMPT,
    frame_count,
    given,
    left_out,
    only_media,
    portrait_size,
    several,
    size,
    whole,
    with_extra,
)
from modelatlas.tools.backends.served_session import MAX_MEDIA_JSON, Session
from modelatlas.tools.backends.served_watch import Watch
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.served_settings import MediaSettings
from modelatlas.tools.places import Place

_TAKEN = ("prompt", "negative_prompt", "image", "last_image", "references", "audio", "video", "width", "height")
_TAKEN_TOO = ("frames", "seconds", "fps", "steps", "guidance", "text_guidance", "resolution")


class MediaBackend(ServedModel[MediaSettings]):
    """Asks in the server's own shape; to give a run up closes its connection."""

    settings_type = MediaSettings
    server = "a media server"
    total_s = 7200.0
    root = ""
    looked_at = "v1/models"

    def __init__(self, route: Route, place: Place) -> None:
        super().__init__(route, place)
        self.port = 9997 if self._settings.server == "xinference" else 8080

    def _call(self, order: Order) -> Call:
        if not isinstance(order.request, GenerateVideo | Avatar):
            raise CannotRun(f"{self._settings.server} does not do {order.tool}: use another route.")
        return self._localai(order) if self._settings.server == "localai" else self._xinference(order)

    def _localai(self, order: Order) -> Call:
        request, inputs = order.request, order.inputs
        assert isinstance(request, GenerateVideo | Avatar)
        only_media(order, self._route.id, ("image", "last_image", "references", "audio"))
        files: Json = {
            field: attached(inputs[name])
            for field, name in {"start_image": "image", "end_image": "last_image", "audio": "audio"}.items()
            if name in inputs
        }
        if references := several(inputs, "references"):
            files["ref_images"] = [attached(it) for it in references]
        wanted = self._wanted(order)
        body = {
            "model": self._address.model,
            "prompt": request.prompt or NEUTRAL_PROMPT,
            "response_format": "b64_json",
            **given(
                negative_prompt=request.negative_prompt,
                **wanted,
                seed=request.seed,
                cfg_scale=request.guidance if isinstance(request, GenerateVideo) else request.text_guidance,
                step=request.steps,
            ),
            **files,
        }
        defaults = {name: value for name, value in self._settings.defaults.items() if name not in body}
        # what a model of the server takes beyond the common fields goes there as texts
        params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in request.extra.items()}
        return Call(
            "POST",
            self._address.url("video"),
            json=defaults | body | ({"params": params} if params else {}),
            begins=True,
        )

    def _xinference(self, order: Order) -> Call:
        request, inputs = order.request, order.inputs
        if not isinstance(request, GenerateVideo):
            raise CannotRun(f"{self._route.id} makes no {order.tool} through Xinference: use another route.")
        only_media(order, self._route.id, ("image", "last_image", "video"))
        wanted = self._wanted(order)
        arguments = given(
            height=wanted.get("height"),
            width=wanted.get("width"),
            num_frames=wanted.get("num_frames"),
            fps=wanted.get("fps"),
            num_inference_steps=request.steps,
            guidance_scale=request.guidance,
            seed=request.seed,
        )
        with_image = "image" in inputs
        body: Json = {
            "model": self._address.model,
            "prompt": request.prompt,
            "n": 1,
            **given(negative_prompt=request.negative_prompt if with_image else None),
        }
        if not with_image:
            arguments |= given(negative_prompt=request.negative_prompt)
        body["kwargs"] = json.dumps(with_extra(arguments, request, self._settings.defaults))
        start = self._address.url("v1/video/generations")
        if "last_image" in inputs:
            files = (("first_frame", attached(inputs["image"])), ("last_frame", attached(inputs["last_image"])))
            return Call("POST", f"{start}/flf", form=body, files=files, begins=True)
        if with_image:
            media = tuple((name, attached(inputs[name])) for name in ("image", "video") if name in inputs)
            return Call("POST", f"{start}/image", form=body, files=media, begins=True)
        if "video" in inputs:
            raise BadInput(f"{self._route.id} takes a video only together with an image: give image too.")
        return Call("POST", start, json=body, begins=True)

    def _wanted(self, order: Order) -> dict[str, Any]:
        """Size and length, by names that both servers share; seconds only where no number of frames is known."""
        request, inputs = order.request, order.inputs
        if isinstance(request, Avatar):
            if "audio" not in inputs:
                raise BadInput(
                    f"{self._route.id} needs the speech as sound: speak the text first, and give its file as audio."
                )
            sides = portrait_size(request, inputs["image"])
            return {"width": sides[0], "height": sides[1], "fps": whole(self._settings.fps)}
        assert isinstance(request, GenerateVideo)
        chosen = size(request.width, request.height, inputs.get("image"))
        frames = frame_count(request, self._settings.fps)
        seconds = str(whole(request.seconds)) if request.seconds is not None and frames is None else None
        return {
            "width": chosen[0] if chosen else None,
            "height": chosen[1] if chosen else None,
            "num_frames": frames,
            "fps": whole(request.fps or self._settings.fps),
            "seconds": seconds,
        }

    async def _made(self, order: Order, call: Call, watch: Watch) -> Made:
        address = self._address
        async with Session(address, watch) as session:
            watch.tell("making")
            answer = await session.json(call, MAX_MEDIA_JSON)
            files = await files_of(answer, "video", address, session, order.folder)
        body = call.json if call.json is not None else call.form or {}
        media = {"start_image", "end_image", "audio", "ref_images"}
        used = {name: value for name, value in body.items() if name not in media}
        return Made(files=files, used=used, warnings=left_out(order.request, (*_TAKEN, *_TAKEN_TOO)))
