"""The service and what belongs to it: serve, keys and jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from extractors.errors import InvalidRequest
from service.cli.options import Db, Workers, settings_of, write
from service.settings import PORT

app = typer.Typer()
keys_app = typer.Typer(help="The keys of the service, in the file that VEILLE_KEY_FILE names.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
jobs_app = typer.Typer(help="What came over HTTP: list, retry, cancel, or do it without the service.", no_args_is_help=True)
app.add_typer(jobs_app, name="jobs")


@app.command()
def serve(
    db: Db = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; one of another machine's needs a key, in the file that VEILLE_KEY_FILE names.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = PORT,
    make_key: Annotated[bool, typer.Option(help="Make the file of VEILLE_KEY_FILE where there is none, and say its key once.")] = False,
    explore: Annotated[
        bool, typer.Option(help="Show the tables below /data as well, by Datasette (extra `explore`); VEILLE_EXPLORE=sql allows SQL there.")
    ] = False,
) -> None:
    """Serve documents and events over HTTP; /docs shows how."""
    from dataclasses import replace

    from service import server, terminal

    settings = settings_of(db)
    if explore and settings.explore == "off":
        settings = replace(settings, explore="tables")
    key = server.prepare(settings, host, may_make_key=make_key)
    if key is not None:
        terminal.err(f"The key of this service, which is not said again: {key}")
    listening = server.listen(host, port)
    terminal.err(f"Veille on {server.address(listening)} (its API: /docs); Ctrl-C ends it.")
    server.run(settings, listening)


KeyName = Annotated[str, typer.Argument(help="Who has it: named for what it changes.", metavar="NAME")]


@keys_app.command("add")
def keys_add(name: KeyName, scope: Annotated[Literal["read", "write"], typer.Option(help="read: may change nothing.")] = "write") -> None:
    """Make a key and print it, once: only its digest is kept. A running service takes it at once."""
    from service import keys

    write([keys.add(_key_file(), name, scope) + "\n"])


@keys_app.command("list")
def keys_list() -> None:
    """List the keys by name and scope."""
    from service import keys, terminal

    terminal.table(((key.name, key.scope, key.digest[:12]) for key in keys.load(_key_file())), "name", "scope", "sha256")


@keys_app.command("revoke")
def keys_revoke(name: KeyName) -> None:
    """Take a key away; a running service turns it away at once."""
    from service import keys, terminal

    keys.revoke(_key_file(), name)
    terminal.err(f"{name}: revoked")


def _key_file() -> Path:
    path = settings_of(None).key_file
    if path is None:
        raise InvalidRequest("VEILLE_KEY_FILE: name the file of the keys in this variable")
    return path


JobId = Annotated[str | None, typer.Argument(help="Id of a job, as `veille jobs list` has it; without one, all.", metavar="[JOB]", show_default=False)]


@jobs_app.command("list")
def jobs_list(
    db: Db = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write a JSON line a job on stdout.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
) -> None:
    """List the last jobs, newest first, with what failed in them."""
    from dataclasses import asdict

    from service import exports, store, terminal
    from service.store import jobs

    with store.opened_for_reading(settings_of(db).db) as connection:
        found = jobs.latest(connection, limit)
    if as_json:
        write(exports.json_lines([{**job, "files": [asdict(result) for result in job["files"]]} for job in found]))
        return
    terminal.jobs_table(found)


@jobs_app.command("retry")
def jobs_retry(job: JobId = None, db: Db = None) -> None:
    """Queue what failed or was cancelled once more; a running service takes it up, else `veille jobs run`."""
    from service import store, terminal
    from service.store import jobs

    with store.opened(settings_of(db).db) as connection:
        _check_job(connection, job)
        count = jobs.retry(connection, job)
    terminal.err(f"{count} queued again" if count else "nothing failed whose bytes are still there")


@jobs_app.command("cancel")
def jobs_cancel(job: Annotated[str, typer.Argument(help="Id of a job.", metavar="JOB")], db: Db = None) -> None:
    """Extract nothing more of a job; what is stored stays."""
    import time

    from service import store, terminal
    from service.store import jobs

    with store.opened(settings_of(db).db) as connection:
        _check_job(connection, job)
        jobs.cancel(connection, job, now=time.time())
    terminal.err(f"{job}: cancelled")


@jobs_app.command("run")
def jobs_run(db: Db = None, workers: Workers = None) -> None:
    """Do what waits, without a service, and end."""
    from service import store, terminal
    from service.engine import Engine
    from service.store import jobs

    settings = settings_of(db, workers)
    with store.opened_for_reading(settings.db) as connection:
        waiting = jobs.open_items(connection)
    engine = Engine(settings)
    engine.start()
    try:
        engine.drain()
    finally:
        engine.stop()
    terminal.err(f"{waiting} done" if waiting else "nothing waits")


def _check_job(db: Any, job: str | None) -> None:
    from service.store import jobs

    if job is not None and jobs.about(db, job) is None:
        raise InvalidRequest(f"{job}: no such job; `veille jobs list` lists them")
