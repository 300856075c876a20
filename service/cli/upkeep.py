"""What keeps an installation sound: doctor, and the database's own commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.options import PART_MISSING, SOME_FAILED, UNEXPECTED, Db, settings_of

app = typer.Typer()
db_app = typer.Typer(help="Check, copy or upgrade the database.", no_args_is_help=True)
app.add_typer(db_app, name="db")


@app.command()
def doctor(db: Db = None) -> None:
    """Check what Veille needs: Python, SQLite, models, gazetteer, text recognition, disk, port; each fault with its cure."""
    from service import doctor as checkup
    from service import terminal

    checks = list(checkup.checks(settings_of(db)))
    terminal.table((("ok" if c.is_ok else "FAULT", c.part, c.found, c.cure if not c.is_ok else "") for c in checks), "", "part", "found", "what to do")
    if not all(c.is_ok for c in checks):
        raise typer.Exit(PART_MISSING)


@db_app.command()
def check(db: Db = None) -> None:
    """Look for damage in the database."""
    from service import store, terminal

    path = settings_of(db).db
    with store.opened_for_reading(path) as connection:
        faults = store.check(connection)
    for fault in faults:
        terminal.err(fault, "red")
    terminal.err(f"{path}: {len(faults)} faults; restore a backup" if faults else f"{path}: sound")
    if faults:
        raise typer.Exit(UNEXPECTED)


@db_app.command()
def backup(out: Annotated[Path, typer.Argument(help="The file to write.")], db: Db = None) -> None:
    """Copy the database while it is in use; the copy is opened with --db like any other."""
    from service import store, terminal

    with store.opened_for_reading(settings_of(db).db) as connection:
        store.back_up(connection, out)
    terminal.err(f"copied to {out}")


@db_app.command("import")
def import_shards(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Shards, or folders of them, that `veille extract --shard` wrote.", metavar="SHARD…")],
    db: Db = None,
) -> None:
    """Merge shards into the database, as if their files had been ingested; what is known is skipped.

    Give all shards of a command at once: a file of many documents counts as read when all its shards are there.
    """
    from collections import Counter

    from service import importing, shards, store, terminal
    from service.ingest import Outcome, Watcher

    counts: Counter[str] = Counter()

    def tell(outcome: Outcome) -> None:
        counts[outcome.state] += 1
        if outcome.state == "failed":
            terminal.err(terminal.failure_line(outcome.name, outcome.code, outcome.message), "red")

    found = shards.manifests(paths)
    with store.opened(settings_of(db).db) as connection:
        importing.merge(connection, found, Watcher(tell))
    terminal.err(f"{len(found)} shards: " + ", ".join(f"{counts[state]} {state}" for state in ("new", "updated", "known", "failed")))
    if counts["failed"]:
        raise typer.Exit(SOME_FAILED)


@db_app.command()
def upgrade(db: Db = None) -> None:
    """Bring the database of an older Veille up to this one; ingest does so by itself."""
    from service import store, terminal

    path = settings_of(db).db
    if not path.exists():
        raise store.StoreError(f"{path}: there is no such database; name another with --db")
    with store.opened(path):
        terminal.err(f"{path}: up to date")
