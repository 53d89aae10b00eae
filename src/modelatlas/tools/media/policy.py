"""What media may be brought in: from where, and how much of it."""

from pathlib import Path

from pydantic import Field, FiniteFloat

from modelatlas.graph.dates import Value

MIB = 2**20


class Policy(Value):
    """From where media may come, and how large it may be; every bound holds for one file.

    A host is named as in an address, `*.example.org` for all below one, `*` for every public one. Hosts that may
    be at a private address are named in full in `private_hosts`, besides.
    """

    allowed_hosts: tuple[str, ...] = Field(default=(), description="where http(s) URLs may lead; none: no URLs at all")
    private_hosts: tuple[str, ...] = Field(default=(), description="of these, the ones inside the own network")
    folders: tuple[Path, ...] | None = Field(default=None, description="where paths may lead; None: anywhere")
    max_bytes: int = Field(default=256 * MIB, gt=0)
    max_pixels: int = Field(default=50_000_000, gt=0, description="of a picture, or of one frame")
    max_seconds: FiniteFloat = Field(default=3600, gt=0, description="of sound or film")
    max_frames: int = Field(default=100_000, gt=0)
    max_film_pixels: int = Field(default=40_000_000_000, gt=0, description="of all frames of a film together")
    max_redirects: int = Field(default=3, ge=0)
    fetch_seconds: FiniteFloat = Field(default=120, gt=0, description="for one file, from the name to the last byte")
