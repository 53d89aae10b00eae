"""How a card says that the official repository runs the model, in the person's own environment."""

from typing import Any, Literal

from pydantic import Field

from modelatlas.graph.dates import Value


class OutputRule(Value):
    """Where a script leaves what it made: a glob under the checkout or under {out}, and which match is it."""

    pattern: str
    pick: Literal["newest", "highest", "all", "standard_output"]


class ScriptSettings(Value):
    """A command line as a list, never through a shell.

    `program`: the first words; `python` and `torchrun` are those of the person's environment. `arguments`: groups of
    words with {placeholders}; a group one of whose placeholders has no value is left out. `written`: files laid in the
    run's folder beforehand, a text or a JSON structure with placeholders, named in arguments as {written[NAME]}.
    `driver`: a script of ours for a repository that has no command line.
    """

    backend: Literal["repo_script"]
    repository: str
    revision: str | None
    program: tuple[str, ...]
    arguments: tuple[tuple[str, ...], ...]
    written: dict[str, Any] = Field(default_factory=dict)
    driver: str | None = None
    output: OutputRule
    defaults: dict[str, Any] = Field(default_factory=dict, description="values of placeholders the request leaves open")
    needs_files: tuple[str, ...] = Field(default=(), description="what must be in the checkout, as weights folders")
    fps: float | None = None
    timeout_s: float = 7200
