"""A text whose understood words have each become one character, so that a grammar can be written over them.

"what was known between March and June 2025" first becomes "what was known between D and D", then
"what was known T", where D and T are characters of Unicode's two private planes: `DATE` matches a date and
`TIME` a whole time expression. A mark remembers the words it stands for; what they mean is the caller's.
"""

import re
from collections.abc import Callable, Collection
from typing import TypeVar

Meaning = TypeVar("Meaning")

DATE = "[\U000f0000-\U000ffffd]"
TIME = "[\U00100000-\U0010fffd]"

_PLANES = {DATE: range(0xF0000, 0xFFFFE), TIME: range(0x100000, 0x10FFFE)}
_MARK = re.compile("[\U000f0000-\U0010ffff]")
_PLAIN = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {0x3000: " ", 0xA0: " ", 0x2019: "'"}
_WIDE = r"[\u3000-\u9fff\uff00-\uffef]"
_STOP = r",.;:?!，。；：？！、"


class MarkedText:
    """A text, its marks, and the words each mark stands for."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(_MARK.sub(" ", text).translate(_PLAIN).split())
        self.words: dict[str, str] = {}

    def mark(
        self,
        pattern: re.Pattern[str],
        plane: str,
        meanings: dict[str, Meaning],
        read: Callable[[re.Match[str]], Meaning | None],
    ) -> None:
        """Put a mark where the pattern's group `it` (or all of it) matches and `read` gives a meaning."""

        def put(found: re.Match[str]) -> str:
            group = "it" if "it" in pattern.groupindex else 0
            meaning = read(found)
            if meaning is None or len(self.words) >= len(_PLANES[plane]):
                return found[0]
            mark = chr(_PLANES[plane][len(self.words)])
            self.words[mark] = self.plain(found[group]).strip()
            meanings[mark] = meaning
            start, end = (place - found.start() for place in found.span(group))
            return found[0][:start] + mark + found[0][end:]

        self.text = pattern.sub(put, self.text)

    def plain(self, text: str) -> str:
        """The text with the words put back for its marks."""
        return _MARK.sub(lambda found: self.words[found[0]], text)

    def marks(self) -> list[str]:
        """The marks that stand in the text, in its order."""
        return _MARK.findall(self.text)

    def without(self, marks: Collection[str]) -> str:
        """The text without these marks and what they leave dangling; other marks give back their words."""
        text = self.text
        for mark in marks:
            text = re.sub(rf"(?<={_WIDE})\s*{mark}\s*|\s*{mark}\s*(?={_WIDE})", "", text)
            text = text.replace(mark, " ")
        text = " ".join(self.plain(text).split())
        if not marks:
            return text
        text = re.sub(rf"(?:\s?[,，、])*\s([{_STOP}])(?!\w)", r"\1", text)
        text = re.sub(r"[,，、]\s?(?=[?.!,，？。！])|\(\s?\)|（\s?）", "", text)
        return text.lstrip(_STOP + " ").rstrip(",，、;；:： ")
