"""Where a file came from, written into the file itself, so that it is told from a photograph or a recording later.

PNG, JPEG, WebP and MP4 take an XMP packet with IPTC's digital source type; WAV takes a LIST/INFO chunk. Only bytes
of metadata are added: no pixel and no sample is coded again. The same file and mark give the same bytes.
"""

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from modelatlas.graph.dates import Value
from modelatlas.tools.media.sniffing import sniff

_BY_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_XMP_UUID = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_ALPHA, _XMP = 0x10, 0x04


class Mark(Value):
    """What is written into a file."""

    ai_generated: bool
    tool: str
    model: str
    weights_id: str | None
    seed: int
    licence: str | None


def tag(path: Path, mark: Mark) -> bool:
    """Write the mark into the file; False for a format that has no safe place for it, which is left as it was."""
    write = _WRITERS.get(sniff(path).mime)
    if write is None:
        return False
    marked = write(path.read_bytes(), mark)
    if marked is None:
        return False
    path.write_bytes(marked)
    return True


def told(mark: Mark) -> str:
    """The mark as JSON of one line."""
    return json.dumps(mark.model_dump(), ensure_ascii=False, sort_keys=True)


def packet(mark: Mark) -> bytes:
    """The mark as XMP."""
    source = f"\n   Iptc4xmpExt:DigitalSourceType={quoteattr(_BY_MODEL)}" if mark.ai_generated else ""
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
   xmlns:dc="http://purl.org/dc/elements/1.1/"
   xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"{source}
   xmp:CreatorTool={quoteattr(f"modelatlas {mark.tool}: {mark.model}")}>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{escape(told(mark))}</rdf:li></rdf:Alt></dc:description>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>""".encode()


def _png(content: bytes, mark: Mark) -> bytes | None:
    body = b"XML:com.adobe.xmp\0\0\0\0\0" + packet(mark)
    chunk = b"iTXt" + body
    header = 8 + 12 + 13
    laid = struct.pack(">I", len(body)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return content[:header] + laid + content[header:]


def _jpeg(content: bytes, mark: Mark) -> bytes | None:
    body = _JPEG_XMP + packet(mark)
    if len(body) > 0xFFFF - 2 or _JPEG_XMP in content[:0x20000]:
        return None
    at = 2
    while content[at : at + 2] in (b"\xff\xe0", b"\xff\xe1"):
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return content[:at] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + content[at:]


def _webp(content: bytes, mark: Mark) -> bytes | None:
    chunks = _riff_chunks(content)
    if not chunks or any(name == b"XMP " for name, _ in chunks):
        return None
    if chunks[0][0] == b"VP8X":
        flags = bytes([chunks[0][1][0] | _XMP])
        chunks[0] = (b"VP8X", flags + chunks[0][1][1:])
    elif size := _webp_size(*chunks[0]):
        width, height, alpha = size
        flags = bytes([_XMP | (_ALPHA if alpha else 0), 0, 0, 0])
        canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks.insert(0, (b"VP8X", flags + canvas))
    else:
        return None
    return _riff(b"WEBP", [*chunks, (b"XMP ", packet(mark))])


def _webp_size(name: bytes, body: bytes) -> tuple[int, int, bool] | None:
    """Width, height and whether there is transparency, from the header of a plain WebP."""
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF, False
    if name == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    return None


def _wav(content: bytes, mark: Mark) -> bytes | None:
    chunks = _riff_chunks(content)
    if content[:4] != b"RIFF" or not chunks or any(name == b"LIST" for name, _ in chunks):
        return None
    maker = f"modelatlas {mark.tool}: {mark.model}".encode() + b"\0"
    entries = _laid([(b"ICMT", told(mark).encode() + b"\0"), (b"ISFT", maker)])
    return _riff(b"WAVE", [*chunks, (b"LIST", b"INFO" + entries)])


def _mp4(content: bytes, mark: Mark) -> bytes | None:
    body = _XMP_UUID + packet(mark)
    return content + struct.pack(">I", len(body) + 8) + b"uuid" + body


def _riff_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a RIFF file in their order; none where their sizes do not add up."""
    if int.from_bytes(content[4:8], "little") + 8 != len(content):
        return []
    chunks, at = [], 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > len(content):
            return []
        chunks.append((content[at : at + 4], content[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return chunks


def _riff(kind: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    body = kind + _laid(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _laid(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in chunks)


_WRITERS: dict[str, Callable[[bytes, Mark], bytes | None]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
    "audio/wav": _wav,
    "video/mp4": _mp4,
}
