"""The shape of images and videos servers: `data`, a list of files as base64 or by their URL."""

import base64
import binascii
from pathlib import Path
from typing import Any

from modelatlas.tools.backends.backend import NoOutput
from modelatlas.tools.backends.served_address import Address
from modelatlas.tools.backends.served_content import settled
from modelatlas.tools.backends.served_session import Session
from modelatlas.tools.media.kinds import Kind


async def files_of(answer: Any, kind: Kind, address: Address, session: Session, folder: Path) -> tuple[Path, ...]:
    """The files of an answer, written into the folder. Raises NoOutput where there are none, or not of this kind."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list) or not data:
        raise NoOutput(f"{address.origin} answered without a file, but with: {address.quote(answer)}.")
    files = []
    for index, item in enumerate(data):
        path = folder / f"{kind}_{index}.part"
        match item:
            case {"b64_json": str() as encoded} if encoded:
                path.write_bytes(_decoded(encoded, address))
            case {"url": str() as url} if url.startswith("data:"):
                path.write_bytes(_decoded(url, address))
            case {"url": str() as url} if url:
                await session.fetch(url, path)
            case _:
                raise NoOutput(f"{address.origin} names no file in the place of the {kind}.")
        files.append(settled(path, (kind,), address.origin))
    return tuple(files)


def _decoded(encoded: str, address: Address) -> bytes:
    text = encoded.partition(",")[2] if encoded.startswith("data:") else encoded
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoOutput(f"{address.origin} answered with a file that is no base64.") from error
