"""How a card says that the official repository runs the model, in the person's own environment."""

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from modelatlas.graph.dates import Value
from modelatlas.tools.backends.script_names import BRACES, bare, inside, is_free, known, names_in

ExtraKind = Literal["switch", "int", "float"]
_FILE = re.compile(r"[a-z][a-z0-9_]*\.(?:txt|json)")


class OutputRule(Value):
    """Where a script leaves what it made: a glob under the checkout or under {out}, and which match is it.

    Only files that are new or changed since the start are matches. `highest` takes the one with the highest number in
    its name, and one without a number where there is no other; `standard_output` takes what the script prints, as it
    is or as a printed Python list whose first item counts.
    """

    pattern: str = ""
    pick: Literal["newest", "highest", "all", "standard_output"]
    printed: Literal["text", "list"] = "text"


class Choice(Value):
    """A value, and when it is the one: each condition is name (it has a value), !name (none) or name=value."""

    when: tuple[str, ...] = ()
    value: str


class Joined(Value):
    """Parts that make one word together."""

    by: str
    parts: tuple[str, ...]


class ScriptSettings(Value):
    """A command line as a list, never through a shell; backends/script_names.py says what goes in braces.

    `program`: the first words; `python` and `torchrun` are those of the person's environment. `arguments`: groups of
    words; a group whose braces are not met is left out. `written`: files laid in the run's folder beforehand, a text or
    a JSON structure, named in arguments as {written[NAME]}; an entry of a structure whose braces are not met is left
    out. `driver`: a script of ours for a repository that has no command line, run by `program` as its first argument.
    `needs`: names without which it is not started, because the script would take an example of its own; a | between
    names means one of them, `a if b` that a is needed where b has a value. `weights_at`: by the id on the hub, the
    folder where the script looks for these weights.
    """

    backend: Literal["repo_script"]
    repository: str
    revision: str | None
    folder: str | None = Field(default=None, description="where in the checkout it is run; None: at the top")
    program: tuple[str, ...] = Field(min_length=1)
    arguments: tuple[tuple[str, ...], ...]
    written: dict[str, Any] = Field(default_factory=dict)
    joined: dict[str, Joined] = Field(default_factory=dict)
    chosen: dict[str, tuple[Choice, ...]] = Field(default_factory=dict)
    driver: str | None = None
    output: OutputRule
    output_for: dict[str, OutputRule] = Field(default_factory=dict, description="by tool, where it is another")
    defaults: dict[str, Any] = Field(default_factory=dict, description="values of names that the request leaves open")
    fixed: dict[str, Any] = Field(default_factory=dict, description="what the script uses whatever is asked")
    extra: dict[str, ExtraKind | tuple[str, ...]] = Field(
        default_factory=dict, description="settings of this model only, and the kind or the choices of each"
    )
    sizes: tuple[str, ...] = Field(default=(), description="the sizes it takes, as 1280*720: width first")
    needs: tuple[str, ...] = ()
    needs_files: tuple[str, ...] = Field(default=(), description="what must be in the checkout, as weights folders")
    weights_at: dict[str, str] = Field(default_factory=dict)
    requirements: str | None = Field(default="requirements.txt", description="what pip installs, in the checkout")
    variables: dict[str, str] = Field(default_factory=dict, description="environment variables it needs")
    fetches: bool = Field(default=False, description="fetches from the network on its own, at least the first time")
    fps: float | None = None
    timeout_s: float = Field(default=7200, gt=0)

    @property
    def names(self) -> frozenset[str]:
        """Every name that the command takes up."""
        asked = {it.lstrip("!").partition("=")[0] for many in self.chosen.values() for one in many for it in one.when}
        return frozenset(set().union(*(names_in(word) for word in self._words())) | asked)

    def rule_of(self, tool: str) -> OutputRule:
        """Where what a tool asks for is left."""
        return self.output_for.get(tool, self.output)

    def _words(self) -> Iterator[str]:
        yield from self.program
        for group in self.arguments:
            yield from group
        yield from (part for it in self.joined.values() for part in it.parts)
        yield from (one.value for many in self.chosen.values() for one in many)
        for name, template in self.written.items():
            yield name
            yield from _words_in(template)
        yield from (it.pattern for it in (self.output, *self.output_for.values()))
        yield from (*self.needs_files, *self.weights_at.values(), *self.variables.values())

    @model_validator(mode="after")
    def _names_are_known(self) -> "ScriptSettings":
        tables = {"written": self.written, "joined": self.joined, "chosen": self.chosen, "extra": self.extra}
        asked = {part for need in self.needs for either in need.split(" if ") for part in either.split("|")}
        for name in sorted(self.names | asked):
            if not known(name):
                raise ValueError(f"{{{name}}} stands for nothing: see the names in backends/script_names.py")
            table = tables.get(bare(name))
            if table is not None and inside(name) not in table:
                raise ValueError(f"{{{name}}} names nothing that the card has under {bare(name)}")
        for word in self._words():
            if rest := re.search(r"[{}]", BRACES.sub("", word)):
                raise ValueError(f"{word!r} has a {rest[0]} that belongs to no name in braces")
        if "size" in {bare(it) for it in self.names} and not self.sizes:
            raise ValueError("{size} needs sizes to choose from")
        return self

    @model_validator(mode="after")
    def _nobodys_words_become_a_flag(self) -> "ScriptSettings":
        loose = {name for name, many in self.chosen.items() if any(_free_first(one.value) for one in many)}
        for word in (*self.program, *(word for group in self.arguments for word in group)):
            first = _first(word)
            if first and (
                is_free(first["name"]) or (bare(first["name"]) == "chosen" and inside(first["name"]) in loose)
            ):
                raise ValueError(f"{word!r} could be read as a flag: write it as --flag={{{first['name']}}}")
        for name, it in self.joined.items():
            if free := next((one for part in it.parts for one in names_in(part) if is_free(one)), None):
                raise ValueError(f"joined.{name} holds {{{free}}}, whose words could hold {it.by!r}")
        for name in self.written:
            if not _FILE.fullmatch(name):
                raise ValueError(f"written.{name} is no plain name that ends in .txt or .json")
        return self


def _first(word: str) -> re.Match[str] | None:
    """The braces that a word begins with, but for those that only ask."""
    return BRACES.match(BRACES.sub(lambda it: "" if it["ask"] else it[0], word))


def _free_first(word: str) -> bool:
    first = _first(word)
    return first is not None and is_free(first["name"])


def _words_in(template: object) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict):
        for key, part in template.items():
            yield key
            yield from _words_in(part)
    elif isinstance(template, list | tuple):
        for part in template:
            yield from _words_in(part)
