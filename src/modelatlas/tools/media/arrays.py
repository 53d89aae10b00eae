"""Arrays of numbers, read with NumPy; pickled objects are never opened."""

import warnings
from pathlib import Path

from modelatlas.tools.media.measures import MeasuredArray, UnreadableMedia


def measure_array(path: Path) -> MeasuredArray:
    """Shape of a .npy file, and whether all its numbers are finite."""
    import numpy as np

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as damage:  # the header is read by Python's own tokenizer, which has errors of its own
        raise UnreadableMedia(path.name, "it is damaged, cut off, or holds objects in place of numbers") from damage
    if array.dtype.kind not in "biufc":
        raise UnreadableMedia(path.name, f"it holds {array.dtype.name}, not numbers")
    return MeasuredArray(shape=array.shape, dtype=array.dtype.name, finite=bool(np.isfinite(array).all()))
