"""The command line: what a person types, and what it prints.

Answers go to standard output, everything else to standard error. An error is one sentence and exit code 2.
Nothing heavy is imported before a command needs it.
"""

import sys

import typer

from modelatlas.agent import action_commands, care_commands, migration_commands, reading_commands, writing_commands
from modelatlas.graph.errors import AtlasError

app = typer.Typer(
    help="What is known about multimodal models: when it was true, and when it was on record.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(reading_commands.commands)
app.add_typer(writing_commands.commands)
app.add_typer(action_commands.commands)
app.add_typer(care_commands.commands)
app.add_typer(migration_commands.commands)


def main() -> None:
    """Run the command line; an error that a person can mend is one sentence and exit code 2."""
    try:
        app()
    except AtlasError as error:
        print(f"modelatlas: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
