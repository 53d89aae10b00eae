"""Media behind http(s) URLs, fetched from checked addresses only, within a size and a time."""

import ssl
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import httpcore
import httpx

from modelatlas.tools.media.hosts import Refused, Resolver, check_host, checked_addresses
from modelatlas.tools.media.measures import UnreadableMedia
from modelatlas.tools.media.policy import Policy

_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {"User-Agent": "modelatlas", "Accept": "image/*, audio/*, video/*, */*;q=0.1", "Accept-Encoding": "identity"}


class _Deadline:
    """When all must be over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError where none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Line(httpcore.NetworkStream):
    """A connection on which no single wait goes beyond the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What comes next."""
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send."""
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        """Hang up."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same line, encrypted; the certificate is that of the name, not of the address."""
        return _Line(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._inner.get_extra_info(info)


class _Pinned(httpcore.NetworkBackend):
    """Connects to exactly the address that was checked: the name is looked up once, here."""

    def __init__(self, policy: Policy, resolve: Resolver, deadline: _Deadline) -> None:
        self._policy = policy
        self._resolve = resolve
        self._deadline = deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of the checked addresses that answers."""
        addresses = checked_addresses(host, port, self._policy, self._resolve, self._deadline.left())
        for address in addresses[:-1]:
            try:
                return _Line(self._network.connect_tcp(address, port, self._deadline.left()), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return _Line(self._network.connect_tcp(addresses[-1], port, self._deadline.left()), self._deadline)


def is_url(text: str) -> bool:
    """Whether a text begins as an http(s) URL."""
    return text[:8].lower().startswith(("http://", "https://"))


def fetch(field: str, text: str, target: Path, policy: Policy, resolve: Resolver) -> str | None:
    """Write what a URL gives to a new file, and return the type that the server calls it.

    Raises UnreadableMedia for a host or an address that may not be asked, and for anything but a whole file.
    """
    trusted = _trusted()
    deadline = _Deadline(policy.fetch_seconds)
    try:
        url = _url(text)
        network = _Pinned(policy, resolve, deadline)
        with httpcore.ConnectionPool(ssl_context=trusted, network_backend=network) as pool:
            for _ in range(policy.max_redirects + 1):
                check_host(url.host, policy)
                with pool.stream(
                    "GET", _plain(url), headers=[(b"Host", url.netloc), *_headers()], extensions={}
                ) as answer:
                    if answer.status not in _REDIRECTS:
                        return _take(answer, target, policy)
                    url = _url(_header(answer, b"location") or "", url)
        raise Refused(f"its URL leads on more than {policy.max_redirects} times")
    except Refused as refused:
        raise UnreadableMedia(field, str(refused)) from refused
    except (TimeoutError, httpcore.TimeoutException) as late:
        raise UnreadableMedia(field, f"its URL did not give the file within {deadline.seconds:g} s") from late
    except (httpcore.NetworkError, httpcore.ProtocolError) as failure:
        why = " ".join(str(failure).split())[:200] or type(failure).__name__
        raise UnreadableMedia(field, f"its URL could not be fetched ({why})") from failure


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed; read once, for it takes longer than many a file."""
    return httpx.create_ssl_context()


def _url(text: str, base: httpx.URL | None = None) -> httpx.URL:
    try:
        url = base.join(text) if base is not None else httpx.URL(text)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise Refused("its URL is not a valid one") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Refused("its URL leads to something other than http or https")
    if url.userinfo:
        raise Refused("its URL holds a name or a password; give one without")
    return url


def _plain(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _headers() -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in _HEADERS.items()]


def _header(answer: httpcore.Response, name: bytes) -> str | None:
    return next((value.decode("latin-1").strip() for key, value in answer.headers if key.lower() == name), None)


def _take(answer: httpcore.Response, target: Path, policy: Policy) -> str | None:
    """Write a whole answer to the file, as long as it is an answer and not too long."""
    if answer.status != 200:
        raise Refused(f"the server of its URL answered {answer.status}")
    if (_header(answer, b"content-encoding") or "identity").lower() != "identity":
        raise Refused("the server of its URL packed the answer, though it was asked not to")
    too_large = Refused(f"it is larger than {policy.max_bytes / 2**20:g} MiB")
    told = _header(answer, b"content-length")
    if told is not None and told.isdigit() and int(told) > policy.max_bytes:
        raise too_large
    size = 0
    with target.open("xb") as file:
        for piece in answer.iter_stream():
            size += len(piece)
            if size > policy.max_bytes:
                raise too_large
            file.write(piece)
    return (_header(answer, b"content-type") or "").partition(";")[0].strip().lower() or None
