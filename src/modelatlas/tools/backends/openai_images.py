"""Models behind an images server: made from text by /images/generations, changed by /images/edits."""

from pathlib import Path

from modelatlas.tools.actions.requests import EditImage, GenerateImage
from modelatlas.tools.backends.backend import CannotRun, Input, Json, Made, Order
from modelatlas.tools.backends.served_backend import ServedModel
from modelatlas.tools.backends.served_call import Attached, Call, attached
from modelatlas.tools.backends.served_data import files_of
from modelatlas.tools.backends.served_request import given, left_out, only_media, several, size, with_extra
from modelatlas.tools.backends.served_session import MAX_MEDIA_JSON, Session
from modelatlas.tools.backends.served_watch import Watch
from modelatlas.tools.cards.served_settings import ImagesSettings

_TAKEN = ("prompt", "instruction", "images", "mask", "count", "width", "height", "negative_prompt", "steps", "guidance")


class ImagesBackend(ServedModel[ImagesSettings]):
    """Asks an images server, and takes its pictures as base64 or from its own address."""

    settings_type = ImagesSettings
    server = "an images server"
    total_s = 1800.0

    def _call(self, order: Order) -> Call:
        request = order.request
        match request:
            case GenerateImage():
                only_media(order, self._route.id, ())
                body = self._body(request, request.prompt, None) | {"n": request.count}
                url = self._address.url("images/generations")
                return Call("POST", url, json=with_extra(body, request, self._settings.extra_body), begins=True)
            case EditImage():
                only_media(order, self._route.id, ("images", "mask"))
                images = several(order.inputs, "images")
                form = with_extra(
                    self._body(request, request.instruction, images[0]), request, self._settings.extra_body
                )
                field = "image" if len(images) == 1 else "image[]"
                files = [(field, attached(it)) for it in images]
                if "mask" in order.inputs:
                    files.append(
                        (
                            "mask",
                            Attached(_see_through(order.inputs["mask"], order.folder / "mask_sent.png"), "image/png"),
                        )
                    )
                url = self._address.url("images/edits")
                return Call("POST", url, form=form, files=tuple(files), begins=True)
        raise CannotRun(f"An images server does not do {order.tool}: use another route.")

    def _body(self, request: GenerateImage | EditImage, prompt: str, like: Input | None) -> Json:
        wanted = size(request.width, request.height, like)
        return {
            "model": self._address.model,
            "prompt": prompt,
            "response_format": self._settings.response_format,
            **given(
                size=f"{wanted[0]}x{wanted[1]}" if wanted else None,
                negative_prompt=request.negative_prompt,
                num_inference_steps=request.steps,
                guidance_scale=request.guidance,
                seed=request.seed,
            ),
        }

    async def _made(self, order: Order, call: Call, watch: Watch) -> Made:
        address = self._address
        async with Session(address, watch) as session:
            watch.tell("making")
            answer = await session.json(call, MAX_MEDIA_JSON)
            files = await files_of(answer, "image", address, session, order.folder)
        return Made(files=files, used=dict(call.json or call.form or {}), warnings=left_out(order.request, _TAKEN))


def _see_through(mask: Input, to: Path) -> Path:
    """The mask as these servers read it: nothing where the image may change; its white stays for those that look."""
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise CannotRun("A mask needs Pillow: pip install 'modelatlas[media]'.") from error
    with Image.open(mask.path) as opened:
        white = opened.convert("L")
    see_through = Image.merge("RGBA", (white, white, white, ImageOps.invert(white)))
    see_through.save(to)
    return to
