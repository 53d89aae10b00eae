"""Runs the official repository of a model, in the person's own checkout and environment."""

import shlex
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from modelatlas.tools.backends.backend import CannotRun, Json, Made, NoOutput, Order, Progress
from modelatlas.tools.backends.script_command import Command, check_weights, compose
from modelatlas.tools.backends.script_desk import Desk
from modelatlas.tools.backends.script_log import Log, trouble_in
from modelatlas.tools.backends.script_output import Seen, brought_home, matches, picked, printed_text
from modelatlas.tools.backends.script_process import run_command
from modelatlas.tools.backends.script_tree import Tree
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.places import Place


class ScriptBackend:
    """A script of a checkout, started anew for every run.

    `passed_on` are environment variables the script shall have besides what it needs, as PATH or HF_HOME; nothing else
    of the environment reaches it. It may fetch from the hub where the place says download.
    """

    def __init__(self, route: Route, place: Place, *, passed_on: Mapping[str, str] | None = None) -> None:
        if not isinstance(route.run, ScriptSettings):
            raise CannotRun(f"{route.id} is not run by a script.")
        self._route = route
        self._settings = route.run
        self._tree = Tree(route.run, place)
        self._passed_on = dict(passed_on or {})

    def preview(self, order: Order) -> Json:
        """The exact command, its folder and environment, and the files that would be laid for it."""
        desk = Desk.of(order)
        command = self._command(desk)
        return {
            "argv": list(command.argv),
            "cwd": None if command.cwd is None else str(command.cwd),
            "written": {str(desk.written(name)): text for name, text in command.written.items()},
            "env": dict(command.env),
            "used": dict(command.used),
            "warnings": list(command.warnings),
        }

    def load(self, progress: Progress) -> None:
        """See that the checkout, its environment and its weights are there; a script has nothing to keep loaded."""
        progress("looking for the checkout", 0, None)
        self._tree.check(self._route.id)

    def run(self, order: Order, progress: Progress) -> Made:
        """Run the script once and find what it made."""
        self._tree.check(self._route.id)
        desk = Desk.of(order)
        command = self._command(desk)
        check_weights(self._route.id, self._settings, self._tree, command)
        try:
            desk.lay(command.written, set(command.folders))
            if self._settings.driver is not None:
                source = files("modelatlas.tools.backends.drivers") / self._settings.driver
                (desk.seen / self._settings.driver).write_text(source.read_text("utf-8"), "utf-8")
            return self._made(desk, command, progress)
        finally:
            desk.clear()

    def close(self) -> None:
        """Nothing is left between runs."""

    def _command(self, desk: Desk) -> Command:
        return compose(self._route.id, self._settings, self._tree, desk, self._passed_on)

    def _made(self, desk: Desk, command: Command, progress: Progress) -> Made:
        rule = self._settings.rule_of(desk.order.tool)
        out = desk.order.folder.absolute() / "out"
        timeout = self._tree.place.timeout_s or self._settings.timeout_s
        log = Log(desk.order.folder / "script.log")
        before = self._matches(rule.pattern, desk, out)
        try:
            status = run_command(command.argv, self._root, command.env, log, timeout, progress)
        finally:
            log.close()
        files = brought_home(picked(rule, before, self._matches(rule.pattern, desk, out)), out)
        text = printed_text(rule, bytes(log.printed)) if rule.pick == "standard_output" else None
        if desk.order.tool == "understand" and files:
            text, files = files[0].read_text("utf-8", "replace").strip(), ()
        if (not files and text is None) or status != 0:
            self._complain(log, status, bool(files) or text is not None)
        warnings = command.warnings
        if status != 0:
            warnings += (f"the script ended with {_status(status)} after it had written the result",)
        return Made(
            files=files,
            data={} if text is None else {"text": text},
            used=dict(command.used),
            warnings=warnings,
            weights_revision=self._tree.weights_revision(),
            device=self._tree.place.device,
        )

    @property
    def _root(self) -> Path:
        if self._tree.root is None:
            raise CannotRun(f"{self._route.id} needs a checkout of {self._settings.repository}.")
        return self._tree.root

    def _matches(self, pattern: str, desk: Desk, out: Path) -> Seen:
        return matches(pattern, self._root, out, desk.run) if pattern else {}

    def _complain(self, log: Log, status: int, made_something: bool) -> None:
        """Raise what went wrong, unless something was made and nothing known is wrong."""
        need, revision = self._route.min_vram_gb, self._settings.revision
        extras = ", ".join(sorted(self._settings.extra))
        known = trouble_in(
            log.text(),
            self._route.id,
            shlex.quote(str(self._tree.python)),
            self._settings.requirements,
            f" (it needs {need:g} GB at least)" if need is not None else "",
            f", set one of its extra settings ({extras})" if extras else "",
            f"; it was written for {revision}, check that out" if revision else "",
        )
        if known is not None:
            raise known
        if made_something:
            return
        said = log.last()
        detail = f" Its last lines: {said}" if said else " It printed nothing."
        killed = status == -9
        hint = "; the system killed it, most often for want of main memory" if killed else ""
        raise NoOutput(f"{self._route.id} ended with {_status(status)} and left no result{hint}.{detail}")


def _status(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
