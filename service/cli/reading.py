"""Commands that read documents: ingest, watch and extract."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from extractors.errors import InvalidRequest
from service.cli.options import SOME_FAILED, Db, Ocr, Published, Workers, settings_of, write

if TYPE_CHECKING:
    from service.ingest import Found, Outcome, Plan, Skipped
    from service.settings import Settings
    from service.tasks import Failure, Task
    from service.workers import Inline, Pool

app = typer.Typer()


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files and folders to read.", metavar="PATH…")],
    db: Db = None,
    published: Published = None,
    workers: Workers = None,
    ocr: Ocr = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write a JSON line a document on stdout.")] = False,
    retry_failed: Annotated[bool, typer.Option(help="Try again what failed before.")] = False,
    prune: Annotated[bool, typer.Option(help="Remove what came from files that are gone from these folders.")] = False,
    engine: Annotated[Literal["workers", "ray"], typer.Option(help="ray: extract on a Ray cluster (extra `cluster`).")] = "workers",
) -> None:
    """Read files and folders into the database; what is known is skipped, what was interrupted goes on."""
    from service import ingest as ingestion
    from service import store, terminal

    settings = settings_of(db, workers, ocr)
    walked = list(ingestion.walk(paths, settings.db))
    found = [item for item in walked if isinstance(item, ingestion.Found)]
    skipped = [item for item in walked if isinstance(item, ingestion.Skipped)]
    for item in skipped:
        terminal.err(f"skipped {item.name}: {item.reason}", "yellow")
    plan = ingestion.Plan(settings.options, published.date() if published else None, retry_failed)
    with store.opened(settings.db) as connection, _pool(settings, engine, workers) as pool:
        counts, by_type = _ingest(connection, found, plan, pool, as_json)
        counts["skipped"] = len(skipped)
        if prune and (not found or any(item.hides_files for item in skipped)):
            terminal.err("Not pruned: there are no files at all, or folders that cannot be listed; is a drive missing?", "yellow")
        elif prune:
            counts["pruned"] = len(ingestion.prune(connection, paths, found))
    terminal.summary(counts, counts.pop("documents"), by_type)
    if counts["failed"]:
        raise typer.Exit(SOME_FAILED)


def _pool(settings: Settings, engine: str, workers: int | None) -> Pool | Inline:
    """The pool of an engine; on a cluster, as many workers as it has processors unless some are asked for."""
    if engine == "workers":
        from service.workers import pool_of

        return pool_of(settings, for_store=True)
    from service.cluster import RayPool

    return RayPool(settings.options, settings.limits, count=workers, for_store=True)


def _ingest(db: Any, found: list[Found], plan: Plan, pool: Pool | Inline, as_json: bool) -> tuple[Counter[str], Counter[str]]:
    """Ingest under a progress bar; counts of outcomes, and of events by type."""
    from service import exports, terminal
    from service import ingest as ingestion
    from service.store import events

    counts: Counter[str] = Counter()
    documents: set[str] = set()
    with terminal.progress(len(found)) as (show, expect):

        def tell(outcome: Outcome) -> None:
            counts[outcome.state] += 1
            documents.update(filter(None, [outcome.document_id]))
            show(outcome)
            if as_json:
                write(exports.json_lines([outcome.as_json()]))

        ingestion.ingest(db, found, plan, pool, ingestion.Watcher(tell, expect))
    counts["documents"] = len(documents)
    return counts, events.counts_by_type(db, sorted(documents))


@app.command()
def watch(
    folders: Annotated[list[Path], typer.Argument(exists=True, file_okay=False, help="Folders to watch.", metavar="FOLDER…")],
    db: Db = None,
    published: Published = None,
    workers: Workers = None,
    ocr: Ocr = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write a JSON line a document on stdout.")] = False,
) -> None:
    """Ingest folders, then what is added or changed in them, until Ctrl-C (extra `watch`).

    The rules are those of `ingest`. A file that is removed keeps its records; `ingest --prune` removes them.
    """
    from service import exports, terminal, watch
    from service import ingest as ingestion

    def tell(found: Outcome | Skipped) -> None:
        if isinstance(found, ingestion.Skipped):
            terminal.err(f"skipped {found.name}: {found.reason}", "yellow")
        elif found.state == "failed":
            terminal.err(terminal.failure_line(found.name, found.code, found.message), "red")
        elif found.state != "known":
            terminal.err(f"{found.state} {found.name}")
        if as_json and isinstance(found, ingestion.Outcome):
            write(exports.json_lines([found.as_json()]))

    settings = settings_of(db, workers, ocr)
    terminal.err(f"Watching {', '.join(map(str, folders))}; Ctrl-C ends it.")
    watch.watch(folders, settings, ingestion.Plan(settings.options, published.date() if published else None), tell)


@app.command()
def extract(
    files: Annotated[list[str], typer.Argument(help="Files to read; - is stdin (JSON Lines or text).", metavar="FILE…")],
    published: Published = None,
    language: Annotated[str | None, typer.Option(help="Language of documents that cannot be told: fr or en.")] = None,
    workers: Workers = None,
    ocr: Ocr = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Only the Kth of N parts of these files and folders, into the folder of --out; `veille db import` merges them."),
    ] = None,
    out: Annotated[Path | None, typer.Option(file_okay=False, help="With --shard: the folder that it is written into.")] = None,
) -> None:
    """Write a record a line on stdout, in the order given; nothing is stored."""
    settings = settings_of(None, workers, ocr)
    if shard is not None or out is not None:
        if language is not None:
            raise InvalidRequest("--language: with --shard, name it in VEILLE_DEFAULT_LANGUAGE, as for `ingest`")
        from service.ingest import Plan

        _extract_shard([Path(name) for name in files], shard, out, Plan(settings.options, published.date() if published else None), settings)
        return
    from service.workers import pool_of, results

    with pool_of(settings, preload=False) as pool:  # its process loads on another core while this one imports the rest
        from extractors.formats import Hints
        from service import exports
        from service.tasks import Failure, File

        hints = Hints(published=published.date() if published else None, language=language)
        failed = 0
        given = (File(_bytes(name), "stdin" if name == "-" else name, hints) for name in files)
        for task, result in results(pool, given):
            if isinstance(result, Failure):
                failed += 1
                _report_failure(task, result)
            else:
                write(exports.json_lines([result.model_dump(mode="json")]))
    if failed:
        raise typer.Exit(SOME_FAILED)


def _extract_shard(paths: list[Path], part: str | None, out: Path | None, plan: Plan, settings: Settings) -> None:
    """Write a shard, and its manifest on stdout too."""
    from service import exports, shards, terminal
    from service import ingest as ingestion
    from service.workers import pool_of

    if part is None or out is None:
        raise InvalidRequest("--shard and --out: give both, such as --shard 3/10 --out shards/")
    shard = shards.Shard.parse(part)
    if missing := next((path for path in paths if not path.exists()), None):
        raise InvalidRequest(f"{missing}: there is no such file or folder")
    walked = list(ingestion.walk(paths, settings.db))
    for item in walked:
        if isinstance(item, ingestion.Skipped):
            terminal.err(f"skipped {item.name}: {item.reason}", "yellow")
    with pool_of(settings) as pool:
        made = shards.write((item for item in walked if isinstance(item, ingestion.Found)), plan, shard, pool, out)
    write(exports.json_lines([made.as_json()]))
    if made.failed:
        raise typer.Exit(SOME_FAILED)


def _bytes(name: str) -> Path | bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name)


def _report_failure(task: Task, failure: Failure) -> None:
    """The error in its place on stdout, and for people on stderr."""
    from service import exports, terminal

    write(exports.json_lines([{"id": task.tag, "error": {"code": failure.code, "message": failure.message}}]))
    terminal.err(terminal.failure_line(str(task.tag or ""), failure.code, failure.message), "red")
