"""Where the weights of a route lie on this machine, and what to do where they do not."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelatlas.graph.errors import AtlasError
from modelatlas.tools.backends.backend import CannotRun, Stopped
from modelatlas.tools.backends.local_faults import first_sentence, hushed, quiet
from modelatlas.tools.cards.card import Route
from modelatlas.tools.places import Place

_ON_THE_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_OTHER_FORMATS = ["*.onnx", "*.msgpack", "*.h5", "*.ot", "*.ckpt"]


@dataclass(frozen=True)
class Weights:
    """A folder with a model in it; `revision` is the commit of the hub where it is a snapshot, `again` gets it anew."""

    folder: Path
    revision: str | None
    again: str


def find_weights(route: Route, place: Place, downloading: bool) -> Weights:
    """The folder with the weights of a route. Raises CannotRun with the command that gets them."""
    name = place.weights or route.weights
    if name is None:
        raise CannotRun(f"{route.id} names no weights: give their folder, or an id on the hub, as its weights.")
    again = f"`hf download {route.weights}`" if route.weights else "their publisher"
    folder = Path(name).expanduser()
    if folder.is_dir():
        return Weights(folder, _commit(folder), again)
    if folder.exists():
        raise CannotRun(f"{name} is a file, and {route.id} needs the folder that its weights are in: name that folder.")
    if not _ON_THE_HUB.fullmatch(name):
        raise CannotRun(f"there is no folder {name} with the weights of {route.id}: correct it, or run {again}.")
    return _snapshot(route, name, place.revision, downloading)


def _snapshot(route: Route, name: str, revision: str | None, downloading: bool) -> Weights:
    command = f"`hf download {name}" + (f" --revision {revision}`" if revision else "`")
    gate = f", after its terms are accepted at https://huggingface.co/{name}" if route.gated else ""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError as missing:
        raise not_installed(missing) from missing
    try:
        folder = Path(
            snapshot_download(name, revision=revision, local_files_only=not downloading, ignore_patterns=_OTHER_FORMATS)
        )
    except LocalEntryNotFoundError as absent:
        raise CannotRun(f"the weights of {route.id} are not on this machine: run {command}{gate}.") from absent
    except Exception as fault:
        raise CannotRun(
            f"the weights of {route.id} could not be fetched ({first_sentence(fault)}): run {command}{gate}."
        ) from fault
    return Weights(folder, _commit(folder), command)


def _commit(folder: Path) -> str | None:
    """The commit that a folder is a snapshot of."""
    inside_cache = folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name)
    return folder.name if inside_cache else None


def not_installed(missing: ImportError) -> CannotRun:
    """The sentence for a package that is not here, or not whole."""
    what = f"{missing.name} is not installed" if isinstance(missing, ModuleNotFoundError) else first_sentence(missing)
    return CannotRun(f"models in a process of ours cannot run: {what}; run pip install 'modelatlas[local]'.")


@contextmanager
def loading(route: Route, weights: Weights) -> Iterator[None]:
    """Whatever a library raises while it reads weights becomes one sentence."""
    try:
        with quiet():
            hushed()
            yield
    except (Stopped, AtlasError):
        raise
    except ImportError as missing:
        raise not_installed(missing) from missing
    except Exception as fault:
        raise CannotRun(
            f"the weights of {route.id} in {weights.folder} cannot be loaded ({first_sentence(fault)}): "
            f"name another folder, or get them anew with {weights.again}."
        ) from fault


def whole(route: Route, weights: Weights, told: Mapping[str, Any]) -> None:
    """Raise CannotRun where the library had to make up parts of the model that the weights lack."""
    lacking = sorted([*told.get("missing_keys", ()), *(str(it) for it in told.get("mismatched_keys", ()))])
    if lacking:
        raise CannotRun(
            f"the weights in {weights.folder} lack {len(lacking)} of the tensors that {route.id} needs, "
            f"{lacking[0]} first: they are of another model or incomplete; get them with {weights.again}."
        )
