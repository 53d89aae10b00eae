"""What ComfyUI says of a prompt that is over: the files it saved, or which node failed and why."""

from pathlib import PurePosixPath
from typing import Any

from modelatlas.tools.actions.requests import RestoreVideo
from modelatlas.tools.backends.backend import Json, NoOutput, Order, RunFailed
from modelatlas.tools.backends.served_address import Address
from modelatlas.tools.backends.served_content import shortened
from modelatlas.tools.media.kinds import Kind

_SUFFIXES: dict[Kind, frozenset[str]] = {
    "image": frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}),
    "video": frozenset({".mp4", ".webm", ".mkv", ".mov", ".avi"}),
    "audio": frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a"}),
}
_GIVES: dict[str, Kind] = {
    "generate_image": "image",
    "edit_image": "image",
    "speak": "audio",
    "edit_speech": "audio",
    "generate_audio": "audio",
}


def kind_of(order: Order) -> Kind:
    """The kind of file that a tool gives."""
    if isinstance(order.request, RestoreVideo) and order.request.image:
        return "image"
    return _GIVES.get(order.tool, "video")


def outputs(entry: Json, order: Order, address: Address) -> list[dict[str, str]]:
    """Where to fetch the files of the kind asked for: filename, subfolder and type. Raises NoOutput for none."""
    found: list[dict[str, str]] = []
    for node in _items(entry.get("outputs")):
        for files in _items(node):
            for file in files if isinstance(files, list) else ():
                match file:
                    case {"filename": str() as name}:
                        folder, saved_as = str(file.get("subfolder", "")), str(file.get("type", "output"))
                        found.append({"filename": name, "subfolder": folder, "type": saved_as})
    kind = kind_of(order)
    fitting = [it for it in found if PurePosixPath(it["filename"].lower()).suffix in _SUFFIXES[kind]]
    if not fitting:
        names = ", ".join(shortened(it["filename"]) for it in found[:5])
        raise NoOutput(
            f"The workflow ended at {address.origin} without a {kind}"
            + (f" (it saved {names})" if names else "")
            + ": let it end in a node that saves one."
        )
    return [it for it in fitting if it["type"] == "output"] or fitting


def failure(entry: Json, address: Address) -> RunFailed | None:
    """The error of a prompt that failed; None for one that did not."""
    status = entry.get("status")
    if not isinstance(status, dict) or status.get("status_str") != "error":
        return None
    messages = status.get("messages")
    for message in messages if isinstance(messages, list) else ():
        match message:
            case ["execution_error", {"node_id": node, **more}]:
                said = address.quote(str(more.get("exception_message") or "it does not say why"))
                kind = shortened(str(more.get("node_type", "")))
                return RunFailed(f"Node {node} ({kind}) of the workflow failed at {address.origin}: {said}.")
            case ["execution_interrupted", {"node_id": node}]:
                return RunFailed(f"The workflow was interrupted at {address.origin} in node {node}: run it again.")
    return RunFailed(f"The workflow failed at {address.origin}, which does not say why: look at its log.")


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []
