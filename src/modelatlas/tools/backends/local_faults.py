"""What goes wrong inside the libraries, as one sentence each; and their notices that nobody needs to see."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from modelatlas.graph.errors import AtlasError
from modelatlas.tools.backends.backend import RunFailed, Stopped

_ALLOCATION = re.compile(r"[Tt]ried to allocate ([\d.]+ ?\w*B|\d+ bytes)")
_FREE = re.compile(r"of which ([\d.]+ ?\w*B) is free")
_NOTICES = (
    # Said by libraries of one another; no user can do anything about them.
    ("__array__ implementation doesn't accept a copy keyword", DeprecationWarning),
    ("`torch.jit.script` is deprecated", FutureWarning),
    ("builtin type (SwigPyPacked|SwigPyObject|swigvarlink) has no", DeprecationWarning),
)


def first_sentence(fault: BaseException) -> str:
    """The first line of an error, without the stop at its end, not longer than a person reads."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return (lines[0][:300].rstrip(" .:") if lines else "") or type(fault).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Without the notices that libraries give about one another."""
    with warnings.catch_warnings():
        for message, category in _NOTICES:
            warnings.filterwarnings("ignore", message, category)
        yield


def hushed() -> None:
    """Let the libraries log errors only and draw no bars: how far a run is, its progress tells."""
    from transformers.utils import logging as of_transformers

    of_transformers.set_verbosity_error()
    of_transformers.disable_progress_bar()
    if find_spec("diffusers") is not None:
        from diffusers.utils import logging as of_diffusers

        of_diffusers.set_verbosity_error()
        of_diffusers.disable_progress_bar()


def _out_of_memory(fault: Exception) -> bool:
    import torch

    return isinstance(fault, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(fault)


def _too_large(who: str, device: str, fault: Exception, instead: str) -> RunFailed:
    """How much was needed, how much was free, and what to do."""
    needed, free = _ALLOCATION.search(str(fault)), _FREE.search(str(fault))
    asked = f" when it asked for {needed[1]} more" if needed else ""
    left = f" and {free[1]} were free" if free else ""
    return RunFailed(f"{who} ran out of memory on {device}{asked}{left}: {instead}.")


@contextmanager
def running(who: str, device: str, instead: str) -> Iterator[None]:
    """Around a call into a library: Stopped passes, everything else becomes RunFailed with one sentence.

    `instead` says what to ask for where the memory did not suffice.
    """
    try:
        with quiet():
            yield
    except (Stopped, AtlasError):
        raise
    except Exception as fault:
        if _out_of_memory(fault):
            raise _too_large(who, device, fault, instead) from fault
        raise RunFailed(f"{who} failed: {first_sentence(fault)} ({type(fault).__name__}).") from fault
