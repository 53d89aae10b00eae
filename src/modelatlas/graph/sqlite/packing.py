"""A vector as bytes, bit for bit: little-endian float32 where that keeps every value, which is what embedders give.

Else a tag byte and float64.
"""

import math
import struct
import sys
from collections.abc import Sequence

from modelatlas.graph.errors import BadInput

_WIDE = b"\x08"


def pack(vector: Sequence[float]) -> bytes:
    """A vector as bytes, bit for bit. Raises BadInput for an empty one and for values that are no finite numbers."""
    narrow = _narrow(vector)
    if narrow is not None:
        return narrow
    try:
        values = list(map(float, vector))
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"A vector is a list of numbers: {error}.") from error
    if not values:
        raise BadInput("A vector has no values; give one value for each dimension of the embedder.")
    if not all(map(math.isfinite, values)):
        raise BadInput("A vector has a value that is no finite number; give the vector as the embedder made it.")
    return _narrow(values) or _WIDE + struct.pack(f"<{len(values)}d", *values)


def unpack(blob: bytes) -> list[float]:
    """The vector of a blob."""
    if len(blob) % 4:
        return list(struct.unpack(f"<{len(blob) // 8}d", blob[1:]))
    return list(struct.unpack(f"<{len(blob) // 4}f", blob))


def dimensions(blob: bytes) -> int:
    """How many values the vector of a blob has."""
    return len(blob) // 8 if len(blob) % 4 else len(blob) // 4


def _narrow(values: Sequence[float]) -> bytes | None:
    """The values as float32 where that keeps them exactly."""
    form = f"<{len(values)}f"
    try:
        narrow = bytes(values) if _is_float32(values) else struct.pack(form, *values)  # type: ignore[arg-type]
    except (struct.error, OverflowError, TypeError):
        return None
    kept = struct.unpack(form, narrow)
    same = _is_float32(values) or kept == tuple(values)
    return narrow if kept and same and math.isfinite(sum(kept)) else None


def _is_float32(values: object) -> bool:
    """Whether they are an array of float32 already, as numpy has it."""
    try:
        view = memoryview(values)  # type: ignore[arg-type]
    except TypeError:
        return False
    return view.format == "f" and view.ndim == 1 and sys.byteorder == "little"
