"""One event once: which tellings are of an event that the text has told of before, and which are not."""

from __future__ import annotations

import csv
from datetime import date

import fit_coreference
import pytest
from fit_coreference import Pair

from extractors import Document, coreference, extract
from extractors.records import Event

PUBLISHED = date(2025, 3, 12)  # a Wednesday


def _events(text: str, language: str, kind: str) -> list[Event]:
    found = extract(Document(text=text, published=PUBLISHED, published_from="caller", language=language)).events
    return [event for event in found if event.type == kind]


@pytest.mark.parametrize(
    ("language", "kind", "text"),
    [
        (
            "en",
            "training",
            "A workshop in Kisumu\n\nThe county held a workshop on mediation in Kisumu on 3 March 2025.\n\nThe workshop drew forty clan elders.",
        ),
        (
            "fr",
            "training",
            "Un atelier à Thiès\n\nLa mairie a tenu le 3 mars 2025 à Thiès un atelier sur la médiation.\n\nL'atelier a réuni quarante chefs de quartier.",
        ),
        ("en", "enforcement", "Two men were arrested in Leeds on Monday.\n\nThe arrests followed a call from a shopkeeper."),
        ("fr", "enforcement", "Deux hommes ont été arrêtés lundi à Roubaix.\n\nCes arrestations font suite à l'appel d'un commerçant."),
    ],
)
def test_what_is_told_again_is_one_event(language: str, kind: str, text: str) -> None:
    assert len(_events(text, language, kind)) == 1


@pytest.mark.parametrize(
    ("language", "kind", "text"),
    [
        ("en", "training", "A workshop was held in Kisumu on 3 March 2025.\n\nA second workshop will be held in Mombasa on 9 April 2025."),
        ("fr", "training", "Un atelier s'est tenu à Thiès le 3 mars 2025.\n\nUn second atelier se tiendra à Kaolack le 9 avril 2025."),
        ("en", "disaster", "A flood killed nine people in Beira on Monday.\n\nA flood in 2019 had killed six hundred."),
        ("fr", "disaster", "Une inondation a tué neuf personnes lundi à Beira.\n\nUne inondation avait fait six cents morts en 2019."),
    ],
)
def test_what_is_told_of_another_day_and_place_is_another_event(language: str, kind: str, text: str) -> None:
    assert len(_events(text, language, kind)) == 2


def test_no_sign_stands_twice_in_the_table() -> None:
    with fit_coreference.WEIGHTS.open(encoding="utf-8") as table:
        names = [row["sign"] for row in csv.DictReader(table)]
    assert len(names) == len(set(names)) > 100
    assert set(names) == set(coreference.weights())


def test_the_fit_finds_the_sign_that_tells_one_event_from_two() -> None:
    samples = [Pair(f"d{n}", ("near", "same word") if n % 2 else ("near", "other day"), n % 2 == 1) for n in range(60)]
    model = fit_coreference.Model(samples)
    assert model.odds(samples[1:2]) > 0 > model.odds(samples[:1])
    assert ((fit_coreference.held_out(samples) > 0) == [s.is_same for s in samples]).all()
