"""Records to look at: HTML of a text with its mentions marked, for notebooks and as a page that stands alone.

Nothing is loaded from anywhere, no script runs, and every word of a document is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from extractors import marks

if TYPE_CHECKING:
    from datetime import date

    from extractors.marks import Piece
    from extractors.records import Event, Record

# Dark letters on light grounds, at least 7 to 1, on any page: the ground is a part of the mark.
_STYLE = """
.veille { line-height: 1.9; color: #1b1b1b; background: #fff; max-width: 52rem; padding: 1rem; font-family: Georgia, serif; }
.veille h1 { line-height: 1.2; }
.veille .text { white-space: pre-wrap; overflow-wrap: anywhere; }
.veille mark { color: #1b1b1b; padding: .15em .3em; border-radius: .25em; }
.veille mark.organisation { background: #cfe3ff; } .veille mark.place { background: #cdeecb; } .veille mark.date { background: #f3d9f5; }
.veille mark.event { background: #ffe9a8; border-bottom: 2px solid #8a5a00; }
.veille mark small { font: bold .65em system-ui, sans-serif; margin-left: .35em; vertical-align: middle; text-transform: uppercase; }
.veille table { border-collapse: collapse; font: .85rem system-ui, sans-serif; margin-top: 1rem; line-height: 1.4; }
.veille th, .veille td { text-align: left; vertical-align: top; padding: .3em .8em .3em 0; border-bottom: 1px solid #ccc; }
.veille .about { font: .85rem system-ui, sans-serif; color: #444; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_COLUMNS = ("type", "status", "when", "title", "places", "organisations", "page", "confidence")


def to_html(record: Record, *, is_page: bool = False) -> str:
    """The text of a record with organisations, places, dates and triggers marked, and its events in a table below.

    A fragment with its own style, as a notebook shows it; is_page: a whole page, to be kept or sent.
    """
    language = f' lang="{escape(record.language)}"' if record.language is not None else ""
    parts = [_heading(record), f'<div class="text"{language}>{"".join(_marked(record))}</div>', _table(record), _warnings(record)]
    body = f'<div class="veille">{"".join(parts)}</div>'
    if not is_page:
        return f"<style>{_STYLE}</style>{body}"
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}"><meta name="viewport" content="width=device-width">'
    title = escape(record.title or record.id)
    return f"<!DOCTYPE html>\n<html{language}>\n<head>{head}<title>{title}</title><style>{_STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n"


def when(start: date | None, end: date | None, edtf: str | None = None) -> str:
    """Days as EDTF writes them: 2024-06-03, 2024-06-03/2024-06-05, an open end as 2024-06-03/.., or what the record itself says."""
    if edtf is not None or (start is None and end is None):
        return edtf or ""
    if start == end:
        return str(start)
    return f"{start or '..'}/{end or '..'}"


def _heading(record: Record) -> str:
    about = [str(part) for part in (record.published, record.language, record.source, record.id) if part is not None]
    return f'<h1>{escape(record.title or record.id)}</h1><p class="about">{escape(" · ".join(about))}</p>'


def _marked(record: Record) -> Iterator[str]:
    types = {event.id: event.type for event in record.events}
    pieces = marks.pieces(record)
    for number, piece in enumerate(pieces):
        following = pieces[number + 1] if number + 1 < len(pieces) else None
        yield _mark(piece, following, types)


def _mark(piece: Piece, following: Piece | None, types: dict[str, str]) -> str:
    """A piece of text in its marks; its label stands where the mark ends."""
    text = escape(piece.text)
    if piece.event is None and not piece.kinds:
        return text
    label = types[piece.event] if piece.event is not None else ", ".join(piece.kinds)
    names = "; ".join(name for _, name in piece.names)
    goes_on = following is not None and (following.event, following.names) == (piece.event, piece.names)
    classes = " ".join([*piece.kinds, *["event"] * (piece.event is not None)])
    small = "" if goes_on else f"<small>{escape(label)}</small>"
    return f'<mark class="{classes}" title="{escape(names or label)}">{text}{small}</mark>'


def _table(record: Record) -> str:
    if not record.events:
        return ""
    names = {entity.id: marks.name_of(entity) for entity in record.entities}
    head = "".join(f"<th>{column}</th>" for column in _COLUMNS)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(_row(event, names) for event in record.events)}</tbody></table>"


def _row(event: Event, names: dict[str, str]) -> str:
    cells: Iterable[object] = (
        *(event.type, event.status, when(event.start, event.end, event.edtf), event.title),
        *("; ".join(names[i] for i in event.places), "; ".join(names[i] for i in event.organisations)),
        *("" if event.evidence.page is None else event.evidence.page, f"{event.confidence:.2f}"),
    )
    return f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"


def _warnings(record: Record) -> str:
    return "".join(f'<p class="about">{escape(warning.message)}</p>' for warning in record.warnings)
