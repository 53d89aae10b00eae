"""Files written out in an address: data:[type][;base64],content (RFC 2397). Their size is judged before decoding."""

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from modelatlas.tools.media.measures import UnreadableMedia

_START = re.compile(r"data:", re.IGNORECASE)
_BLANK = re.compile(rb"\s+")
_LONGEST_HEAD = 1000


@dataclass(frozen=True)
class Written:
    """The bytes, and the type that the address gives them, None where it gives none."""

    content: bytes
    type: str | None


def is_data_uri(text: str) -> bool:
    """Whether a text begins as a data URI."""
    return _START.match(text) is not None


def read_data_uri(field: str, text: str, most: int) -> Written:
    """The bytes in a data URI. Raises UnreadableMedia where they are too many or not what the address says."""
    comma = text.find(",", 0, _LONGEST_HEAD)
    if comma < 0:
        raise UnreadableMedia(field, "its data URI has no comma before the content; write data:image/png;base64,…")
    head = text[len("data:") : comma].split(";")
    in_base64 = any(word.strip().lower() == "base64" for word in head[1:])
    escaped = text.count("%", comma)
    size = len(text) - comma - 1 - 2 * escaped
    if (size * 3 // 4 if in_base64 else size) > most:
        raise UnreadableMedia(field, f"it is larger than {most / 2**20:g} MiB")
    try:
        content = unquote_to_bytes(text[comma + 1 :])
        if in_base64:
            packed = _BLANK.sub(b"", content)
            content = base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as damage:
        raise UnreadableMedia(field, "the content of its data URI is not valid base64") from damage
    return Written(content, head[0].strip().lower() or None)
