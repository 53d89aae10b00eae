"""Numbered citations, and dates and statements as a person reads them, in the language of the question."""

from typing import Any

from modelatlas.graph.reading import plain
from modelatlas.graph.vocabulary import modalities, predicate, tasks

Json = dict[str, Any]

_PERHAPS = {"en": "perhaps: ", "zh": "可能："}
_STANDING = {
    "promise": {"en": " (a promise)", "zh": "（承诺，尚非事实）"},
    "conflict": {"en": " (disputed)", "zh": "（有争议）"},
}
_WORDS = {
    "en": {"released": "released", "absent": "not published", "promised": "promised", "open": "open", "fixed": "fixed"},
    "zh": {"released": "已发布", "absent": "未发布", "promised": "已承诺", "open": "未修复", "fixed": "已修复"},
}


class Citations:
    """The facts an answer cites, in the order they were first cited; no revision from after `known` is named."""

    def __init__(self, known: str | None = None) -> None:
        self._known = known
        self.facts: list[Json] = []
        self._numbers: dict[str, int] = {}

    def __call__(self, fact: Json) -> str:
        """The mark of a fact, such as [1]."""
        if fact["id"] not in self._numbers:
            self.facts.append(fact)
            self._numbers[fact["id"]] = len(self.facts)
        return f"[{self._numbers[fact['id']]}]"

    def listed(self, language: str) -> str:
        """The sources, one line for all facts that one revision of a source states."""
        lines: dict[str, list[int]] = {}
        for number, fact in enumerate(self.facts, 1):
            lines.setdefault(_source(fact, language, self._known), []).append(number)
        return "\n".join(f"{''.join(f'[{it}]' for it in numbers)} {line}" for line, numbers in lines.items())


def _source(fact: Json, language: str, known: str | None) -> str:
    source = fact["source"]
    parts = [source["title"] or source["id"]]
    if source["date"] and (known is None or source["date"][:10] <= known[:10]):
        parts.append(f"dated {source['date'][:10]}" if language == "en" else f"日期 {source['date'][:10]}")
    else:
        recorded = date_of(fact["believed"], "start", language)
        parts.append(f"on record {recorded}" if language == "en" else f"记录于 {recorded}")
    if source["url"] and source["url"] != "seed.md":
        parts.append(source["url"])
    return " · ".join(parts)


def date_of(period: Json, bound: str, language: str) -> str:
    """A bound of a period with the precision it has."""
    text, precision, latest = period[bound], period[f"{bound}_precision"], period[f"{bound}_latest"]
    if precision == "open":
        return ""
    if precision == "unknown" or text is None:
        until = str(latest)[:10]
        return f"an unknown day up to {until}" if language == "en" else f"不晚于 {until} 的某日"
    if precision == "between":
        first, last = str(text)[:10], str(latest)[:10]
        return f"between {first} and {last}" if language == "en" else f"{first} 至 {last} 之间"
    return str(text)[: {"year": 4, "month": 7}.get(precision, 10)]


def validity(fact: Json, language: str) -> str:
    """Since when and until when a fact holds, in brackets; nothing where neither is known."""
    valid = fact["valid"]
    known = valid["start_precision"] != "unknown"
    start, end = date_of(valid, "start", language) if known else "", date_of(valid, "end", language)
    if language == "zh":
        parts = [f"自 {start} 起" if start else "", f"至 {end}" if end else ""]
        said = "，".join(part for part in parts if part)
        return f"（{said}）" if said else ""
    between = valid["start_precision"] == "between"
    parts = [f"{'since a day ' if between else 'since '}{start}" if start else "", f"until {end}" if end else ""]
    said = ", ".join(part for part in parts if part)
    return f" ({said})" if said else ""


def answer_of(fact: Json, language: str) -> str:
    """What a fact says of its predicate: the object, or what is measured and its value."""
    said, value = fact["object"], fact["value"]
    if fact["predicate"] in ("task", "input_modality", "output_modality") and said:
        term = tasks().get(said) or modalities().get(said)
        said = term.label[language] if term else said
    if value is None:
        return str(said)
    amount = _value(value, language) + (f" {fact['unit']}" if fact["unit"] else "")
    return f"{said}: {amount}" if said and language == "en" else f"{said}：{amount}" if said else amount


def statement(fact: Json, language: str) -> str:
    """A whole fact as one phrase, its uncertainty and standing told."""
    label = predicate(fact["predicate"]).label[language]
    perhaps = _PERHAPS[language] if fact["certainty"] == "possible" else ""
    standing = _STANDING.get(fact["qualifiers"].get("standing"), {}).get(language, "")
    colon = ": " if language == "en" else "："
    return f"{perhaps}{fact['subject']} {label}{colon}{answer_of(fact, language)}{standing}{validity(fact, language)}"


def _value(value: object, language: str) -> str:
    if isinstance(value, bool) and language == "zh":
        return "是" if value else "否"
    return _WORDS[language].get(value, value) if isinstance(value, str) else plain(value)
