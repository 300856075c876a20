"""What commands share: their options, what these become, and the codes they end with."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from extractors.errors import InvalidRequest

if TYPE_CHECKING:
    from service.queries import EventFilter
    from service.settings import Settings

OK, UNEXPECTED, USAGE, SOME_FAILED, PART_MISSING, THRESHOLD_MISSED, INTERRUPTED = 0, 1, 2, 3, 5, 6, 130
Format = Literal["table", "json", "jsonl", "csv"]
EventFormat = Literal["table", "json", "jsonl", "csv", "geojson", "ics", "ftm", "jsonld"]
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
Ocr = Annotated[
    Literal["auto", "never", "force"] | None,
    typer.Option(
        help="Recognise the text of pictures and of pages without text (auto), of every page of a PDF (force), or of none (never); "
        "extra `ocr`.  [default: VEILLE_OCR, else auto]",
        show_default=False,
    ),
]
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


def filtered(options: FilterOptions) -> Callable[[Callable[..., None]], Callable[..., None]]:
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


def settings_of(db: Path | None, workers: int | None = None, ocr: Literal["auto", "never", "force"] | None = None) -> Settings:
    """The settings of the environment, but for what the command line says."""
    from dataclasses import replace

    from service import failpoints, settings

    loaded = settings.load()
    failpoints.arm(loaded.failpoints)
    options = loaded.options if ocr is None else replace(loaded.options, ocr=ocr)
    return replace(loaded, db=loaded.db if db is None else db, workers=loaded.workers if workers is None else workers, options=options)


def event_filter(db: Any, filters: Mapping[str, Any]) -> EventFilter:
    """The filter that a person gave; a document may be named by the first letters of its id, or by a source. Raises InvalidRequest."""
    from service.queries import EventFilter

    given = dict(filters)
    if "document" in given:
        given["document"] = document_id(db, given["document"])
    wanted: EventFilter = EventFilter.parse(given)
    _check_types(db, wanted)
    return wanted


def _check_types(db: Any, wanted: EventFilter) -> None:
    """Raises InvalidRequest for a type that is neither known nor on any event stored: a slip would pass for an empty answer."""
    from extractors import event_types
    from service.queries import EventFilter
    from service.store import events as stored

    known = event_types.load_all(settings_of(None).options.types_folder)
    for name in wanted.type:
        if name not in known and next(stored.find(db, EventFilter(type=(name,), limit=1)), None) is None:
            raise InvalidRequest(f"--type: there is no event type {name!r}; those that exist: {', '.join(known)}")


def document_id(db: Any, wanted: str) -> str:
    """The id of the one document that a person means; raises InvalidRequest for none or several."""
    from service.store import documents as stored

    found = stored.resolve(db, wanted)
    if not found:
        raise InvalidRequest(f"{wanted}: no such document; `veille documents` lists them")
    if len(found) > 1:
        raise InvalidRequest(f"{wanted}: may be any of {', '.join(found)}; give more of the id")
    return found[0]


def write(lines: Iterable[str]) -> None:
    """Write data to stdout at once: whoever reads it in a pipe need not wait."""
    for line in lines:
        sys.stdout.write(line)
    sys.stdout.flush()
