"""The device a model runs on: which one, in what precision, from what seed, and how much of its memory was used."""

from typing import Any

from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.backends.local_weights import not_installed
from modelatlas.tools.places import Place

_GB = 1e9


def chosen_device(place: Place) -> str:
    """The device that was named, else a GPU, else the processor. Raises CannotRun for one that is not there."""
    try:
        import torch
    except ImportError as missing:
        raise not_installed(missing) from missing
    if place.device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(place.device)
    except RuntimeError as unknown:
        raise CannotRun(f"{place.device!r} is no device: name cpu, cuda, or cuda:1 and its like.") from unknown
    if device.type == "cuda":
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= there:
            have = f"{there} GPU{'s' * (there > 1)}" if there else "no GPU"
            raise CannotRun(f"{place.device} was asked for and torch sees {have}: name another device, as cpu.")
    return str(place.device)


def precision(name: str, device: str) -> Any:
    """The torch type of this name; on a processor always 32 bits, because half of them is slow or missing there."""
    import torch

    if name == "auto":
        return "auto"
    chosen = getattr(torch, name, None)
    if not isinstance(chosen, torch.dtype):
        raise CannotRun(f"the card names the precision {name!r}, which torch does not have.")
    return torch.float32 if device == "cpu" else chosen


def seeded(seed: int) -> Any:
    """Start all chance from a seed; gives a generator for libraries that take one, the same on every device."""
    import torch

    torch.manual_seed(seed)
    return torch.Generator("cpu").manual_seed(seed)


def start_counting(device: str) -> None:
    """Forget the peak of memory use so far."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)


def peak_gb(device: str) -> float | None:
    """The most memory in use since counting began, in GB; None where it is not the memory of a GPU."""
    import torch

    if not device.startswith("cuda"):
        return None
    return round(float(torch.cuda.max_memory_allocated(device)) / _GB, 3)


def give_back(device: str) -> None:
    """Give memory that a run needed and nothing holds any more back to the device."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.empty_cache()


def let_go(device: str) -> None:
    """Free a model that is no longer held, and give its memory back."""
    import gc

    gc.collect()
    give_back(device)
