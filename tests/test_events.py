"""The taxonomy's own examples and counterexamples, and what tells events apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from extractors import Document, event_types, extract
from extractors.records import Event

PUBLISHED = date(2024, 6, 21)  # a Friday


def _sentences(kind: str) -> Iterator[object]:
    for event_type in event_types.load_all().values():
        for language, entries in event_type.entries.items():
            for entry in entries:
                for sentence in getattr(entry, kind):
                    yield pytest.param(event_type.name, language, sentence, id=f"{event_type.name}-{language}-{sentence[:50]}")


def _events(text: str, language: str) -> list[Event]:
    return extract(Document(text=text, published=PUBLISHED, published_from="caller", language=language)).events


@pytest.mark.parametrize(("name", "language", "sentence"), list(_sentences("examples")))
def test_an_example_tells_of_an_event_of_its_type(name: str, language: str, sentence: str) -> None:
    assert name in {e.type for e in _events(sentence, language)}


@pytest.mark.parametrize(("name", "language", "sentence"), list(_sentences("counterexamples")))
def test_a_counterexample_tells_of_none(name: str, language: str, sentence: str) -> None:
    assert name not in {e.type for e in _events(sentence, language)}


def test_every_type_has_words_definition_and_label_in_both_languages() -> None:
    types = event_types.load_all()
    assert len(types) == 17
    for event_type in types.values():
        assert set(event_type.label) == set(event_type.definition) == {"en", "fr"}
        assert all(event_type.entries[language] for language in ("en", "fr"))
