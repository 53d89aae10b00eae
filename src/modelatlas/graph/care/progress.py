"""How far long work is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]  # the part, how much of it is done, and of how much


def unseen(part: str, done: int, total: int) -> None:
    """For work of which nobody wants to see how far it is."""
