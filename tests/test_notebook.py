"""The library as a notebook uses it: a record that shows itself, frames, and the public names."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from lxml import html

import extractors
from extractors import Document, Record, extract, read, to_frames
from extractors.errors import MissingPart
from extractors.showing import when

TEXT = "L'Office du Niger <ON> a tenu un atelier à Bamako du 3 au 5 juin 2024. Un forum & une foire suivront en 2025."


@pytest.fixture(scope="module")
def record() -> Record:
    return extract(Document(text=TEXT, published=date(2024, 6, 21), title="<b>Note</b>"))


def test_every_public_name_is_there() -> None:
    assert all(getattr(extractors, name) is not None for name in extractors.__all__)


def test_a_file_is_read_and_extracted_in_two_calls(tmp_path: Path) -> None:
    (tmp_path / "post.txt").write_text(TEXT, encoding="utf-8")
    [document] = read(tmp_path / "post.txt")
    assert extract(document).text == TEXT


def test_a_record_shows_its_text_to_the_letter_with_marks_and_events(record: Record) -> None:
    shown = record._repr_html_()
    tree = html.fragment_fromstring(shown, create_parent="body")
    [text] = tree.find_class("text")
    for label in [*text.iter("small")]:
        label.drop_tree()
    assert text.text_content() == TEXT
    marked = {(mark.text_content(), mark.get("class")) for mark in text.iter("mark")}
    assert {("Bamako", "place"), ("du 3 au 5 juin 2024", "date"), ("atelier", "event")} <= marked
    cells = [[cell.text_content() for cell in row] for row in tree.iter("tr")]
    assert ["training", "occurred", "2024-06-03/2024-06-05"] in [row[:3] for row in cells]


def test_what_is_shown_loads_nothing_and_runs_nothing(record: Record) -> None:
    page = record.to_html(is_page=True)
    assert page.startswith("<!DOCTYPE html>")
    assert "&lt;b&gt;Note" in page and "<b>Note" not in page
    assert not re.search(r"<script|<link|<img|\bsrc=|\bhref=|url\(|@import|https?:", page)


@pytest.mark.parametrize(
    ("start", "end", "edtf", "said"),
    [
        (date(2024, 6, 3), date(2024, 6, 3), None, "2024-06-03"),
        (date(2024, 6, 3), None, None, "2024-06-03/.."),
        (None, date(2024, 6, 3), None, "../2024-06-03"),
        (None, None, "XXXX-07-24", "XXXX-07-24"),
        (None, None, None, ""),
    ],
)
def test_days_are_shown_as_edtf_has_them(start: date | None, end: date | None, edtf: str | None, said: str) -> None:
    assert when(start, end, edtf) == said


def test_frames_hold_every_event_entity_and_mention(record: Record) -> None:
    pandas = pytest.importorskip("pandas")
    frames = record.to_frames()
    assert set(frames) == {"documents", "events", "organisations", "places", "dates", "mentions"}
    events = frames["events"]
    assert list(events["id"]) == [event.id for event in record.events]
    training = events[events["type"] == "training"].iloc[0]
    assert (training["start"], training["end"], training["places"]) == (pandas.Timestamp("2024-06-03"), pandas.Timestamp("2024-06-05"), "Bamako")
    mentions = frames["mentions"]
    assert all(TEXT[row.start : row.end] == row.quote for row in mentions.itertuples())
    assert len(mentions) == sum(len(thing.mentions) for thing in (*record.entities, *record.events))
    assert str(frames["places"]["geonames_id"].dtype) == "Int64"


def test_frames_of_several_records_are_tied_by_their_documents(record: Record) -> None:
    pytest.importorskip("pandas")
    other = record.model_copy(update={"id": "other"})
    joined = to_frames([record, other])
    assert set(joined["events"].merge(joined["documents"], on="document")["document"]) == {record.id, "other"}
    assert all(frame.empty and len(frame.columns) for frame in to_frames([]).values())


def test_without_pandas_the_cure_is_named(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(MissingPart, match=r"veille\[frames\]"):
        record.to_frames()
