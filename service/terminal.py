"""What people see: tables, progress, coloured text. Nothing here is data for programs."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from extractors.records import Event, Record
    from service.ingest import Outcome

_UNCUT_WIDTH = 10_000  # of tables that go into a pipe: nothing may be cut there
_STYLES = {"ORG": "cyan", "PLACE": "green", "DATE": "magenta"}
_TRIGGER_STYLE = "bold underline"


def err(message: str, style: str = "", console: Console | None = None) -> None:
    """One line on stderr, by the console of the bar where one is being drawn."""
    from rich.text import Text

    console = console or _console(sys.stderr)
    console.print(Text(plain(message), style), soft_wrap=not console.is_terminal)


def plain(text: str) -> str:
    """The text without what a terminal would obey: control characters, escapes, changes of direction."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c in "\u00ad\u200c\u200d" else "\ufffd" for c in text)


def events_table(rows: Iterable[Mapping[str, Any]]) -> int:
    """Print events, one a line where there is a terminal; how many they were."""
    console = _console(sys.stdout)
    is_wide = console.width >= 120
    table = _table(console, ("date", _whole(13)), ("type", _whole(11)), ("event", _cut(5)), ("place", _cut(2)))
    if is_wide:
        table.add_column("organisations", **_cut(4))
    table.add_column("document", **_whole(8))
    count = 0
    for row in rows:
        cells = [days(row["date"], row["end_date"]), row["type"], _title(row), row["place"]]
        cells += [row["organisations"]] if is_wide else []
        table.add_row(*map(_cell, cells), _cell(_short(row["document_id"]) if console.is_terminal else row["document_id"]))
        count += 1
    console.print(table)
    return count


def documents_table(rows: Iterable[Mapping[str, Any]]) -> int:
    """Print documents, one a line where there is a terminal; how many they were."""
    console = _console(sys.stdout)
    table = _table(console, ("published", _whole(10)), ("lang", _whole(4)), ("document", _cut(3)), ("source", _cut(2)))
    table.add_column("events", justify="right", **_whole(6))
    table.add_column("id", **_whole(8))
    count = 0
    for row in rows:
        named = row["title"] if row["state"] == "done" else _reason(row)
        identifier = row["document_id"] or ""
        source = PurePath(row["source"]).name if console.is_terminal else row["source"]
        cells = [row["published"], row["language"], named, source, str(row["events"]) if row["document_id"] else ""]
        table.add_row(*map(_cell, cells), _cell(_short(identifier) if console.is_terminal else identifier))
        count += 1
    console.print(table)
    return count


def jobs_table(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print jobs with the reason of every document that failed in them."""
    console = _console(sys.stdout)
    table = _table(console, ("job", _whole(16)), ("received", _whole(16)), ("state", _whole(9)), ("files", _cut(1)))
    for row in rows:
        received = datetime.fromtimestamp(row["created_at"], UTC).strftime("%Y-%m-%d %H:%M")
        failed = [failure_line(result.name, result.error_code, result.error_message) for result in row["files"] if result.error_code]
        named = ", ".join(result.name for result in row["files"][:3]) + (f" and {len(row['files']) - 3} more" if len(row["files"]) > 3 else "")
        table.add_row(*map(_cell, [row["id"], received, row["state"], "; ".join([named, *failed])]))
    console.print(table)


def days(start: str | None, end: str | None) -> str:
    """One day or a range as people write it: 2024-12-10, 2024-12-10…12."""
    if end is None or end == start:
        return start or "?"
    if start is None:
        return f"…{end}"
    shared = 8 if start[:8] == end[:8] else 5 if start[:5] == end[:5] else 0
    return f"{start}…{end[shared:]}"


def show(record: Record) -> None:
    """Print a document: its text with mentions in colour, its entities and its events."""
    from rich.text import Text

    console = _console(sys.stdout)
    console.print(Text(plain(record.title or record.id), "bold"))
    about = [record.published and f"published {record.published} ({record.published_from})", record.language, record.source, f"id {record.id}"]
    console.print(Text(plain(" · ".join(str(part) for part in about if part)), "dim"))
    console.print()
    console.print(_highlighted(record), soft_wrap=not console.is_terminal)
    for label, heading in (("ORG", "Organisations"), ("PLACE", "Places"), ("DATE", "Dates")):
        names = list(dict.fromkeys(_entity_name(entity) for entity in record.entities if entity.label == label))
        if names:
            console.print(Text.assemble((f"{heading}: ", _STYLES[label]), plain("; ".join(names))))
    if record.events:
        console.print(Text("\nEvents", "bold"))
    for event in record.events:
        console.print(_event_line(event, record))
    for warning in record.warnings:
        console.print(Text(plain(f"Warning: {warning.message}"), "yellow"))


def summary(counts: Counter[str], documents: int, by_type: Counter[str]) -> None:
    """Print on stderr what an ingest did: documents, then events by type."""
    from rich.table import Table

    left = Table.grid(padding=(0, 2))
    left.add_column()
    left.add_column(justify="right")
    left.add_row("Documents", str(documents), style="bold")
    for state in ("new", "updated", "known", "failed", "skipped", "pruned"):
        if counts[state] or state in ("new", "known", "failed"):
            left.add_row(f"  {state}", str(counts[state]), style="red" if state == "failed" and counts[state] else "")
    right = Table.grid(padding=(0, 2))
    right.add_column()
    right.add_column(justify="right")
    right.add_row("Events", str(by_type.total()), style="bold")
    for name, count in sorted(by_type.items(), key=lambda item: (-item[1], item[0])):
        right.add_row(f"  {name}", str(count))
    both = Table.grid(padding=(0, 6))
    both.add_row(left, right)
    _console(sys.stderr).print(both)


@contextmanager
def progress(total: int) -> Iterator[tuple[Callable[[Outcome], None], Callable[[int], None]]]:
    """A bar on stderr with rate and time left, where that is a terminal: who to tell of an outcome, and of more to come."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f}/s" if task.speed else "", "cyan")

    console = _console(sys.stderr)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=None), MofNCompleteColumn(), Rate(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal, expand=True) as bar:
        task = bar.add_task("loading models", total=total)

        def tell(outcome: Outcome) -> None:
            bar.update(task, description="reading", advance=1)
            if outcome.state == "failed":
                err(failure_line(outcome.name, outcome.code, outcome.message), "red", bar.console)

        def expect(more: int) -> None:
            bar.update(task, total=(bar.tasks[0].total or 0) + more)

        yield tell, expect


def failure_line(name: str, code: str | None, message: str | None) -> str:
    """One line for a document that failed: which, why, what to do."""
    said = message or ""
    return f"failed ({code}) {said if PurePath(name).name in said else f'{name}: {said}'}"


def table(rows: Iterable[Sequence[str]], *columns: str) -> None:
    """Print rows below a header on stdout; cells wrap."""
    console = _console(sys.stdout)
    drawn = _table(console, *((column, {"overflow": "fold"}) for column in columns))
    for row in rows:
        drawn.add_row(*map(_cell, row))
    console.print(drawn)


def paragraph(text: str, style: str = "") -> None:
    """Print text on stdout, wrapped where there is a terminal."""
    from rich.text import Text

    console = _console(sys.stdout)
    console.print(Text(plain(text), style), soft_wrap=not console.is_terminal)


def _console(stream: Any) -> Console:
    """A console on a stream, as wide as its terminal; rich itself heeds NO_COLOR and TERM."""
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(file=stream, highlight=False, markup=False, emoji=False, width=_UNCUT_WIDTH)
    return console


def _table(console: Console, *columns: tuple[str, Mapping[str, Any]]) -> Table:
    """A table as wide as the terminal; without one, as wide as its longest cells and without rules."""
    from rich import box
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", show_edge=False)
    drawn.expand = console.is_terminal and any("ratio" in settings for _, settings in columns)
    for name, settings in columns:
        drawn.add_column(name, **settings)
    return drawn


def _whole(width: int) -> dict[str, Any]:
    """A column that a narrow terminal does not cut below so many characters."""
    return {"min_width": width, "overflow": "fold"}


def _cut(ratio: int) -> dict[str, Any]:
    """A column of one line that gives way where the terminal is narrow."""
    return {"no_wrap": True, "overflow": "ellipsis", "ratio": ratio}


def _cell(value: str | None) -> Text:
    from rich.text import Text

    return Text(" ".join(plain(value or "").split()))


def _reason(row: Mapping[str, Any]) -> str:
    """Why a file gave no document, without its name, which stands beside it."""
    message = str(row["error_message"])
    return f"failed ({row['error_code']}): {message.removeprefix(row['source'] + ': ')}"


def _short(identifier: str) -> str:
    """Enough of an id to name its document: half of one of ours, all of one that was given."""
    return identifier[:8] if re.fullmatch("[0-9a-f]{16}", identifier) else identifier


def _title(row: Mapping[str, Any]) -> str:
    title = str(row["title"])
    return title if row["status"] == "occurred" else f"({row['status']}) {title}"


def _highlighted(record: Record) -> Text:
    """The text with its mentions in colour; `plain` keeps its length, so offsets hold."""
    from rich.text import Text

    text = Text(plain(record.text))
    for entity in record.entities:
        for start, end in entity.mentions:
            text.stylize(_STYLES[entity.label], start, end)
    for event in record.events:
        for start, end in event.mentions:
            text.stylize(_TRIGGER_STYLE, start, end)
    return text


def _entity_name(entity: Any) -> str:
    if entity.label == "DATE":
        return entity.edtf or days(_iso(entity.start), _iso(entity.end))
    country = f" [{entity.country}]" if entity.label == "PLACE" and entity.country else ""
    acronym = f" ({entity.acronym})" if entity.label == "ORG" and entity.acronym and entity.acronym != entity.name else ""
    return f"{entity.name}{acronym}{country}"


def _event_line(event: Event, record: Record) -> Text:
    from rich.text import Text

    names = {entity.id: _entity_name(entity) for entity in record.entities}
    when = event.edtf or days(_iso(event.start), _iso(event.end))
    line = Text.assemble((f"{when}  ", "magenta"), (event.type, "bold"), f" ({event.status})  ", plain(event.title))
    where, who = ([plain(names[i]) for i in ids] for ids in (event.places, event.organisations))
    for found, style in ((where, "green"), (who, "cyan")):
        if found:
            line.append("\n    ").append("; ".join(found), style)
    return line


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
