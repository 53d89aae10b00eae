"""Parsers rebuilt from the argument tables that were read from the official repositories."""

import argparse
import json
import re
from pathlib import Path
from typing import Any, NoReturn

_TABLES = Path(__file__).parents[1] / "cards" / "runners.json"


class Refused(Exception):
    """The parser did not take a command line."""


class Parser(argparse.ArgumentParser):
    """A parser that raises where argparse would end the program."""

    def error(self, message: str) -> NoReturn:
        """Raise with what argparse says."""
        raise Refused(message)


def tables() -> dict[str, list[dict[str, Any]]]:
    """The argument table of every route that a script runs, by the route's id."""
    runners = json.loads(_TABLES.read_text("utf-8"))["runners"]
    return {it["id"]: it["argv"] for it in runners if it["route"] == "repo_script"}


def parser_of(table: list[dict[str, Any]]) -> Parser:
    """The parser of a table; what has no flag and no place of its own is set in another way and left out."""
    found = Parser(allow_abbrev=False)
    for row in table:
        positional = row["required"] and not row["flag"].startswith("-")
        if not row["flag"].startswith("-") and not positional:
            continue
        flags = [row["flag"], *([row["long_flag"]] if "long_flag" in row else [])]
        if row["type"] == "flag":
            found.add_argument(*flags, action="store_true")
            continue
        given: dict[str, Any] = {"type": {"int": int, "float": float, "bool": _truth}.get(row["type"], str)}
        given |= {name: row[name] for name in ("choices", "nargs") if name in row}
        if not positional:
            given["required"] = row["required"]
        found.add_argument(*flags, **given)
    return found


def _truth(text: str) -> bool:
    if re.fullmatch("true|false", text.casefold()) is None:
        raise argparse.ArgumentTypeError(text)
    return text.casefold() == "true"
