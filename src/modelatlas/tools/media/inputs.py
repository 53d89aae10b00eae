"""The media of a request brought in: copied under names of ours, told by their content, decoded, measured."""

import errno
import os
import stat
from hashlib import file_digest
from pathlib import Path

from modelatlas.graph.errors import StoreError
from modelatlas.tools.actions.requests import Request
from modelatlas.tools.backends.backend import Input
from modelatlas.tools.media.data_uris import is_data_uri, read_data_uri
from modelatlas.tools.media.fetching import fetch, is_url
from modelatlas.tools.media.fields import Named, named_media
from modelatlas.tools.media.hosts import Resolver, system_addresses
from modelatlas.tools.media.measures import Measured, UnreadableMedia
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.media.sniffing import Sniffed, sniff

_PIECE = 2**20
_CALLED = {
    "image": "a picture",
    "audio": "sound",
    "video": "a film",
    "mesh": "a mesh",
    "array": "an array of numbers",
}
_TEXTS = ("application/json", "application/xml", "application/xhtml+xml", "application/javascript")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def bring_in(request: Request, folder: Path, policy: Policy, resolve: Resolver = system_addresses) -> dict[str, Input]:
    """Every media file of a request, by its field, in the folder, which is made where it is not there.

    Raises UnreadableMedia with the field and what is wrong, StoreError where the disk has no room.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return {named.field: _bring(named, folder, policy, resolve) for named in named_media(request)}


def _bring(named: Named, folder: Path, policy: Policy, resolve: Resolver) -> Input:
    stem = named.field.replace("[", "-").replace("].", "-").replace("]", "").replace(".", "-").replace("_", "-")
    part = folder / f"{stem}.part"
    try:
        told = _copy(named, part, policy, resolve)
        found = sniff(part)
        _agree(told, found)
        measured = measure(part, policy)
        if measured.kind not in named.takes.kinds:
            wanted = " or ".join(_CALLED[kind] for kind in named.takes.kinds)
            raise UnreadableMedia(named.field, f"it is {_CALLED[measured.kind]} ({found.mime}), not {wanted}")
        with part.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        path = part.rename(folder / f"{stem}{_suffix(found, measured)}")
        return Input(path, sha256, measured)
    except UnreadableMedia as unreadable:
        raise UnreadableMedia(named.field, unreadable.why) from unreadable
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreError(f"There is no room in {folder} for {named.field}; free some and try again.") from error
        raise
    finally:
        part.unlink(missing_ok=True)


def _copy(named: Named, target: Path, policy: Policy, resolve: Resolver) -> str | None:
    """Write the file to the target, and return the type that its source calls it, if it does."""
    text = named.text
    if is_data_uri(text):
        written = read_data_uri(named.field, text, policy.max_bytes)
        with target.open("xb") as file:
            file.write(written.content)
        return written.type
    if is_url(text):
        return fetch(named.field, text, target, policy, resolve)
    _copy_path(named.field, text, target, policy)
    return None


def _copy_path(field: str, text: str, target: Path, policy: Policy) -> None:
    if "://" in text[:40]:
        scheme = text.partition("://")[0]
        raise UnreadableMedia(field, f"{scheme} addresses are not read; give a path, a data URI or an http(s) URL")
    shown = repr(text if len(text) <= 120 else text[:117] + "…")
    try:
        source = Path(text).expanduser().resolve(strict=True)
        if policy.folders is not None and not any(source.is_relative_to(it.resolve()) for it in policy.folders):
            raise UnreadableMedia(field, f"{shown} is outside the folders that media may be read from")
        # Looked at before it is opened, for the opening of a device may do something; and after, for it may change.
        regular = stat.S_ISREG(source.stat().st_mode)
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW) if regular else -1
    except (FileNotFoundError, NotADirectoryError) as missing:
        raise UnreadableMedia(
            field, f"there is no file {shown}; give a path, a data URI or an http(s) URL"
        ) from missing
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UnreadableMedia(field, f"{shown} cannot be opened ({why})") from error
    if handle < 0:
        raise UnreadableMedia(field, f"{shown} is a folder, a device or a pipe, not a file")
    with os.fdopen(handle, "rb") as file, target.open("xb") as copy:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise UnreadableMedia(field, f"{shown} is a device or a pipe, not a file")
        size = 0
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > policy.max_bytes:
                raise UnreadableMedia(field, f"it is larger than {policy.max_bytes / 2**20:g} MiB")
            copy.write(piece)


def _agree(told: str | None, found: Sniffed) -> None:
    """Raise UnreadableMedia where the source calls the file something that it is not."""
    kind = (told or "").partition("/")[0]
    really = "image" if found.family == "picture" else "stream" if found.family == "stream" else "other"
    called = {"image": "image", "audio": "stream", "video": "stream", "text": "text"}.get(kind, really)
    if told in _TEXTS:
        called = "text"
    if called != really:
        raise UnreadableMedia("", f"its source calls it {told}, but its content is {found.mime}")


def _suffix(found: Sniffed, measured: Measured) -> str:
    return found.sound_suffix if measured.kind == "audio" and found.sound_suffix else found.suffix
