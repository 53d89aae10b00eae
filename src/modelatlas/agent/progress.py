"""How far long work is, on a terminal's standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelatlas.graph.care.progress import Progress


@contextmanager
def shown_progress() -> "Iterator[Progress]":
    """A bar for the part of the work in hand; nothing where standard error is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("open", total=None)
        yield lambda part, done, total: bar.update(task, description=part, completed=done, total=total)
