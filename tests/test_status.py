"""The status of an event: the rule, and what the weights make of it."""

from __future__ import annotations

import csv
from datetime import date

import fit_status
import pytest
from fit_status import Sample

from extractors import Document, status
from extractors.pipeline import extract
from extractors.records import Status

PUBLISHED = date(2025, 6, 12)  # a Thursday


@pytest.mark.parametrize(
    ("language", "kind", "text", "expected"),
    [
        ("en", "training", "A workshop on first aid was held in Kisumu on 3 June.", "occurred"),
        ("en", "training", "A workshop on first aid will be held in Kisumu on 3 July.", "planned"),
        ("en", "protest", "A strike by dockers continues in Mombasa. It began on Monday.", "ongoing"),
        ("en", "conference", "The forum on fisheries due to open in Kisumu on Monday has been cancelled.", "cancelled"),
        ("en", "conference", "The forum on fisheries in Kisumu has been postponed to 4 July.", "postponed"),
        ("fr", "training", "Un atelier de secourisme s'est tenu à Thiès le 3 juin.", "occurred"),
        ("fr", "training", "Un atelier de secourisme se tiendra à Thiès le 3 juillet.", "planned"),
        ("fr", "protest", "Les dockers de Dakar sont en grève depuis lundi. La grève se poursuit.", "ongoing"),
        ("fr", "conference", "Le forum sur la pêche prévu lundi à Thiès est annulé.", "cancelled"),
        ("fr", "conference", "Le forum sur la pêche prévu à Thiès est reporté au 4 juillet.", "postponed"),
    ],
)
def test_plain_sentences_say_what_they_say(language: str, kind: str, text: str, expected: Status) -> None:
    whole = f"{'Brèves du port' if language == 'fr' else 'News of the port'}\n\n{text}\n"
    record = extract(Document(whole, language=language, published=PUBLISHED, published_from="caller"))
    assert {e.status for e in record.events if e.type == kind} == {expected}


def test_no_sign_stands_twice_in_the_table_and_what_the_rule_says_weighs_for_itself() -> None:
    with fit_status.WEIGHTS.open(encoding="utf-8", newline="") as table:
        names = [row["sign"] for row in csv.DictReader(table)]
    known = status.weights()
    assert len(names) == len(set(names)) > 100
    assert set(names) == set(known)
    for column, name in enumerate(status.STATUSES):
        assert known[name][column] == max(known[name])


def test_the_fit_finds_the_sign_that_overrules_the_rule() -> None:
    samples = [Sample(f"d{n}", ("planned", "off") if n % 2 else ("planned", "plain"), "cancelled" if n % 2 else "planned") for n in range(60)]
    model = fit_status.Model(samples)
    assert model.told(samples[:2]) == ["planned", "cancelled"]
    assert fit_status.held_out(samples) == [s.status for s in samples]
