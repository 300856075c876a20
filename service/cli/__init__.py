"""The command line: data on stdout, everything else on stderr, exit codes as SERVICE has them.

    reading     ingest, watch, extract
    asking      events, documents, show, export, types
    judging     evaluate
    serving     serve, keys, jobs
    upkeep      doctor, db
    options     what commands share

Whatever a command needs is imported when it runs, so that `veille --help` is there at once.
"""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from extractors.errors import InvalidRequest, MissingPart, VeilleError
from service.cli import asking, judging, reading, serving, upkeep
from service.cli.options import DOCUMENT_FILTERS, EVENT_FILTERS, INTERRUPTED, PART_MISSING, SOME_FAILED, UNEXPECTED, USAGE, FilterOptions

__all__ = ["DOCUMENT_FILTERS", "EVENT_FILTERS", "SOME_FAILED", "USAGE", "FilterOptions", "app", "main"]


class _Commands(TyperGroup):
    """Every error that Veille can name becomes one line and an exit code, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        from service import terminal

        try:
            return super().invoke(ctx)
        except VeilleError as error:
            terminal.err(f"Error: {error}", "red")
            code = PART_MISSING if isinstance(error, MissingPart) else USAGE if isinstance(error, InvalidRequest) else UNEXPECTED
            raise typer.Exit(code) from None
        except KeyboardInterrupt:
            done = " What is done is stored: the same command goes on from there." if ctx.invoked_subcommand in ("ingest", "watch") else ""
            terminal.err(f"Interrupted.{done}")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
for family in (reading, asking, judging, serving, upkeep):
    app.add_typer(family.app)


@app.callback()
def veille() -> None:
    """Turn a folder of French and English posts and reports into a table of events.

    Start with `veille ingest FOLDER`, then ask: `veille events --type training`.
    """


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):  # files are UTF-8 whatever the locale says
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    app()
