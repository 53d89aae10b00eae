"""What a question insists on, read from its words: memory, licence, language, length, resolution."""

import re

from modelatlas.graph.text import folded
from modelatlas.tools.constraints import Needs

_CARDS_GB = {
    "rtx 5090": 32,
    "5090": 32,
    "4090": 24,
    "3090": 24,
    "4080": 16,
    "4070": 12,
    "3060": 12,
    "4060": 8,
    "h200": 141,
    "h100": 80,
    "a100": 80,
    "a800": 80,
    "l40s": 48,
    "a6000": 48,
    "l4": 24,
    "t4": 16,
}  # the cards' own memory by their makers' data sheets; of two sizes the larger is not assumed for A100 40 GB

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*(?:gb|gib|g)(?![a-z])")
_CARD = re.compile(rf"(?<![a-z0-9])({'|'.join(map(re.escape, _CARDS_GB))})(?![a-z0-9])")
_COMMERCIAL = re.compile(r"(?<!non-)(?<!non )\bcommercial|(?<!非)商用|(?<!非)商业")
_OPEN = re.compile(
    r"\bopen(?:[- ](?:source|weights?))?\b|\bweights?\b[^.?!]{0,20}\b(?:released|public|available)|\breleased weights"
    r"|\bdownload|\blocally\b|\bself[- ]host|开源|开放权重|公开权重|权重|本地(?:运行|部署)"
)
_CHINESE = re.compile(r"\bchinese\b|中文|汉语|普通话")
_ENGLISH = re.compile(r"\benglish\b|英文|英语")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:-\s*)?(seconds?|secs?|s|秒|minutes?|mins?|分钟)(?![a-z])")
_LINES = re.compile(r"(?<!\d)(\d{3,4})\s*p(?![a-z])|(?<![a-z0-9])([248])k(?![a-z])")
_PRICE = re.compile(r"(?:under|below|at most|less than|低于|不超过)\s*\$?\s*(\d+(?:\.\d+)?)\s*(?:usd|dollars?|美元)")


def needs(question: str) -> Needs:
    """The hard constraints that stand in a question, in English or Chinese."""
    text = folded(question)
    return Needs(
        commercial=bool(_COMMERCIAL.search(text)),
        max_vram_gb=_memory(text),
        open_weights=bool(_OPEN.search(text)),
        language="Chinese" if _CHINESE.search(text) else "English" if _ENGLISH.search(text) else None,
        min_seconds=_seconds(text),
        min_resolution=_resolution(text),
        max_price=float(found[1]) if (found := _PRICE.search(text)) else None,
    )


def _memory(text: str) -> float | None:
    if found := _MEMORY.search(text):
        return float(found[1])
    return float(_CARDS_GB[found[1]]) if (found := _CARD.search(text)) else None


def _seconds(text: str) -> float | None:
    found = _SECONDS.search(text)
    if found is None:
        return None
    return float(found[1]) * (60 if found[2].startswith(("m", "分")) else 1)


def _resolution(text: str) -> int | None:
    found = _LINES.search(text)
    if found is None:
        return None
    return int(found[1]) if found[1] else {"2": 1440, "4": 2160, "8": 4320}[found[2]]
