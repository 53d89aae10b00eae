"""The table: lines of figures, printed by rich, as Markdown or as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.machine import Machine

_COLUMNS = ("what", "claims", "figure or p50", "p95", "unit", "ratio", "to", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: a figure (of many timed calls the p50, then with a p95), and its ratio to another line's figure."""

    group: str
    what: str
    claims: int | None = None
    figure: float | None
    p95: float | None = None
    unit: str
    ratio: float | None = None
    to: str = ""
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line as texts, in the order of the columns."""
        claims = f"{self.claims:,}" if self.claims is not None else ""
        ratio = f"× {_short(self.ratio)}" if self.ratio is not None else ""
        return self.what, claims, _short(self.figure), _short(self.p95), self.unit, ratio, self.to, self.note


@dataclass(frozen=True, slots=True)
class Report:
    """All lines of one run, with where and how it was made."""

    machine: Machine
    command: str
    lines: tuple[Line, ...]

    def heading(self) -> tuple[str, ...]:
        """What must be known to read the table."""
        return (
            str(self.machine),
            f"Repeat with: {self.command}",
            "ratio = this line's figure by that of the line named under `to`; at the same size where none is named.",
        )

    def grouped(self) -> list[tuple[str, list[Line]]]:
        """The lines of each group, in the order of the groups' first lines."""
        groups: dict[str, list[Line]] = {}
        for line in self.lines:
            groups.setdefault(line.group, []).append(line)
        return list(groups.items())

    def print_table(self, console: Console) -> None:
        """Print it for a terminal."""
        table = Table(title="What modelatlas costs")
        for name, justify in zip(_COLUMNS, _justified("left", "right"), strict=True):
            table.add_column(name, justify="right" if justify == "right" else "left")
        for group, lines in self.grouped():
            table.add_section()
            table.add_row(f"[bold]{group}[/bold]")
            for line in lines:
                table.add_row(*line.cells())
        console.print(table)
        for text in self.heading():
            console.print(text, markup=False, soft_wrap=True)

    def markdown(self) -> str:
        """The same as Markdown."""
        rows = ["- " + text for text in self.heading()]
        rows += ["", _row(_COLUMNS), _row(_justified("---", "---:"))]
        for group, lines in self.grouped():
            rows.append(_row((f"**{group}**", *[""] * (len(_COLUMNS) - 1))))
            rows += [_row(line.cells()) for line in lines]
        return "\n".join(rows) + "\n"

    def write_json(self, path: Path) -> None:
        """Write it as one JSON object: machine, command, lines."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _short(number: float | None) -> str:
    """A number with about three digits that count."""
    if number is None:
        return ""
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    if abs(number) >= 10:
        return f"{number:.1f}"
    return f"{number:.2f}" if abs(number) >= 0.1 else f"{number:.3f}"


def _justified(left: str, right: str) -> Sequence[str]:
    return left, right, right, right, left, right, left, left


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
