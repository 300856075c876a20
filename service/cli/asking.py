"""Commands that ask what was found: events, documents, show, export, types."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from extractors.errors import InvalidRequest
from service.cli.options import DOCUMENT_FILTERS, EVENT_FILTERS, AllEvents, As, Db, EventsAs, document_id, event_filter, filtered, settings_of, write

if TYPE_CHECKING:
    from extractors.event_types import EventType

_ROWS_ON_TERMINAL = 100

app = typer.Typer()


@app.command()
@filtered(EVENT_FILTERS)
def events(filters: dict[str, Any], db: Db = None, format: EventsAs = "table", every: AllEvents = False) -> None:
    """List events; without a filter, all of them."""
    from service import exports, store, terminal
    from service.store import events as stored

    with store.opened_for_reading(settings_of(db).db) as connection:
        wanted = event_filter(connection, filters)
        if format == "table":
            _table(terminal.events_table, stored.find, connection, wanted)
        else:
            form = exports.EVENT_FORMATS[format]
            write(exports.event_lines(connection, wanted if every else form.narrowed(wanted), form))


@app.command()
@filtered(DOCUMENT_FILTERS)
def documents(filters: dict[str, Any], db: Db = None, format: As = "table") -> None:
    """List documents, and the files that gave none."""
    from service import exports, store, terminal
    from service.queries import DocumentFilter
    from service.store import documents as stored

    wanted = DocumentFilter.parse(filters)
    with store.opened_for_reading(settings_of(db).db) as connection:
        if format == "table":
            _table(terminal.documents_table, stored.find, connection, wanted)
        else:
            write(exports.document_lines(stored.find(connection, wanted), format))


def _table(draw: Callable[[Iterable[Mapping[str, Any]]], int], find: Callable[..., Iterator[dict[str, Any]]], db: Any, wanted: Any) -> None:
    """Draw what is found; on a terminal, and without a limit given, the first hundred with a word on the rest."""
    from service import terminal

    is_cut = wanted.limit is None and sys.stdout.isatty()
    rows = list(find(db, wanted.model_copy(update={"limit": _ROWS_ON_TERMINAL + 1}) if is_cut else wanted))
    draw(rows[:_ROWS_ON_TERMINAL] if is_cut else rows)
    if not rows:
        terminal.err("Nothing passes these filters." if wanted.model_dump(exclude_defaults=True) else "Nothing is stored yet: `veille ingest` reads files.")
    if is_cut and len(rows) > _ROWS_ON_TERMINAL:
        terminal.err(f"The first {_ROWS_ON_TERMINAL}; there are more: --limit N, or -f csv for all.")


@app.command()
def show(document: Annotated[str, typer.Argument(help="Id of a document or its first letters, a source, or the id of an event.")], db: Db = None) -> None:
    """Show a document: its text with what was found in colour, its events below."""
    from service import store, terminal
    from service.store import documents as stored

    with store.opened_for_reading(settings_of(db).db) as connection:
        record = stored.record(connection, document_id(connection, document))
    if record is not None:
        terminal.show(record)


@app.command()
@filtered(EVENT_FILTERS)
def export(
    out: Annotated[
        Path,
        typer.Argument(
            help="The file to write; its suffix says the format: .csv, .json, .jsonl, .geojson, .ics, .parquet, .ftm.json, .jsonld, .sqlite; of a document .html."
        ),
    ],
    filters: dict[str, Any],
    db: Db = None,
    every: AllEvents = False,
    what: Annotated[
        Literal["events", "document", "gold"],
        typer.Option(
            help="document: the one that --document names, whole (.html, .json, .jsonld). "
            "gold: the reviewed documents, as people left them, to test extraction with (.jsonl)."
        ),
    ] = "events",
) -> None:
    """Write the events that pass the filters into a file, one whole document, or the reviewed documents as gold."""
    from service import exports, store, terminal

    with store.opened_for_reading(settings_of(db).db) as connection:
        if what == "gold":
            if filters:
                raise InvalidRequest(f"--{next(iter(filters))}: gold holds every reviewed document; leave the filters out")
            terminal.err(f"{exports.write_gold(connection, out)} documents written to {out}")
            return
        if what == "document" or out.suffix.lower() == ".html":
            _export_document(connection, out, filters)
            return
        written = exports.write(connection, event_filter(connection, filters), out, every_status=every)
    left_out = f"; {written.left_out} without a day left out" if written.left_out else ""
    terminal.err(f"{written.events} events written to {out}{left_out}")


def _export_document(db: Any, out: Path, filters: Mapping[str, Any]) -> None:
    from service import exports, terminal
    from service.store import documents as stored

    if set(filters) != {"document"}:
        raise InvalidRequest(f"{out}: name one document with --document, and no other filter; `veille documents` lists them")
    record = stored.record(db, document_id(db, filters["document"]))
    assert record is not None  # its id was just found
    exports.write_document(record, out)
    terminal.err(f"document {record.id} written to {out}")


@app.command()
def types(name: Annotated[str | None, typer.Argument(help="One type, described.")] = None) -> None:
    """List the event types, or describe one."""
    from extractors import event_types
    from service import terminal

    known = event_types.load_all(settings_of(None).options.types_folder)
    if name is None:
        terminal.table(((t.name, t.label["fr"], t.label["en"], t.definition["en"]) for t in known.values()), "type", "fr", "en", "definition")
        return
    if name not in known:
        raise InvalidRequest(f"{name}: there is no such event type; those that exist: {', '.join(known)}")
    _describe(known[name])


def _describe(kind: EventType) -> None:
    from service import terminal

    terminal.paragraph(kind.name, "bold")
    for code, entries in kind.by_language.items():
        terminal.paragraph(f"\n{kind.label[code]}: {kind.definition[code]}")
        for word_class in ("nouns", "verbs"):
            words = dict.fromkeys(word for entry in entries if entry.word_class == word_class for word in entry.words)
            if words:
                terminal.paragraph(f"  {word_class}: {', '.join(words)}")
        for example in [example for entry in entries for example in entry.examples]:
            terminal.paragraph(f"  · {example}", "italic")
