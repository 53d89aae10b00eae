"""The fields of a request that name media, wherever they stand in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel

from modelatlas.tools.media.kinds import Takes


@dataclass(frozen=True)
class Named:
    """What a field says: `field` as image, images[0] or persons[1].audio, `text` a path, a data URI or a URL."""

    field: str
    text: str
    takes: Takes


def named_media(request: BaseModel) -> Iterator[Named]:
    """Every media field of a request that is filled, in the order of the request."""
    yield from _within(request, "")


def _within(value: BaseModel, before: str) -> Iterator[Named]:
    for name, field in type(value).model_fields.items():
        takes = next((mark for mark in field.metadata if isinstance(mark, Takes)), None) or _mark(field.annotation)
        yield from _in(getattr(value, name), f"{before}{name}", takes)


def _in(value: Any, name: str, takes: Takes | None) -> Iterator[Named]:
    if isinstance(value, BaseModel):
        yield from _within(value, f"{name}.")
    elif isinstance(value, tuple | list):
        for number, item in enumerate(value):
            yield from _in(item, f"{name}[{number}]", takes)
    elif isinstance(value, str) and takes is not None:
        yield Named(name, value, takes)


def _mark(annotation: Any) -> Takes | None:
    """The mark inside an annotation such as `Image | None` or `tuple[Image, ...]`."""
    for metadata in getattr(annotation, "__metadata__", ()):
        if isinstance(metadata, Takes):
            return metadata
    return next((found for inner in get_args(annotation) if (found := _mark(inner))), None)
