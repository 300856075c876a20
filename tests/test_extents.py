"""How long an event lasted, where the text counts its days."""

from __future__ import annotations

from datetime import date

import pytest

from extractors import pipeline
from extractors.document import Document

PUBLISHED = date(2024, 12, 12)  # a Thursday


@pytest.mark.parametrize(
    ("language", "text", "days"),
    [
        ("en", "Thirty wardens completed a four-day training course in Kisumu on Wednesday.", ("2024-12-08", "2024-12-11")),
        ("en", "A three-day regional conference on borders opened in Lomé on Tuesday.", ("2024-12-10", "2024-12-12")),
        ("en", "The council will hold a two-day workshop in Accra from Monday.", ("2024-12-16", "2024-12-17")),
        ("en", "The council held a two-day workshop in Accra on Monday.", ("2024-12-09", "2024-12-09")),
        ("en", "A conference on borders was held in Lomé on Tuesday.", ("2024-12-10", "2024-12-10")),
        ("fr", "Trente agents ont achevé mercredi à Kayes une formation de quatre jours.", ("2024-12-08", "2024-12-11")),
        ("fr", "Une conférence régionale de trois jours s'est ouverte mardi à Lomé.", ("2024-12-10", "2024-12-12")),
        ("fr", "Un atelier de deux jours s'est tenu lundi à Accra.", ("2024-12-09", "2024-12-09")),
    ],
)
def test_an_end_and_a_count_of_days_give_the_whole(language: str, text: str, days: tuple[str, str]) -> None:
    whole = f"{'Nouvelles' if language == 'fr' else 'News'}\n\n{text}\n"
    record = pipeline.extract(Document(whole, language=language, published=PUBLISHED, published_from="caller"))
    [event] = [e for e in record.events if e.type in ("training", "conference")]
    assert (str(event.start), str(event.end)) == days
    assert event.precision == ("day" if days[0] == days[1] else "range")


@pytest.mark.parametrize(
    ("heading", "days"),
    [
        ("2023 Balkh mine collapse", ("None", "None")),
        ("Mine collapse of 2023 in Balkh", ("None", "None")),
        ("2023: mine collapse in Balkh", ("2023-01-01", "2023-12-31")),
    ],
)
def test_a_year_in_the_name_of_a_heading_is_no_day_of_its_own(heading: str, days: tuple[str, str]) -> None:
    text = f"News in brief\n\n{heading}\n\nAt least nine miners were killed.\n"
    record = pipeline.extract(Document(text, language="en", published=PUBLISHED, published_from="caller"))
    [event] = [e for e in record.events if e.type == "disaster"]
    assert (str(event.start), str(event.end)) == days
