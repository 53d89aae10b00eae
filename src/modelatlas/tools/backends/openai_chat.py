"""Models behind a chat server: vLLM, vLLM-Omni, SGLang, transformers serve, Ark and whatever else speaks that way."""

from contextlib import aclosing
from typing import Any

from modelatlas.tools.actions.requests import EditImage, GenerateImage, Understand
from modelatlas.tools.backends.backend import CannotRun, Json, Made, NoOutput, Order
from modelatlas.tools.backends.served_backend import ServedModel
from modelatlas.tools.backends.served_call import Call
from modelatlas.tools.backends.served_chat import Said, audio_part, image_part, pictures, video_parts
from modelatlas.tools.backends.served_content import settled
from modelatlas.tools.backends.served_request import given, left_out, only_media, several, size, with_extra
from modelatlas.tools.backends.served_session import MAX_MEDIA_JSON, Session
from modelatlas.tools.backends.served_watch import Watch
from modelatlas.tools.cards.served_settings import ChatSettings


class ChatBackend(ServedModel[ChatSettings]):
    """Asks a chat server: questions are answered in words as they stream, pictures come in one answer."""

    settings_type = ChatSettings
    server = "a chat server"
    total_s = 900.0

    def _call(self, order: Order) -> Call:
        request, settings = order.request, self._settings
        body: Json = {"model": self._address.model}
        match request:
            case Understand():
                only_media(order, self._route.id, ("images", "video", "audio"))
                body |= {"messages": [self._message(order, self._media(order), request.question)], "stream": True}
                body |= given(max_tokens=request.max_tokens, temperature=request.temperature, seed=request.seed)
                if "video" in order.inputs and settings.video == "jpeg_frames":
                    body |= {"mm_processor_kwargs": {"fps": settings.fps}}
            case GenerateImage() | EditImage():
                body |= self._picture_body(order, request)
            case _:
                raise CannotRun(f"A chat server does not do {order.tool}: use another route.")
        url = self._address.url("chat/completions")
        return Call("POST", url, json=with_extra(body, request, settings.extra_body), begins=True)

    def _picture_body(self, order: Order, request: GenerateImage | EditImage) -> Json:
        only_media(order, self._route.id, ("images",))
        images = several(order.inputs, "images")
        prompt = request.prompt if isinstance(request, GenerateImage) else request.instruction
        wanted = size(request.width, request.height, images[0] if images else None)
        count = request.count if isinstance(request, GenerateImage) else 1
        return {
            "messages": [self._message(order, [image_part(it) for it in images], prompt)],
            "modalities": ["image"],
            **({"width": wanted[0], "height": wanted[1]} if wanted else {}),
            **given(
                negative_prompt=request.negative_prompt,
                num_inference_steps=request.steps,
                guidance_scale=request.guidance,
                seed=request.seed,
                n=count if count > 1 else None,
            ),
        }

    def _message(self, order: Order, media: list[Json], text: str) -> Json:
        wrapping = self._settings.wrapping.get(order.tool, "{}")
        marks = self._settings.image_mark * len(several(order.inputs, "images")) if order.tool == "understand" else ""
        asked = wrapping.replace("{}", marks + text + (self._settings.prompt_suffix or ""))
        return {"role": "user", "content": [*media, {"type": "text", "text": asked}]}

    def _media(self, order: Order) -> list[Json]:
        inputs = order.inputs
        parts = [image_part(it) for it in several(inputs, "images")]
        if "video" in inputs:
            parts += video_parts(inputs["video"], self._settings)
        if "audio" in inputs:
            parts.append(audio_part(inputs["audio"], order.folder))
        return parts

    async def _made(self, order: Order, call: Call, watch: Watch) -> Made:
        work = self._answered if isinstance(order.request, Understand) else self._painted
        return await work(order, call, watch)

    async def _answered(self, order: Order, call: Call, watch: Watch) -> Made:
        address, request = self._address, order.request
        assert isinstance(request, Understand)
        said = Said(address.origin)
        async with (
            Session(address, watch) as session,
            aclosing(session.lines(call)) as lines,
            aclosing(said.read(lines)) as growing,
        ):
            async for pieces in growing:
                watch.tell("answering", pieces, None)
        if not said.text.strip():
            raise NoOutput(f"{address.origin} answered with no words (it ended by {said.ended_by or 'nothing'}).")
        cut = (f"the answer was cut at {request.max_tokens} tokens",) if said.ended_by == "length" else ()
        used = _used(call.json) | said.usage
        return Made(data={"text": said.text.strip()}, used=used, warnings=cut)

    async def _painted(self, order: Order, call: Call, watch: Watch) -> Made:
        address = self._address
        async with Session(address, watch) as session:
            answer = await session.json(call, MAX_MEDIA_JSON)
        files = []
        for index, picture in enumerate(pictures(answer, address.origin)):
            path = order.folder / f"image_{index}.part"
            path.write_bytes(picture)
            files.append(settled(path, ("image",), address.origin))
        taken = {*_PICTURE_FIELDS, "prompt", "instruction", "images", "count"}
        return Made(files=tuple(files), used=_used(call.json), warnings=left_out(order.request, taken))


_PICTURE_FIELDS = ("width", "height", "negative_prompt", "steps", "guidance")


def _used(body: dict[str, Any]) -> Json:
    return {name: value for name, value in body.items() if name not in {"messages", "stream"}}
