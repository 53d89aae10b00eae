"""A call to a server: what is sent, and how it is shown to whoever approves it."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.backend import Input, Json
from modelatlas.tools.backends.served_address import Address
from modelatlas.tools.backends.served_frames import Film
from modelatlas.tools.media.sniffing import sniff

MAX_FILE_SENT = 128 * 2**20
MAX_TEXT_SHOWN = 2000


@dataclass(frozen=True)
class Attached:
    """A media file that goes along: a file of a form, and in JSON a data URI or plain base64."""

    path: Path
    mime: str
    written: Literal["data_uri", "base64"] = "data_uri"

    def text(self) -> str:
        """As it stands in JSON."""
        encoded = base64.b64encode(self.path.read_bytes()).decode("ascii")
        return encoded if self.written == "base64" else f"data:{self.mime};base64,{encoded}"


@dataclass(frozen=True)
class Frames:
    """Frames of a video as JPEG in one data URI: `which` of them, by their place in the film."""

    film: Film
    which: tuple[int, ...]

    def text(self) -> str:
        """One picture, or pictures joined by commas as vLLM reads a video."""
        jpegs = self.film.jpegs
        encoded = ",".join(base64.b64encode(jpegs[index]).decode("ascii") for index in self.which)
        return f"data:{'image' if len(self.which) == 1 else 'video'}/jpeg;base64,{encoded}"


@dataclass(frozen=True)
class Call:
    """One request; `begins` where it sets work going of which there must never be two.

    Values of `json` and `form` are JSON, with Attached and Frames where media stand; `files` are the parts of a form
    that are files, by field name.
    """

    method: Literal["GET", "POST", "DELETE"]
    url: str
    json: Any = None
    form: Json | None = None
    files: tuple[tuple[str, Attached], ...] = ()
    begins: bool = False

    def shown(self, address: Address) -> Json:
        """For people: method, URL, names of headers, and the body with files by name and size."""
        headers = [*address.headers(), "Content-Type"] if self.method == "POST" else [*address.headers()]
        told: Json = {"method": self.method, "url": self.url, "headers": headers}
        if self.json is not None:
            told["json"] = _shown(self.json)
        if self.form is not None:
            told["form"] = {**{name: _shown(value) for name, value in self.form.items()}, **_files_shown(self.files)}
        return told

    @contextmanager
    def body(self) -> Iterator[Json]:
        """The body as httpx takes it; files are open as long as it lasts."""
        if self.form is None:
            yield {} if self.json is None else {"json": _sent(self.json)}
            return
        with ExitStack() as held:
            files = [(name, (it.path.name, held.enter_context(it.path.open("rb")), it.mime)) for name, it in self.files]
            fields = {name: _field(value) for name, value in self.form.items()}
            # a form without files is sent as multipart too: the servers read no other
            yield {"files": [*[(name, (None, value)) for name, value in fields.items()], *files]}


def attached(media: Input, written: Literal["data_uri", "base64"] = "data_uri") -> Attached:
    """A file of a request, to go along. Raises BadInput where it is larger than a server would take."""
    size = media.path.stat().st_size
    if size > MAX_FILE_SENT:
        raise BadInput(
            f"{media.path.name} has {size / 2**20:.0f} MiB, and at most {MAX_FILE_SENT // 2**20} are sent to a server: "
            "give a smaller or shorter file."
        )
    found = sniff(media.path)
    of_sound = found.sound_mime if media.measured.kind == "audio" else None
    return Attached(media.path, of_sound or found.mime, written)


def films_in(value: Any) -> list[Film]:
    """The videos whose frames stand in a body, each once."""
    match value:
        case Frames():
            found = [value.film]
        case dict():
            found = [film for item in value.values() for film in films_in(item)]
        case list() | tuple():
            found = [film for item in value for film in films_in(item)]
        case _:
            found = []
    return list(dict.fromkeys(found))


def _sent(value: Any) -> Any:
    match value:
        case Attached() | Frames():
            return value.text()
        case dict():
            return {name: _sent(item) for name, item in value.items()}
        case list() | tuple():
            return [_sent(item) for item in value]
    return value


def _field(value: Any) -> str:
    sent = _sent(value)
    return sent if isinstance(sent, str) else json.dumps(sent, ensure_ascii=False)


def _shown(value: Any) -> Any:
    match value:
        case Attached():
            return {"file": value.path.name, "bytes": value.path.stat().st_size}
        case Frames():
            return {
                "frames_of": value.film.path.name,
                "seconds": [round(value.film.seconds[index], 3) for index in value.which],
            }
        case dict():
            return {name: _shown(item) for name, item in value.items()}
        case list() | tuple():
            return [_shown(item) for item in value]
        case str() if len(value) > MAX_TEXT_SHOWN:
            return f"{value[:MAX_TEXT_SHOWN]}… ({len(value)} characters)"
    return value


def _files_shown(files: Sequence[tuple[str, Attached]]) -> Json:
    told: Json = {}
    for name, file in files:
        told.setdefault(name, []).append(_shown(file))
    return {name: items[0] if len(items) == 1 else items for name, items in told.items()}
