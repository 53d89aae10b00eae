"""One command's run: the atlas opened, the work done, the result printed."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from modelatlas.agent.atlas import Atlas
    from modelatlas.graph.periods import AsOf

T = TypeVar("T")


@dataclass(frozen=True)
class AsOfWords:
    """The words of --as-of and --known-at."""

    valid: str | None
    believed: str | None

    def read(self, now: datetime) -> "AsOf":
        """Each axis by itself, now where it is left out."""
        from modelatlas.agent.time_scope import instant
        from modelatlas.graph.periods import AsOf

        valid = instant(self.valid, now) if self.valid is not None else now
        believed = instant(self.believed, now) if self.believed is not None else now
        return AsOf(valid=valid, believed=believed)

    def stood(self, now: datetime) -> "AsOf":
        """As things stood then: the axis that is left out goes with the other."""
        return AsOfWords(self.valid or self.believed, self.believed or self.valid).read(now)


def run(work: Callable[["Atlas"], Awaitable[T]], db: str | None, tenant: str | None) -> T:
    """Open the atlas and do the work; a new file begins with the built-in catalogue."""
    from modelatlas.agent.atlas import open as open_atlas

    async def opened() -> T:
        async with open_atlas(db, tenant=tenant) as atlas:
            return await work(atlas)

    return asyncio.run(opened())


def show(found: object) -> None:
    """Print text as it is, a table as a table, anything else as JSON."""
    if isinstance(found, str):
        sys.stdout.write(f"{found}\n")
    elif isinstance(found, dict):
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        from rich.console import Console

        Console(soft_wrap=False).print(found)
