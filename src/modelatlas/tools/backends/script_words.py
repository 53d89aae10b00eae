"""Words with names in braces made into the words of a command, and into the files that it reads."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.script_names import BRACES, CHOSEN_TEXT, bare, inside, is_free, names_in
from modelatlas.tools.backends.script_values import Values

_PLAIN_CHOICE = re.compile(r"[\w][\w .+-]*")
_LOST = object()


@dataclass(frozen=True)
class Words:
    """Fills braces in with the values of one run."""

    values: Values

    def get(self, name: str) -> Any:
        """The value of a name, or None; chosen and joined words are made here."""
        head, within = bare(name), inside(name)
        if head == "chosen":
            choices = self.values.settings.chosen[str(within)]
            fitting = next((it for it in choices if all(self._holds(one) for one in it.when)), None)
            return None if fitting is None else self.text(fitting.value)
        if head == "joined":
            joined = self.values.settings.joined[str(within)]
            parts = [part for it in joined.parts if (part := self.text(it)) is not None]
            return joined.by.join(parts) or None
        if head == "written" and self.laid(str(within)) is None:
            return None
        value = self.values.get(name)
        if head in CHOSEN_TEXT and value is not None and not _PLAIN_CHOICE.fullmatch(str(value)):
            raise BadInput(f"{head} {str(value)[:40]!r} is no name of one: use letters, figures, spaces, . + - and _.")
        if isinstance(value, str) and "\0" in value:
            raise BadInput(f"{head} holds a zero character, which no command line can; take it out.")
        return value

    def group(self, words: tuple[str, ...]) -> list[str] | None:
        """The words of a group, or None where one of its braces is not met."""
        found: list[str] = []
        for word in words:
            whole = BRACES.fullmatch(word)
            value = self.get(whole["name"]) if whole and not whole["ask"] and whole["joint"] is None else None
            if isinstance(value, list | tuple):
                found += [_told(it) for it in value]
                continue
            text = self.text(word)
            if text is None:
                return None
            if text.startswith("-") and not BRACES.sub("", word).startswith("-"):
                raise BadInput(f"{text[:40]!r} would be read as a flag by {self.values.route}; begin it otherwise.")
            if text or not whole or not whole["ask"]:
                found.append(text)
        return found

    def text(self, template: str) -> str | None:
        """A word with its braces filled in, or None where one of them is not met."""
        filled, end = "", 0
        for brace in BRACES.finditer(template):
            value, ask = self.get(brace["name"]), brace["ask"]
            missing = value is None or value == () or (bool(ask) and value is False)
            if missing != (ask == "!"):
                return None
            filled += template[end : brace.start()] + ("" if ask else _told(value, brace["joint"]))
            end = brace.end()
        return filled + template[end:]

    def laid(self, name: str) -> str | None:
        """The content of a file that is laid beforehand, or None where one of the braces of a text is not met."""
        template = self.values.settings.written[name]
        if not isinstance(template, str):
            return json.dumps(self._structure(template), ensure_ascii=False, indent=1)
        for it in sorted(names_in(template)):
            value = self.get(it)
            if is_free(it) and isinstance(value, str):
                if len(value.splitlines()) > 1:
                    raise BadInput(f"{bare(it)} goes into one line of a file: leave line breaks out.")
                if "@@" in template and "@@" in value:
                    raise BadInput(
                        f"{bare(it)} holds @@, which {self.values.route} reads as a separator: leave it out."
                    )
        return self.text(template)

    def _holds(self, condition: str) -> bool:
        name, equals, wanted = condition.lstrip("!").partition("=")
        value = self.get(name)
        if equals:
            return value is not None and _told(value) == wanted
        return (value is None or value is False or value == ()) == condition.startswith("!")

    def _structure(self, template: Any) -> Any:
        """A JSON structure with its braces filled in; a value that is nothing but a name keeps its JSON type."""
        if isinstance(template, dict):
            pairs = ((self.text(key), self._structure(part)) for key, part in template.items())
            return {key: part for key, part in pairs if key is not None and part is not _LOST}
        if isinstance(template, list | tuple):
            return [part for it in template if (part := self._structure(it)) is not _LOST]
        if not isinstance(template, str):
            return template
        whole = BRACES.fullmatch(template)
        if whole and not whole["ask"] and whole["joint"] is None:
            value = self.get(whole["name"])
            return _LOST if value is None else _plain(value)
        text = self.text(template)
        return _LOST if text is None else text


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(it) for it in value]
    return str(value) if isinstance(value, Path) else value


def _told(value: Any, joint: str | None = None) -> str:
    if isinstance(value, list | tuple):
        return (joint or ",").join(_told(it) for it in value)
    return str(value)
