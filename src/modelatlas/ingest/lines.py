"""Lines of a text file, plain or compressed, read one at a time."""

import gzip
import lzma
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

from modelatlas.graph.errors import UnreadableSource
from modelatlas.ingest.document import Rejected

LONGEST = 1_000_000  # bytes; a longer line is no claim a person or a page ever made


def lines(path: Path) -> Iterator[tuple[int, str] | Rejected]:
    """Number and text of every line with something on it; one that is too long or not UTF-8 is rejected.

    Raises UnreadableSource if the file cannot be opened or its compression is damaged.
    """
    try:
        with _opened(path) as file:
            number = 0
            while line := file.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(LONGEST)
                    yield Rejected(path=path, line=number, reason=f"the line is longer than {LONGEST:,} bytes")
                    continue
                try:
                    text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    yield Rejected(path=path, line=number, reason=f"not UTF-8: {error.reason} at byte {error.start}")
                    continue
                if text.strip():
                    yield number, text
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UnreadableSource(f"{path} cannot be read: {what}.") from error


def _opened(path: Path) -> BufferedIOBase:
    if path.suffix == ".xz":
        return lzma.open(path)
    if path.suffix == ".gz":
        return gzip.open(path)
    return path.open("rb")
