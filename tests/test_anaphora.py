"""Days that a text tells by another of its days."""

from __future__ import annotations

from datetime import date

import pytest

from extractors import anaphora, dates, languages, pipeline
from extractors.document import Document

RIGHT = [
    ("fr", "Le 3 mai 2024, le conseil a siégé. Le lendemain, la préfète a signé l'arrêté.", {"Le lendemain": "2024-05-04"}),
    ("fr", "Réunis le 3 mai 2024, ils ont voté le lendemain et publié le surlendemain.", {"le lendemain": "2024-05-04", "le surlendemain": "2024-05-05"}),
    ("fr", "Arrivés le 9 juin 2023, ils étaient partis trois jours plus tôt.", {"trois jours plus tôt": "2023-06-06"}),
    ("fr", "Les agents ont voté la veille du 12 juin 2024.", {"la veille": "2024-06-11"}),
    ("fr", "La grève a commencé le 2 mars 2021. Deux semaines plus tard, le trafic reprenait ; ce jour-là, on fêtait.", {"ce jour-là": "2021-03-16"}),
    (
        "en",
        "The panel met on 3 May 2024. The next day it signed, and two weeks later it closed.",
        {"The next day": "2024-05-04", "two weeks later": "2024-05-18"},
    ),
    ("en", "Crews came on 9 June 2023; the quay had burnt the day before.", {"the day before": "2023-06-08"}),
    ("en", "It opened on 30 December 2022 and 3 days later it shut.", {"3 days later": "2023-01-02"}),
]
WRONG = [
    ("fr", "Le 3 mai 2024, il a plu. Le lendemain de l'attaque, les rues étaient vides."),
    ("fr", "Le 3 mai 2024, la veille sanitaire a repris."),
    ("fr", "Le lendemain, personne n'est venu."),
    ("fr", "En mai 2024, il a plu ; le lendemain aussi."),
    ("en", "On 3 May 2024 it rained. The day before the vote nobody came."),
    ("en", "The next day nobody came."),
]


def told(language: str, text: str) -> dict[str, str]:
    """The expressions of a text, each with its day."""
    passages = pipeline._draft(Document(text, language=language), pipeline.DEFAULT).passages
    days = dates.resolve(dates.find(text, languages.load(language)), text, passages, date(2024, 6, 30))
    return {text[start:end]: str(day.start) for day in anaphora.resolve(passages, days) for start, end in day.mentions}


@pytest.mark.parametrize(("language", "text", "wanted"), RIGHT)
def test_a_day_told_by_another_is_counted_from_the_last_one_before(language: str, text: str, wanted: dict[str, str]) -> None:
    assert wanted.items() <= told(language, text).items()


@pytest.mark.parametrize(("language", "text"), WRONG)
def test_what_goes_by_an_event_or_by_nothing_is_no_day(language: str, text: str) -> None:
    assert told(language, text) == {}


def test_an_event_takes_such_a_day_which_is_no_date_of_the_record() -> None:
    text = "Crue à Agen\n\nLa Garonne a débordé le 12 janvier 2024 à Agen. Le lendemain, la ministre s'est rendue à Marmande.\n"
    record = pipeline.extract(Document(text, language="fr", published=date(2024, 1, 20), published_from="caller"))
    visit = next(event for event in record.events if event.type == "visit")
    assert (str(visit.start), str(visit.end), visit.precision) == ("2024-01-13", "2024-01-13", "day")
    assert not [e for e in record.entities if e.rule == "anaphora"]
