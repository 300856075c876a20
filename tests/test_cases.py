"""The annotated sentences of tests/cases: one test a line.

    # published: 2024-12-12          the day of publication of the lines below; `none` unsets it
    # anything else                  a comment
    Le pont a rouvert <date 2024-12-10>mardi dernier</date> à <place BE>Tournai</place>.
    ! Le bail dure pendant neuf ans.

`dates.fr.txt` is French and checks dates; `organisations`, `places` and `events` check theirs, and all must be
found that is annotated and nothing else. A date is `2024-12-10`, `2024-12-10..2024-12-12`, `2017-01-01..`,
`..2025-12-31` or `?` where no year can be told. A place may say its country, an event its type and status:
`<event training occurred>atelier</event>`. `!` opens a line that holds nothing of the kind. `\\n` in a line is a line break.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from extractors import dates, languages
from extractors.document import Document, Passage, view
from extractors.records import Organisation, Place, Record
from extractors.spans import Span, overlap

CASES = Path(__file__).parent / "cases"
TAG = re.compile(r"<(date|org|place|event)((?: [^<>]*)?)>([^<>]*)</\1>")
LABELS = {"dates": "date", "organisations": "org", "places": "place", "events": "event"}


@dataclass(frozen=True)
class Note:
    """One annotation: what it is, where, and the words after the tag's name."""

    label: str
    span: Span
    value: str


@dataclass(frozen=True)
class Case:
    """One line of a case file, tags taken out."""

    name: str
    kind: str
    language: str
    published: date | None
    text: str
    notes: tuple[Note, ...]

    def expected(self) -> list[Note]:
        return [note for note in self.notes if note.label == LABELS[self.kind]]


def cases_of(path: Path) -> Iterator[Case]:
    kind, language = path.name.split(".")[:2]
    published = None
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("# published:"):
            day = line.partition(":")[2].strip()
            published = None if day == "none" else date.fromisoformat(day)
        elif line.strip() and not line.startswith("#"):
            text, notes = untagged(line.removeprefix("! ").replace("\\n", "\n"))
            if line.startswith("! ") == any(note.label == LABELS[kind] for note in notes):
                raise ValueError(f"{path.name}:{number}: a line either opens with `! ` or holds a <{LABELS[kind]}>")
            yield Case(f"{path.name}:{number}", kind, language, published, text, notes)


def untagged(line: str) -> tuple[str, tuple[Note, ...]]:
    text, notes, done = "", [], 0
    for tag in TAG.finditer(line):
        text += line[done : tag.start()]
        notes.append(Note(tag[1], (len(text), len(text) + len(tag[3])), tag[2].strip()))
        text += tag[3]
        done = tag.end()
    return text + line[done:], tuple(notes)


def days(start: date | None, end: date | None) -> str:
    """Days as the case files write them."""
    if start is None and end is None:
        return "?"
    if start == end:
        return str(start)
    return f"{start or ''}..{end or ''}"


def found_dates(case: Case) -> set[tuple[Span, str]]:
    language = languages.load(case.language)
    seen = view(case.text).text
    passages = [Passage(0, len(seen), language, seen)]
    entities = dates.resolve(dates.find(seen, language), seen, passages, case.published)
    return {(mention, days(entity.start, entity.end)) for entity in entities for mention in entity.mentions}


def record_of(case: Case) -> Record:
    """The whole way, whose models `languages.pipeline` loads once a run; dates alone need none of it."""
    from extractors.pipeline import extract

    return extract(Document(case.text, published=case.published, language=case.language))


def quoted(text: str, found: set[tuple[Span, str]]) -> dict[str, str]:
    """Spans as their words, so that a failure can be read."""
    return {f"{text[start:end]} [{start}]": value for (start, end), value in sorted(found)}


def check_dates(case: Case) -> None:
    expected = {(note.span, note.value) for note in case.expected()}
    assert quoted(case.text, found_dates(case)) == quoted(case.text, expected)


def check_organisations(case: Case) -> None:
    found = {(span, "") for entity in record_of(case).entities if isinstance(entity, Organisation) for span in entity.mentions}
    assert quoted(case.text, found) == quoted(case.text, {(note.span, "") for note in case.expected()})


def check_places(case: Case) -> None:
    countries = {span: entity.country for entity in record_of(case).entities if isinstance(entity, Place) for span in entity.mentions}
    notes = {note.span: note.value for note in case.expected()}
    found = {(span, (country or "") if notes.get(span) else "") for span, country in countries.items()}
    assert quoted(case.text, found) == quoted(case.text, set(notes.items()))


def check_events(case: Case) -> None:
    events = record_of(case).events
    notes = case.expected()
    for note in notes:
        holding = [f"{e.type} {e.status}" for e in events if any(m[0] <= note.span[0] and note.span[1] <= m[1] for m in e.mentions)]
        assert any(f"{told} ".startswith(f"{note.value} ".lstrip()) for told in holding), (case.text[slice(*note.span)], note.value, holding)
    unannotated = [e for e in events if not any(overlap(m, note.span) for m in e.mentions for note in notes)]
    assert not [(e.type, [case.text[slice(*m)] for m in e.mentions]) for e in unannotated]


CHECKS = {"dates": check_dates, "organisations": check_organisations, "places": check_places, "events": check_events}
ALL_CASES = [case for path in sorted(CASES.glob("*.txt")) for case in cases_of(path)]


@pytest.mark.parametrize("case", ALL_CASES, ids=[case.name for case in ALL_CASES])
def test_a_sentence_holds_what_is_annotated_and_nothing_else(case: Case) -> None:
    CHECKS[case.kind](case)
