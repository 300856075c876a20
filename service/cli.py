"""The command line: data on stdout, everything else on stderr, exit codes as SERVICE has them.

Whatever a command needs is imported when it runs, so that `veille --help` is there at once.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from extractors.errors import InvalidRequest, MissingPart, VeilleError

if TYPE_CHECKING:
    from extractors.event_types import EventType
    from service.ingest import Found, Outcome, Plan
    from service.queries import EventFilter
    from service.settings import Settings
    from service.tasks import Failure, Task
    from service.workers import Inline, Pool

OK, UNEXPECTED, USAGE, SOME_FAILED, PART_MISSING, THRESHOLD_MISSED, INTERRUPTED = 0, 1, 2, 3, 5, 6, 130
Format = Literal["table", "json", "jsonl", "csv"]
EventFormat = Literal["table", "json", "jsonl", "csv", "geojson", "ics"]
_ROWS_ON_TERMINAL = 100


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
            done = " What is done is stored: the same command goes on from there." if ctx.invoked_subcommand == "ingest" else ""
            terminal.err(f"Interrupted.{done}")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
db_app = typer.Typer(help="Check, copy or upgrade the database.", no_args_is_help=True)
app.add_typer(db_app, name="db")
keys_app = typer.Typer(help="The keys of the service, in the file that VEILLE_KEY_FILE names.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
jobs_app = typer.Typer(help="What came over HTTP: list, retry, cancel, or do it without the service.", no_args_is_help=True)
app.add_typer(jobs_app, name="jobs")


@app.callback()
def veille() -> None:
    """Turn a folder of French and English posts and reports into a table of events.

    Start with `veille ingest FOLDER`, then ask: `veille events --type training`.
    """


Db = Annotated[Path | None, typer.Option(help="The database.  [default: VEILLE_DB, else veille.db]", show_default=False)]
Workers = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Processes that extract; 0: this one alone, without limits of time and memory.  [default: VEILLE_WORKERS, else one a processor]",
        show_default=False,
    ),
]
Published = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Day of publication, for documents that do not say it.")]
As = Annotated[Format, typer.Option("--format", "-f", help="How to write it.")]
EventsAs = Annotated[EventFormat, typer.Option("--format", "-f", help="How to write it.")]
AllEvents = Annotated[bool, typer.Option("--all", help="In a calendar: every event, not only those that are planned.")]
# Filters of service/queries.py as options: name there, flags, help, whether it may be given more than once.
# A table of their own, because queries.py loads pydantic; a test holds the two together.
EVENT_FILTERS = (
    ("q", ("--q", "-q"), 'Words of the event: all of them; "exact phrase", begin*.', False),
    ("type", ("--type", "-t"), "Event type, such as training (see `veille types`).", True),
    ("status", ("--status",), "occurred, planned, ongoing, cancelled or postponed.", True),
    ("country", ("--country",), "Country code, such as ML.", True),
    ("place", ("--place",), "Words of a place's name.", False),
    ("organisation", ("--organisation",), "Words of an organisation's name, or its acronym.", False),
    ("language", ("--language",), "Language of the document: fr or en.", False),
    ("from", ("--from",), "On this day or later.", False),
    ("to", ("--to",), "On this day or earlier.", False),
    ("bbox", ("--bbox",), "west,south,east,north in degrees.", False),
    ("min_confidence", ("--min-confidence",), "Least confidence, 0 to 1.", False),
    ("review", ("--review",), "open, to_check, accepted, corrected or rejected; by default all but rejected.", True),
    ("document", ("--document",), "Id of the document, or a source.", False),
    ("group", ("--group",), "Id of an event: it, and the same one in other documents.", False),
    ("once", ("--once",), "true: each event once, however many documents report it.", False),
    ("sort", ("--sort",), "date, published, confidence or type; with - descending.", False),
    ("limit", ("--limit",), "At most so many.", False),
)
DOCUMENT_FILTERS = (
    ("q", ("--q", "-q"), 'Words of the text: all of them; "exact phrase", begin*.', False),
    ("state", ("--state",), "done or failed.", False),
    ("language", ("--language",), "fr or en.", False),
    ("published_from", ("--published-from",), "Published on this day or later.", False),
    ("published_to", ("--published-to",), "Published on this day or earlier.", False),
    ("sort", ("--sort",), "published, title, source, events or extracted_at; with - descending.", False),
    ("limit", ("--limit",), "At most so many.", False),
)
FilterOptions = tuple[tuple[str, tuple[str, ...], str, bool], ...]


def _filtered(options: FilterOptions) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command, which takes `filters`, an option for each filter; those not given are left out."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        names = {f"filter_{name}": name for name, *_ in options}

        @functools.wraps(command)
        def run(**given: Any) -> None:
            filters = {names[key]: given.pop(key) for key in names}
            command(**given, filters={name: value for name, value in filters.items() if value not in (None, [])})

        added = [
            inspect.Parameter(
                f"filter_{name}",
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[list[str] | None if many else str | None, typer.Option(*flags, help=text, metavar=name.upper(), show_default=False)],
            )
            for name, flags, text, many in options
        ]
        own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "filters"]
        run.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in (*own, *added)}
        return run

    return decorate


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Files and folders to read.", metavar="PATH…")],
    db: Db = None,
    published: Published = None,
    workers: Workers = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write a JSON line a document on stdout.")] = False,
    retry_failed: Annotated[bool, typer.Option(help="Try again what failed before.")] = False,
    prune: Annotated[bool, typer.Option(help="Remove what came from files that are gone from these folders.")] = False,
) -> None:
    """Read files and folders into the database; what is known is skipped, what was interrupted goes on."""
    from service import ingest as ingestion
    from service import store, terminal
    from service.workers import pool_of

    settings = _settings(db, workers)
    walked = list(ingestion.walk(paths, settings.db))
    found = [item for item in walked if isinstance(item, ingestion.Found)]
    skipped = [item for item in walked if isinstance(item, ingestion.Skipped)]
    for item in skipped:
        terminal.err(f"skipped {item.name}: {item.reason}", "yellow")
    plan = ingestion.Plan(settings.options, published.date() if published else None, retry_failed)
    with store.opened(settings.db) as connection, pool_of(settings) as pool:
        counts, by_type = _ingest(connection, found, plan, pool, as_json)
        counts["skipped"] = len(skipped)
        if prune and (not found or any(item.hides_files for item in skipped)):
            terminal.err("Not pruned: there are no files at all, or folders that cannot be listed; is a drive missing?", "yellow")
        elif prune:
            counts["pruned"] = len(ingestion.prune(connection, paths, found))
    terminal.summary(counts, counts.pop("documents"), by_type)
    if counts["failed"]:
        raise typer.Exit(SOME_FAILED)


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
                _write(exports.json_lines([outcome.as_json()]))

        ingestion.ingest(db, found, plan, pool, ingestion.Watcher(tell, expect))
    counts["documents"] = len(documents)
    return counts, events.counts_by_type(db, sorted(documents))


@app.command()
def extract(
    files: Annotated[list[str], typer.Argument(help="Files to read; - is stdin (JSON Lines or text).", metavar="FILE…")],
    published: Published = None,
    language: Annotated[str | None, typer.Option(help="Language of documents that cannot be told: fr or en.")] = None,
    workers: Workers = None,
) -> None:
    """Write a record a line on stdout, in the order given; nothing is stored."""
    from extractors.formats import Hints
    from service import exports
    from service.tasks import Failure, File
    from service.workers import pool_of, results

    settings = _settings(None, workers)
    hints = Hints(published=published.date() if published else None, language=language)
    failed = 0
    given = (File(_bytes(name), "stdin" if name == "-" else name, hints) for name in files)
    with pool_of(settings, preload=False) as pool:
        for task, result in results(pool, given):
            if isinstance(result, Failure):
                failed += 1
                _report_failure(task, result)
            else:
                _write(exports.json_lines([result.model_dump(mode="json")]))
    if failed:
        raise typer.Exit(SOME_FAILED)


def _bytes(name: str) -> Path | bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name)


def _report_failure(task: Task, failure: Failure) -> None:
    """The error in its place on stdout, and for people on stderr."""
    from service import exports, terminal

    _write(exports.json_lines([{"id": task.tag, "error": {"code": failure.code, "message": failure.message}}]))
    terminal.err(terminal.failure_line(str(task.tag or ""), failure.code, failure.message), "red")


@app.command()
@_filtered(EVENT_FILTERS)
def events(filters: dict[str, Any], db: Db = None, format: EventsAs = "table", every: AllEvents = False) -> None:
    """List events; without a filter, all of them."""
    from service import exports, store, terminal
    from service.store import events as stored

    with store.opened_for_reading(_settings(db).db) as connection:
        wanted = _event_filter(connection, filters)
        if format == "table":
            _table(terminal.events_table, stored.find, connection, wanted)
        else:
            form = exports.EVENT_FORMATS[format]
            _write(exports.event_lines(connection, wanted if every else form.narrowed(wanted), form))


@app.command()
@_filtered(DOCUMENT_FILTERS)
def documents(filters: dict[str, Any], db: Db = None, format: As = "table") -> None:
    """List documents, and the files that gave none."""
    from service import exports, store, terminal
    from service.queries import DocumentFilter
    from service.store import documents as stored

    wanted = DocumentFilter.parse(filters)
    with store.opened_for_reading(_settings(db).db) as connection:
        if format == "table":
            _table(terminal.documents_table, stored.find, connection, wanted)
        elif format == "csv":
            _write(exports.csv_lines(stored.find(connection, wanted), exports.DOCUMENT_COLUMNS))
        else:
            _write(exports.EVENT_FORMATS[format].lines(stored.find(connection, wanted)))


def _table(draw: Callable[[Iterable[Mapping[str, Any]]], int], find: Callable[..., Iterator[dict[str, Any]]], db: Any, wanted: Any) -> None:
    """Draw what is found; on a terminal, and without a limit given, the first hundred with a word on the rest."""
    from service import terminal

    is_cut = wanted.limit is None and sys.stdout.isatty()
    rows = list(find(db, wanted.model_copy(update={"limit": _ROWS_ON_TERMINAL + 1}) if is_cut else wanted))
    draw(rows[:_ROWS_ON_TERMINAL] if is_cut else rows)
    if is_cut and len(rows) > _ROWS_ON_TERMINAL:
        terminal.err(f"The first {_ROWS_ON_TERMINAL}; there are more: --limit N, or -f csv for all.")


@app.command()
def show(document: Annotated[str, typer.Argument(help="Id of a document or its first letters, a source, or the id of an event.")], db: Db = None) -> None:
    """Show a document: its text with what was found in colour, its events below."""
    from service import store, terminal
    from service.store import documents as stored

    with store.opened_for_reading(_settings(db).db) as connection:
        record = stored.record(connection, _document_id(connection, document))
    if record is not None:
        terminal.show(record)


@app.command()
@_filtered(EVENT_FILTERS)
def export(
    out: Annotated[Path, typer.Argument(help="The file to write; its suffix says the format: .csv, .jsonl, .geojson or .ics.")],
    filters: dict[str, Any],
    db: Db = None,
    every: AllEvents = False,
    what: Annotated[
        Literal["events", "gold"], typer.Option(help="gold: the reviewed documents, as people left them, to test extraction with (.jsonl).")
    ] = "events",
) -> None:
    """Write the events that pass the filters into a file, or the reviewed documents as gold."""
    from service import exports, store, terminal

    with store.opened_for_reading(_settings(db).db) as connection:
        if what == "gold":
            if filters:
                raise InvalidRequest(f"--{next(iter(filters))}: gold holds every reviewed document; leave the filters out")
            terminal.err(f"{exports.write_gold(connection, out)} documents written to {out}")
            return
        written = exports.write(connection, _event_filter(connection, filters), out, every_status=every)
    left_out = f"; {written.left_out} without a day left out" if written.left_out else ""
    terminal.err(f"{written.events} events written to {out}{left_out}")


@app.command()
def types(name: Annotated[str | None, typer.Argument(help="One type, described.")] = None) -> None:
    """List the event types, or describe one."""
    from extractors import event_types
    from service import terminal

    known = event_types.load_all(_settings(None).options.types_folder)
    if name is None:
        terminal.table(((t.name, t.label["fr"], t.label["en"], t.definition["en"]) for t in known.values()), "type", "fr", "en", "definition")
        return
    if name not in known:
        raise InvalidRequest(f"{name}: there is no such event type; those that exist: {', '.join(known)}")
    _describe(known[name])


def _describe(kind: EventType) -> None:
    from service import terminal

    terminal.paragraph(kind.name, "bold")
    for code, entries in kind.entries.items():
        terminal.paragraph(f"\n{kind.label[code]}: {kind.definition[code]}")
        for word_class in ("nouns", "verbs"):
            words = [word for entry in entries if entry.word_class == word_class for word in entry.words]
            if words:
                terminal.paragraph(f"  {word_class}: {', '.join(words)}")
        for example in [example for entry in entries for example in entry.examples]:
            terminal.paragraph(f"  · {example}", "italic")


@app.command()
def evaluate(
    gold: Annotated[list[Path], typer.Argument(exists=True, help="Gold files (.json, .jsonl) or folders of them.", metavar="GOLD…")],
    predicted: Annotated[Path | None, typer.Option(exists=True, help="Records, a line each; without it, the gold texts are extracted.")] = None,
    fail_under: Annotated[float | None, typer.Option(min=0, max=1, help="Exit with 6 where a row's F1 is lower.")] = None,
    errors: Annotated[bool, typer.Option(help="List every disagreement.")] = False,
) -> None:
    """Score records against gold documents: precision, recall, F1."""
    from extractors import evaluate as evaluation
    from service import terminal

    golds = evaluation.load_gold(gold)
    records = _predictions(predicted) if predicted is not None else _extracted(golds, _settings(None))
    result = evaluation.evaluate(golds, records)
    terminal.paragraph(result.table())
    if errors:
        _write(f"{found}\n" for found in evaluation.disagreements(golds, records))
    low = [name for name, row in result.rows.items() if fail_under is not None and row.f1 < fail_under]
    if low:
        terminal.err(f"F1 under {fail_under}: {', '.join(low)}", "red")
        raise typer.Exit(THRESHOLD_MISSED)


def _predictions(path: Path) -> dict[str, Any]:
    """Records of a file by id; lines that report an error hold none."""
    import json

    records = {}
    with path.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line) if line.strip() else {}
            except ValueError as error:
                raise InvalidRequest(f"{path}, line {number}: not JSON ({error}); give what `veille extract` wrote") from error
            if "entities" in record:
                records[record["id"]] = record
    return records


def _extracted(golds: Iterable[Mapping[str, Any]], settings: Settings) -> dict[str, Any]:
    """Records of the gold texts, from what an extractor is given: id, text, title, day of publication."""
    from extractors.formats import Hints
    from service import exports
    from service.tasks import Failure, File
    from service.workers import pool_of, results

    given = [{key: gold.get(key) for key in ("id", "text", "title", "published")} for gold in golds]
    data = "".join(exports.json_lines(given)).encode()
    records = {}
    with pool_of(settings, preload=False) as pool:
        for task, result in results(pool, [File(data, "gold.jsonl", Hints())]):
            if isinstance(result, Failure):
                _report_failure_of_gold(task, result)
            else:
                records[result.id] = result.model_dump(mode="json")
    return records


def _report_failure_of_gold(task: Task, failure: Failure) -> None:
    from service import terminal

    terminal.err(terminal.failure_line(str(task.tag or ""), failure.code, failure.message), "red")


@app.command()
def serve(
    db: Db = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; one of another machine's needs a key, in the file that VEILLE_KEY_FILE names.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = 8000,
    make_key: Annotated[bool, typer.Option(help="Make the file of VEILLE_KEY_FILE where there is none, and say its key once.")] = False,
) -> None:
    """Serve documents and events over HTTP; /docs shows how."""
    from service import server, terminal

    settings = _settings(db)
    key = server.prepare(settings, host, may_make_key=make_key)
    if key is not None:
        terminal.err(f"The key of this service, which is not said again: {key}")
    listening = server.listen(host, port)
    terminal.err(f"Veille on {server.address(listening)}/docs; Ctrl-C ends it.")
    server.run(settings, listening)


@app.command()
def doctor(db: Db = None) -> None:
    """Check what Veille needs: Python, SQLite, models, gazetteer, disk; each fault with its cure."""
    from service import doctor as checkup
    from service import terminal

    checks = list(checkup.checks(_settings(db)))
    terminal.table((("ok" if c.is_ok else "FAULT", c.part, c.found, c.cure if not c.is_ok else "") for c in checks), "", "part", "found", "what to do")
    if not all(c.is_ok for c in checks):
        raise typer.Exit(PART_MISSING)


@db_app.command()
def check(db: Db = None) -> None:
    """Look for damage in the database."""
    from service import store, terminal

    path = _settings(db).db
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

    with store.opened_for_reading(_settings(db).db) as connection:
        store.back_up(connection, out)
    terminal.err(f"copied to {out}")


@db_app.command()
def upgrade(db: Db = None) -> None:
    """Bring the database of an older Veille up to this one; ingest does so by itself."""
    from service import store, terminal

    path = _settings(db).db
    if not path.exists():
        raise store.StoreError(f"{path}: there is no such database; name another with --db")
    with store.opened(path):
        terminal.err(f"{path}: up to date")


KeyName = Annotated[str, typer.Argument(help="Who has it: named for what it changes.", metavar="NAME")]


@keys_app.command("add")
def keys_add(name: KeyName, scope: Annotated[Literal["read", "write"], typer.Option(help="read: may change nothing.")] = "write") -> None:
    """Make a key and print it, once: only its digest is kept. A running service takes it at once."""
    from service import keys

    _write([keys.add(_key_file(), name, scope) + "\n"])


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
    path = _settings(None).key_file
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

    with store.opened_for_reading(_settings(db).db) as connection:
        found = jobs.latest(connection, limit)
    if as_json:
        _write(exports.json_lines([{**job, "files": [asdict(result) for result in job["files"]]} for job in found]))
        return
    terminal.jobs_table(found)


@jobs_app.command("retry")
def jobs_retry(job: JobId = None, db: Db = None) -> None:
    """Queue what failed or was cancelled once more; a running service takes it up, else `veille jobs run`."""
    from service import store, terminal
    from service.store import jobs

    with store.opened(_settings(db).db) as connection:
        _check_job(connection, job)
        count = jobs.retry(connection, job)
    terminal.err(f"{count} queued again" if count else "nothing failed whose bytes are still there")


@jobs_app.command("cancel")
def jobs_cancel(job: Annotated[str, typer.Argument(help="Id of a job.", metavar="JOB")], db: Db = None) -> None:
    """Extract nothing more of a job; what is stored stays."""
    import time

    from service import store, terminal
    from service.store import jobs

    with store.opened(_settings(db).db) as connection:
        _check_job(connection, job)
        jobs.cancel(connection, job, now=time.time())
    terminal.err(f"{job}: cancelled")


@jobs_app.command("run")
def jobs_run(db: Db = None, workers: Workers = None) -> None:
    """Do what waits, without a service, and end."""
    from service import store, terminal
    from service.engine import Engine
    from service.store import jobs

    settings = _settings(db, workers)
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


def _settings(db: Path | None, workers: int | None = None) -> Settings:
    """The settings of the environment, but for what the command line says."""
    from dataclasses import replace

    from service import failpoints, settings

    loaded = settings.load()
    failpoints.arm(loaded.failpoints)
    return replace(loaded, db=loaded.db if db is None else db, workers=loaded.workers if workers is None else workers)


def _event_filter(db: Any, filters: Mapping[str, Any]) -> EventFilter:
    from service.queries import EventFilter

    given = dict(filters)
    if "document" in given:
        given["document"] = _document_id(db, given["document"])
    wanted: EventFilter = EventFilter.parse(given)
    return wanted


def _document_id(db: Any, wanted: str) -> str:
    """The id of the one document that a person means; raises InvalidRequest for none or several."""
    from service.store import documents as stored

    found = stored.resolve(db, wanted)
    if not found:
        raise InvalidRequest(f"{wanted}: no such document; `veille documents` lists them")
    if len(found) > 1:
        raise InvalidRequest(f"{wanted}: may be any of {', '.join(found)}; give more of the id")
    return found[0]


def _write(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line)
    sys.stdout.flush()


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):  # files are UTF-8 whatever the locale says
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    app()
