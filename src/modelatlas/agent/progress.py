"""How far long work is, on a terminal's standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown_progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar for the part of the work in hand, and how much of how much is done, which may not be known.

    Nothing is shown where standard error is no terminal.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("open", total=None)
        yield lambda part, done, total: bar.update(task, description=part, completed=done, total=total)
