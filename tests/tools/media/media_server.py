"""A real HTTP server on loopback that answers by path as a test lays out, well and badly."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from http_server import Loopback, Reply, Seen


@dataclass(frozen=True)
class Asked:
    """One request, answered by what the test laid out for its path."""

    reply: Reply

    def give(self, body: bytes, type: str = "image/png", length: int | None = None) -> None:
        """A whole answer, or one that says another length."""
        self.reply.begin(type, Content_Length=str(len(body) if length is None else length))
        self.reply.write(body)

    def lead_to(self, place: str) -> None:
        """A redirect."""
        self.reply.send(b"", "text/plain", 302, Location=place)

    def drip(self) -> None:
        """A byte now and then, until the other side has gone."""
        self.reply.begin("image/png")
        self.reply.drip(b"\x89")

    def drip_headers(self) -> None:
        """The first line, and then headers without an end."""
        self.reply.write(b"HTTP/1.1 200 OK\r\n")
        self.reply.drip(b"x-more: 1\r\n")


@dataclass
class MediaServer:
    """The server: what it answers by path, and by which names it was asked."""

    answers: dict[str, Callable[[Asked], None]] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = Loopback(self._answer)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(urlsplit(self._server.url).port or 0)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The URL of a path, at a name of this machine."""
        return f"http://{host}:{self.port}{path}"

    def close(self) -> None:
        """Stop listening, and let endless answers end."""
        self._server.close()

    def _answer(self, seen: Seen, reply: Reply) -> None:
        self.hosts.append(seen.headers["host"])
        answer = self.answers.get(f"{seen.path}?{urlencode(seen.query)}" if seen.query else seen.path)
        if answer is None:
            reply.send(b"", "text/plain", 404)
        else:
            answer(Asked(reply))


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
