"""The taxonomy's own examples and counterexamples, and what tells events apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import posts
import pytest

from extractors import Document, event_types, extract, signs
from extractors.errors import InvalidRequest
from extractors.fingerprint import fingerprint
from extractors.options import Options
from extractors.records import Event

PUBLISHED = date(2024, 6, 21)  # a Friday


def _sentences(kind: str) -> Iterator[object]:
    for event_type in event_types.load_all().values():
        for language, entries in event_type.by_language.items():
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
        assert set(event_type.by_language) == {"en", "fr"}


OWN = """name = "oil_theft"
label = { fr = "Vol de pétrole", en = "Oil theft" }

[[fr.nouns]]
words = ["siphonnage"]
need = 1
"""


def test_a_type_of_the_users_own_is_found_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "oil.toml").write_text(OWN, encoding="utf-8")
    text = Document("Un siphonnage a eu lieu mardi à Warri.", published=PUBLISHED, language="fr")
    assert [e.type for e in extract(text, Options(types_folder=tmp_path)).events] == ["oil_theft"]
    assert not extract(text).events


def test_a_file_that_bears_the_name_of_a_built_in_type_adds_words_to_it(tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text('name = "visit"\n[[fr.nouns]]\nwords = ["virée"]\nneed = 1\n', encoding="utf-8")
    words = [w for entry in event_types.load_all(tmp_path)["visit"].entries("fr") for w in entry.words]
    assert {"visite", "virée"} <= set(words)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('name = "x"\nlabel = {', ":2: this is not TOML"),
        (OWN.replace('"oil_theft"', '"Oil theft"'), ":1: name is 'Oil theft'"),
        (OWN.replace("label", "lable"), ":2: unknown key 'lable'; did you mean label?"),
        (OWN.replace("need = 1", "need = 9"), ":6: need is 9"),
        (OWN.replace('["siphonnage"]', '"siphonnage"'), ":5: words is 'siphonnage'"),
        (OWN + 'yields_to = ["fire"]\n', ":7: there is no event type 'fire'"),
        (OWN + "ojects = []\n", ":7: unknown key 'ojects'; did you mean objects?"),
        (OWN.replace("[[fr.nouns]]", "[fr.nouns]"), ":4: an entry begins with [[fr.nouns]]"),
        ('name = "oil_theft"\nlabel = { fr = "Vol" }\n', ":1: type 'oil_theft' has no words"),
    ],
)
def test_a_wrong_file_of_types_is_refused_with_its_line_and_the_cure(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "oil.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidRequest) as refused:
        event_types.load_all(tmp_path)
    assert str(refused.value).startswith(f"{path}{told}")


def test_a_folder_of_types_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="there is no such folder"):
        event_types.load_all(tmp_path / "none")


def test_the_fingerprint_follows_what_a_type_says_and_not_where_it_lies(tmp_path: Path) -> None:
    for name, words in (("a", OWN), ("b", OWN), ("c", OWN.replace("need = 1", "need = 2"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "oil.toml").write_text(words, encoding="utf-8")
    a, b, c = (fingerprint(Options(types_folder=tmp_path / name)) for name in "abc")
    assert a == b != c


def test_every_post_reads_with_triggers_inside_its_text() -> None:
    read = posts.load()
    assert len(read) > 60
    for post in read:
        assert all(post["text"][start:end].strip() for event in post["events"] for start, end in event["mentions"])


def test_more_log_odds_never_mean_less_confidence() -> None:
    stated = [signs.confidence(odds / 4, 1) for odds in range(-20, 21)]
    assert stated == sorted(stated)
    assert all(0 < value < 1 for value in stated)


@pytest.mark.parametrize(
    ("language", "text", "title"),
    [
        ("fr", "Une conférence « Habiter la nuit » s'est tenue à Nancy le 4 mars 2024.", "conférence « Habiter la nuit »"),
        ("en", "The workshop “Talk First” was held in Leeds on 4 March 2024.", "workshop “Talk First”"),
        ("en", "A seminar on road safety (the third) was held in Leeds on 4 March 2024.", "seminar on road safety"),
    ],
)
def test_a_title_keeps_the_name_in_quotation_marks_and_ends_with_no_open_mark(language: str, text: str, title: str) -> None:
    [event] = extract(Document(text=text, language=language)).events
    assert event.title == title
