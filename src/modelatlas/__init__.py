"""modelatlas: what is known about multimodal models, when it was true and when it was on record."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelatlas.agent.atlas import Atlas as Atlas
    from modelatlas.agent.atlas import open as open

__version__ = "0.1.0"
__all__ = ["Atlas", "open"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("modelatlas.agent.atlas"), name)
    raise AttributeError(name)
