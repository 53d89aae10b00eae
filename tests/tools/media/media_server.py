"""A real HTTP server on loopback that answers as a test lays out, well and badly."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Asked"], None]


class Asked(BaseHTTPRequestHandler):
    """One request, answered by what the test laid out for its path."""

    protocol_version = "HTTP/1.1"
    answers: dict[str, Answer]
    hosts: list[str]
    over: threading.Event

    def do_GET(self) -> None:
        self.hosts.append(self.headers["host"])
        answer = self.answers.get(self.path)
        self.close_connection = True
        if answer is None:
            self.send_error(404)
        else:
            answer(self)

    def give(self, body: bytes, type: str = "image/png", length: int | None = None) -> None:
        """A whole answer, or one that says another length."""
        self.send_response(200)
        self.send_header("content-type", type)
        self.send_header("content-length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def lead_to(self, place: str) -> None:
        """A redirect."""
        self.send_response(302)
        self.send_header("location", place)
        self.send_header("content-length", "0")
        self.end_headers()

    def drip(self) -> None:
        """A byte now and then, until the other side has gone."""
        self.send_response(200)
        self.send_header("content-type", "image/png")
        self.end_headers()
        try:
            while not self.over.wait(0.05):
                self.wfile.write(b"\x89")
        except OSError:
            pass

    def drip_headers(self) -> None:
        """The first line, and then headers without an end."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            while not self.over.wait(0.05):
                self.wfile.write(b"x-more: 1\r\n")
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Keep the tests quiet."""


class MediaServer:
    """The server: where it listens, and what it answers by path."""

    def __init__(self, port: int, asked: Any) -> None:
        self.port = port
        self.answers: dict[str, Answer] = asked.answers
        self.hosts: list[str] = asked.hosts

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The URL of a path, at a name of this machine."""
        return f"http://{host}:{self.port}{path}"


@contextmanager
def served() -> Iterator[MediaServer]:
    """A server that runs until the test is over."""
    over = threading.Event()
    own: Any = type("Asked", (Asked,), {"answers": {}, "hosts": [], "over": over})
    server = ThreadingHTTPServer(("127.0.0.1", 0), own)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield MediaServer(server.server_address[1], own)
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
