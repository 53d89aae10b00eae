"""Models behind a speech server: /audio/speech answers with the sound itself."""

from modelatlas.tools.actions.requests import Speak
from modelatlas.tools.backends.backend import CannotRun, Json, Made, Order
from modelatlas.tools.backends.served_backend import ServedModel
from modelatlas.tools.backends.served_call import Call
from modelatlas.tools.backends.served_content import settled
from modelatlas.tools.backends.served_request import given, left_out, only_media, with_extra
from modelatlas.tools.backends.served_session import Session
from modelatlas.tools.backends.served_watch import Watch
from modelatlas.tools.cards.served_settings import SpeechSettings


class SpeechBackend(ServedModel[SpeechSettings]):
    """Asks a speech server for WAV, and keeps what comes under the name that its bytes ask for."""

    settings_type = SpeechSettings
    server = "a speech server"
    total_s = 900.0

    def _call(self, order: Order) -> Call:
        request = order.request
        if not isinstance(request, Speak):
            raise CannotRun(f"A speech server does not do {order.tool}: use another route.")
        only_media(order, self._route.id, ())
        body: Json = {
            "model": self._address.model,
            "input": request.text,
            "response_format": "wav",
            **given(voice=request.voice or self._settings.voice, language=request.language, speed=request.speed),
        }
        url = self._address.url("audio/speech")
        return Call("POST", url, json=with_extra(body, request, self._settings.extra_body), begins=True)

    async def _made(self, order: Order, call: Call, watch: Watch) -> Made:
        address, path = self._address, order.folder / "speech.part"
        async with Session(address, watch) as session:
            watch.tell("speaking")
            await session.save(call, path, "speaking")
        used = {name: value for name, value in call.json.items() if name != "input"}
        taken = ("text", "voice", "voice_sample", "language", "speed")
        return Made(
            files=(settled(path, ("audio",), address.origin),), used=used, warnings=left_out(order.request, taken)
        )
