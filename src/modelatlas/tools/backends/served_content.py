"""What the bytes of an answer are, whatever name or type they came under."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from modelatlas.tools.backends.backend import NoOutput
from modelatlas.tools.media.kinds import Kind
from modelatlas.tools.media.measures import UnreadableMedia
from modelatlas.tools.media.sniffing import Sniffed, sniff

WORDS_SHOWN = 300
_HEAD = 4096
_UNKNOWN_LENGTH = 0x7FFF0000  # what streams write that do not know theirs, or more


def settled(path: Path, kinds: tuple[Kind, ...], server: str) -> Path:
    """The file under the name that its content asks for.

    Raises NoOutput where it is nothing of these kinds, or where it breaks off before its end.
    """
    wanted = " or ".join(kinds)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise NoOutput(f"{server} answered with an empty file in the place of the {wanted}.")
    try:
        found = sniff(path)
    except UnreadableMedia as error:
        told = f": {said}" if (said := words(head)) else ""
        raise NoOutput(f"{server} answered with {_called(head)} in the place of the {wanted}{told}.") from error
    kind, suffix = kind_of(found), found.suffix
    if kind == "video" and kinds == ("audio",) and found.sound_suffix is not None:
        kind, suffix = "audio", found.sound_suffix
    if kind not in kinds:
        raise NoOutput(f"{server} answered with {found.mime} in the place of the {wanted}.")
    if not _whole(path, head, suffix):
        raise NoOutput(f"The {kind} from {server} breaks off before its end: run it again.")
    named = path.with_name(path.name.split(".")[0] + suffix)
    path.rename(named)
    return named


def kind_of(found: Sniffed) -> Kind | None:
    """Image, video or audio; a container that may hold either counts as video."""
    if found.family == "picture":
        return "image"
    if found.family == "stream":
        return "audio" if found.mime.startswith("audio/") else "video"
    return None


def _whole(path: Path, head: bytes, suffix: str) -> bool:
    """Whether the file goes to the end that it announces itself; True for formats that announce none."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if head[:4] == b"RIFF":
            said = int.from_bytes(head[4:8], "little")
            return said == 0 or said >= _UNKNOWN_LENGTH or said + 8 <= size
        if head[4:8] == b"ftyp":
            return _boxes_whole(file, size)
        file.seek(max(0, size - 4096))
        end = file.read()
    match suffix:
        case ".png":
            return b"IEND" in end
        case ".jpg":
            return b"\xff\xd9" in end
    return True


def _boxes_whole(file: Any, size: int) -> bool:
    """Whether the boxes of an MP4 fill the file, and the one that says where the pictures are is among them."""
    at, names = 0, set()
    while at + 8 <= size:
        file.seek(at)
        header = file.read(16)
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8:
            return False
        names.add(name)
        at += length
    return at == size and b"moov" in names


def _called(head: bytes) -> str:
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        return "an HTML page"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return "text" if _readable(head) else "unknown data"


def _readable(body: bytes) -> bool:
    return bool(body) and b"\x00" not in body and sum(byte < 9 for byte in body) == 0 and b"\xff" not in body[:2]


def words(body: bytes) -> str:
    """What a server says in an answer that should have been another, short and on one line; "" for nothing."""
    if not _readable(body):
        return ""
    text = body.decode("utf-8", "replace")
    try:
        text = _message(json.loads(text)) or text
    except (ValueError, RecursionError):
        if "<" in text[:200]:
            page = _Page()
            page.feed(text)
            text = " ".join(page.texts)
    return shortened(text)


def said_in(value: Any) -> str:
    """What a server says in JSON that should have been other JSON, short and on one line."""
    return shortened(_message(value) or json.dumps(value, ensure_ascii=False, default=str))


def shortened(text: str) -> str:
    """Text of others as part of a sentence of ours: one line, not long, no full stop at its end."""
    line = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()
    return line[:WORDS_SHOWN].rstrip() + "…" if len(line) > WORDS_SHOWN else line.rstrip(".")


def _message(value: Any) -> str:
    match value:
        case str():
            return value
        case {"node_errors": dict() as nodes} if nodes:
            return "; ".join(f"node {name} ({_of(node)}): {_message(node)}" for name, node in list(nodes.items())[:3])
        case {"errors": list() as inner} if inner:
            return _message(inner)
        case {"error": str() | dict() | list() as inner} if inner:
            return _message(inner)
        case {"message": str() as text}:
            details = value.get("details")
            return f"{text}: {details}" if isinstance(details, str) and details else text
        case {"detail": str() | dict() | list() as inner} if inner:
            return _message(inner)
        case {"msg": str() as text}:
            place = value.get("loc")
            where = ".".join(str(part) for part in place if part != "body") if isinstance(place, list) else ""
            return f"{where}: {text}" if where else text
        case list():
            return "; ".join(filter(None, map(_message, value[:3])))
    return ""


def _of(node: Any) -> str:
    return str(node.get("class_type", "unknown class")) if isinstance(node, dict) else "unknown class"


class _Page(HTMLParser):
    """The words of an HTML page, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"} and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append(data.strip())
