"""Models behind a speech server: /audio/speech answers with the sound itself."""

from modelatlas.tools.actions.requests import Speak
from modelatlas.tools.backends.backend import CannotRun, Json, Made, Order, Progress
from modelatlas.tools.backends.served_address import Address, server_of
from modelatlas.tools.backends.served_call import Call
from modelatlas.tools.backends.served_content import settled
from modelatlas.tools.backends.served_request import given, left_out, only_media, with_extra
from modelatlas.tools.backends.served_session import Session
from modelatlas.tools.backends.served_standing import reachable
from modelatlas.tools.backends.served_watch import Watch, watched
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.served_settings import SpeechSettings
from modelatlas.tools.places import Place

TOTAL_S = 900.0


class SpeechBackend:
    """Asks a speech server for WAV, and keeps what comes under the name that its bytes ask for."""

    def __init__(self, route: Route, place: Place) -> None:
        if not isinstance(route.run, SpeechSettings):
            raise CannotRun(f"{route.id} has no settings for a speech server.")
        self._route, self._place, self._settings = route, place, route.run

    def preview(self, order: Order) -> Json:
        """The call."""
        return self._call(order).shown(self._address)

    def load(self, progress: Progress) -> None:
        """See that the server answers and takes the key."""
        reachable(self._address, progress)

    def run(self, order: Order, progress: Progress) -> Made:
        """Ask once."""
        call = self._call(order)
        return watched(lambda watch: self._spoken(order, call, watch), progress, self._address)

    def close(self) -> None:
        """Nothing is held between runs."""

    @property
    def _address(self) -> Address:
        return server_of(
            self._route,
            self._place,
            self._settings,
            model=self._settings.model,
            root="/v1",
            example="http://127.0.0.1:8000/v1",
            total_s=TOTAL_S,
        )

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

    async def _spoken(self, order: Order, call: Call, watch: Watch) -> Made:
        address, path = self._address, order.folder / "speech.part"
        async with Session(address, watch) as session:
            watch.tell("speaking")
            await session.save(call, path, "speaking")
        used = {name: value for name, value in call.json.items() if name != "input"}
        taken = ("text", "voice", "voice_sample", "language", "speed")
        return Made(
            files=(settled(path, ("audio",), address.origin),), used=used, warnings=left_out(order.request, taken)
        )
