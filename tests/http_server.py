"""A real HTTP server on a free port of this machine, whose answers a test writes, and which remembers what it saw."""

import json
import select
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Part:
    """One part of a form."""

    name: str
    filename: str | None
    type: str
    body: bytes


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def parts(self) -> list[Part]:
        """The parts of a form in their order."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        found = []
        for part in message_from_bytes(head + self.body).get_payload():
            assert not isinstance(part, str)
            about = part.get_params(header="content-disposition", unquote=True) or []
            named = dict(about)
            body = part.get_payload(decode=True)
            assert isinstance(body, bytes)
            found.append(Part(named["name"], named.get("filename"), part.get_content_type(), body))
        return found

    @property
    def fields(self) -> dict[str, str]:
        """The parts of a form that are no files."""
        return {part.name: part.body.decode() for part in self.parts if part.filename is None}

    @property
    def files(self) -> dict[str, Part]:
        """The parts of a form that are files, by field."""
        return {part.name: part for part in self.parts if part.filename is not None}


class Reply:
    """How a test answers; everything goes out at once."""

    def __init__(self, handler: BaseHTTPRequestHandler, hurry: threading.Event) -> None:
        self._handler = handler
        self._hurry = hurry

    def json(self, value: object, status: int = 200, **headers: str) -> None:
        """A JSON answer."""
        self.send(json.dumps(value).encode(), "application/json", status, **headers)

    def send(self, body: bytes, type: str, status: int = 200, **headers: str) -> None:
        """A whole answer; a header named Retry_After goes out as Retry-After."""
        self.begin(type, status, Content_Length=str(len(body)), **headers)
        self.write(body)

    def begin(self, type: str, status: int = 200, **headers: str) -> None:
        """The head of an answer; without a length its end is the end of the connection."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", type)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def write(self, piece: bytes) -> None:
        """More of the body. Raises OSError where the caller has gone."""
        self._handler.wfile.write(piece)
        self._handler.wfile.flush()

    def event(self, value: object) -> None:
        """One event of a stream."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.write(f"data: {text}\n\n".encode())

    def drip(self, piece: bytes, pause_s: float = 0.05) -> None:
        """More of the same now and then, until the server is closed. Raises OSError where the caller has gone."""
        while not self._hurry.wait(pause_s):
            self.write(piece)

    def until_gone(self) -> bool:
        """Wait until the caller closes the connection; False where the server is closed first."""
        connection = self._handler.connection
        for _ in range(int(PATIENCE_S / 0.05)):
            if self._hurry.is_set():
                return False
            readable, _, _ = select.select([connection], [], [], 0.05)
            if readable and not connection.recv(1):
                return True
        return False


Answer = Callable[[Seen, Reply], object]


@dataclass
class Loopback:
    """A server that runs until it is closed; `seen` are the requests in their order."""

    answer: Answer
    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    hurry: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            """Hands each request to the answer of the test; the connection ends with it."""

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if "chunked" in self.headers.get("Transfer-Encoding", ""):
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, parts.path, query, headers, body)
                outer.seen.append(seen)
                try:
                    outer.answer(seen, Reply(self, outer.hurry))
                except OSError:
                    pass

            do_GET = do_POST = do_DELETE = _serve

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def calls(self, method: str, path: str) -> list[Seen]:
        """What it saw of one kind."""
        return [seen for seen in self.seen if (seen.method, seen.path) == (method, path)]

    def close(self) -> None:
        """Stop listening, and let waiting answers end."""
        self.hurry.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
