"""What a file is by its first bytes, never by its name; the answer also says how it may be opened, and only so."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from modelatlas.tools.media.measures import UnreadableMedia

Family = Literal["picture", "stream", "mesh", "array"]

_HEAD = 4096
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]+")
_OBJ = re.compile(rb"^(?:v|vn|vt|f|o|g|mtllib)\s", re.MULTILINE)
_MPEG_SOUND = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")
_ADTS = (b"\xff\xf1", b"\xff\xf9")


@dataclass(frozen=True)
class Sniffed:
    """`format` is the name by which the library of its family opens it, `suffix` and `mime` the usual ones.

    Of a container that holds sound or film alike, `sound_suffix` and `sound_mime` are those of one with sound only.
    """

    family: Family
    format: str
    suffix: str
    mime: str
    sound_suffix: str | None = None
    sound_mime: str | None = None


_STARTS = (
    (b"\x89PNG\r\n\x1a\n", Sniffed("picture", "PNG", ".png", "image/png")),
    (b"\xff\xd8\xff", Sniffed("picture", "JPEG", ".jpg", "image/jpeg")),
    (b"GIF87a", Sniffed("picture", "GIF", ".gif", "image/gif")),
    (b"GIF89a", Sniffed("picture", "GIF", ".gif", "image/gif")),
    (b"II*\0", Sniffed("picture", "TIFF", ".tiff", "image/tiff")),
    (b"MM\0*", Sniffed("picture", "TIFF", ".tiff", "image/tiff")),
    (b"fLaC", Sniffed("stream", "flac", ".flac", "audio/flac")),
    (b"OggS", Sniffed("stream", "ogg", ".ogv", "video/ogg", ".ogg", "audio/ogg")),
    (b"ID3", Sniffed("stream", "mp3", ".mp3", "audio/mpeg")),
    (b"FLV\x01", Sniffed("stream", "flv", ".flv", "video/x-flv")),
    (b"\0\0\1\xba", Sniffed("stream", "mpeg", ".mpg", "video/mpeg")),
    (b"glTF\2\0\0\0", Sniffed("mesh", "glb", ".glb", "model/gltf-binary")),
    (b"ply\n", Sniffed("mesh", "ply", ".ply", "model/ply")),
    (b"ply\r\n", Sniffed("mesh", "ply", ".ply", "model/ply")),
    (b"\x93NUMPY", Sniffed("array", "npy", ".npy", "application/x-npy")),
)
_RIFF = {
    b"WAVE": Sniffed("stream", "wav", ".wav", "audio/wav"),
    b"WEBP": Sniffed("picture", "WEBP", ".webp", "image/webp"),
    b"AVI ": Sniffed("stream", "avi", ".avi", "video/x-msvideo"),
}
_MP4 = Sniffed("stream", "mp4", ".mp4", "video/mp4", ".m4a", "audio/mp4")
_WEBM = Sniffed("stream", "matroska", ".webm", "video/webm", ".weba", "audio/webm")
_MATROSKA = Sniffed("stream", "matroska", ".mkv", "video/x-matroska", ".mka", "audio/x-matroska")
_STL = Sniffed("mesh", "stl", ".stl", "model/stl")


def sniff(path: Path) -> Sniffed:
    """What the file is. Raises UnreadableMedia for an empty one, a text, or a kind that is not read here."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    size = path.stat().st_size
    if not head:
        raise UnreadableMedia(path.name, "it is empty")
    found = _by_start(head) or _by_structure(head, size)
    if found is not None:
        return found
    if _TEXT.fullmatch(head):
        start = head.lstrip().lower()
        what = "a web page" if start.startswith((b"<!doctype html", b"<html")) else "a text"
        raise UnreadableMedia(path.name, f"it is {what}, not a media file")
    raise UnreadableMedia(path.name, "its content is no kind of picture, sound, film or mesh that is known here")


def _by_start(head: bytes) -> Sniffed | None:
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return Sniffed("picture", "AVIF", ".avif", "image/avif") if head[8:12] in (b"avif", b"avis") else _MP4
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _WEBM if b"webm" in head[:64] else _MATROSKA
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Sniffed("stream", "aiff", ".aiff", "audio/aiff")
    return None


def _by_structure(head: bytes, size: int) -> Sniffed | None:
    if head[:2] == b"BM" and int.from_bytes(head[2:6], "little") in (size, 0) and len(head) > 26:
        return Sniffed("picture", "BMP", ".bmp", "image/bmp")
    if head[:2] in _MPEG_SOUND:
        return Sniffed("stream", "mp3", ".mp3", "audio/mpeg")
    if head[:2] in _ADTS:
        return Sniffed("stream", "aac", ".aac", "audio/aac")
    if head[:1] == head[188:189] == head[376:377] == b"G":
        return Sniffed("stream", "mpegts", ".ts", "video/mp2t")
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return _MP4
    if size >= 84 and size == 84 + 50 * int.from_bytes(head[80:84], "little"):
        return _STL
    if _TEXT.fullmatch(head):
        if head.lstrip().startswith(b"solid") and b"facet" in head:
            return _STL
        if len(_OBJ.findall(head)) >= 3 and re.search(rb"^v\s+\S+\s+\S+\s+\S", head, re.MULTILINE):
            return Sniffed("mesh", "obj", ".obj", "model/obj")
    return None
