"""Where the server of a route stands, by what the person told and what the card says."""

import ipaddress
from dataclasses import dataclass, replace
from typing import Any

import httpx
from pydantic import SecretStr

from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.backends.served_content import said_in, words
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.served_settings import ServerSettings
from modelatlas.tools.places import Place


@dataclass(frozen=True)
class Address:
    """A server, the model's id there, and how long one run may take.

    `base` has no slash at its end; `mend` says what to do where nobody answers there.
    """

    route: str
    base: str
    model: str
    key: SecretStr | None
    mend: str
    total_s: float

    def url(self, path: str) -> str:
        """The address of a path below the base."""
        return f"{self.base}/{path.lstrip('/')}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: how sentences name the server."""
        return origin(httpx.URL(self.base))

    @property
    def near(self) -> bool:
        """Whether it stands on this machine or a private network, where no proxy is wanted."""
        host = httpx.URL(self.base).host
        try:
            return ipaddress.ip_address(host).is_private
        except ValueError:
            return host == "localhost" or "." not in host

    def setting(self, name: str, value: str) -> str:
        """The lines of the places file that set something for this route."""
        return f'[routes."{self.route}"] {name} = "{value}"'

    def headers(self) -> dict[str, str]:
        """What every call carries; the key stands nowhere else."""
        return {"Authorization": f"Bearer {self.key.get_secret_value()}"} if self.key is not None else {}

    def quote(self, answer: Any) -> str:
        """What an answer, as bytes or JSON, says in words that may be shown; a key that it repeats is not repeated."""
        text = words(answer) if isinstance(answer, bytes) else said_in(answer)
        key = self.key.get_secret_value() if self.key is not None else ""
        return text.replace(key, "[the key]") if key else text


def origin(url: httpx.URL) -> str:
    """Scheme, host and port of a URL, the port even where it is the usual one."""
    return f"{url.scheme}://{url.netloc.decode() if url.port else f'{url.host}:{_PORTS.get(url.scheme, 0)}'}".lower()


_PORTS = {"http": 80, "https": 443}


def server_of(
    route: Route, place: Place, settings: ServerSettings, *, model: str, root: str, example: str, total_s: float
) -> Address:
    """The server of a route; `root` is put where the address has no path, or taken off where it is "".

    Raises CannotRun where no address is told, or where it is none.
    """
    told = place.base_url or settings.base_url
    own = place.base_url is not None or settings.base_url is None
    mend = f"start it ({settings.start or route.entrypoint})" if own else "see that this machine is online"
    address = Address(route.id, "", place.model or model, place.api_key, mend, place.timeout_s or total_s)
    if not told:
        raise CannotRun(
            f"{route.id} needs a server: start one ({settings.start or route.entrypoint}), then put its address into "
            f"the places file: {address.setting('base_url', example)}."
        )
    return replace(address, base=_base(told.strip(), address, root, example))


def _base(told: str, address: Address, root: str, example: str) -> str:
    try:
        url = httpx.URL(told)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in _PORTS or not url.host or url.query or url.fragment or " " in told:
        raise CannotRun(
            f"The base_url of {address.route} is no http address: write {address.setting('base_url', example)}."
        )
    if url.userinfo:
        raise CannotRun(
            f"The base_url of {address.route} holds a password: leave it out of the address, and name the variable "
            f"that holds it: {address.setting('api_key_variable', 'NAME')}, or put it into the places file as api_key."
        )
    path = url.path.rstrip("/")
    if not root:
        path = path.removesuffix("/v1")
    elif not path:
        path = root
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}{path}"
