"""What every backend behind a server is made of: the settings of its card, the server's address, one watched run."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from modelatlas.tools.backends.backend import CannotRun, Json, Made, Order, Progress
from modelatlas.tools.backends.served_address import Address, server_of
from modelatlas.tools.backends.served_call import Call, films_in
from modelatlas.tools.backends.served_standing import reachable
from modelatlas.tools.backends.served_watch import Watch, watched
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.served_settings import ModelServerSettings, ServerSettings
from modelatlas.tools.places import Place

SettingsT = TypeVar("SettingsT", bound=ServerSettings)
ModelT = TypeVar("ModelT", bound=ModelServerSettings)


class Served(Generic[SettingsT]):
    """A route and its server; nothing is held between runs."""

    settings_type: type[SettingsT]
    server: str  # as sentences name its kind
    root = "/v1"
    port = 8000  # of the address that sentences show
    total_s: float

    def __init__(self, route: Route, place: Place) -> None:
        if not isinstance(route.run, self.settings_type):
            raise CannotRun(f"{route.id} has no settings for {self.server}.")
        self._route, self._place = route, place
        self._settings: SettingsT = route.run

    def close(self) -> None:
        """Nothing is held between runs."""

    @property
    def _model(self) -> str:
        return ""

    @property
    def _address(self) -> Address:
        return server_of(
            self._route,
            self._place,
            self._settings,
            model=self._model,
            root=self.root,
            example=f"http://127.0.0.1:{self.port}{self.root}",
            total_s=self.total_s,
        )


class ServedModel(Served[ModelT], ABC):
    """A model known to its server by an id: each run is one call, and what is made of its answer."""

    looked_at = "models"

    def preview(self, order: Order) -> Json:
        """The call; media by name and size."""
        return self._call(order).shown(self._address)

    def load(self, progress: Progress) -> None:
        """See that the server answers and takes the key."""
        reachable(self._address, progress, self.looked_at)

    def run(self, order: Order, progress: Progress) -> Made:
        """Ask once."""
        call = self._call(order)
        for film in films_in(call.json):
            film.read(lambda done, total: progress("reading the video", done, total))
        return watched(lambda watch: self._made(order, call, watch), progress, self._address)

    @property
    def _model(self) -> str:
        return self._settings.model

    @abstractmethod
    def _call(self, order: Order) -> Call:
        """What is sent for an order."""

    @abstractmethod
    async def _made(self, order: Order, call: Call, watch: Watch) -> Made:
        """Send it, and keep what comes."""
