"""The view of a text, its paragraphs and passages: the same whoever wrapped, typed or composed it."""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from extractors import languages
from extractors.document import PASSAGE_CHARACTERS, Document, paragraphs, passages, view
from extractors.pipeline import extract

SEEDS = sorted((Path(__file__).parents[2] / "shared" / "gold" / "fr").glob("seed-*.json"))

POST = """Un forum sur la lecture réunit les médiathèques de la vallée

Le 12 mars 2024, le réseau des médiathèques de la vallée a tenu son premier forum à l’espace Jean-Moulin de Crest, avec le soutien de la communauté de communes et de l’ambassade des États-Unis. Une centaine de bibliothécaires y ont pris part ; la maire a rappelé l’importance d’un service public ouvert à tous : enfants, étudiants, retraités.
La directrice du réseau présente le bilan (photo de l’équipe).
Trois ateliers ont suivi l’après-midi :

  • Accueillir les tout-petits et leurs parents dans une salle de lecture qui n’a pas été pensée pour eux, avec les conseils d’une puéricultrice
  • 2025 – Préparer la rentrée avec les écoles, les collèges et les associations, de manière à ce que chaque classe vienne au moins deux fois
  • Lire à voix haute

  1. Le premier engagement porte sur les horaires du samedi, que les lecteurs trouvent trop courts depuis des années.
  2. Le second porte sur la gratuité.

Selon « Lire ensemble », l’association qui organise la journée, 40 % des inscrits ont moins de vingt ans – un chiffre en hausse – et près de 12 000 prêts ont été faits en 2023."""

NEWS = """Library network opens its third reading room

The county library network opened a third reading room in the old mill of Westbridge on Monday, two years after a flood closed the first one. The mayor thanked the volunteers who had dried, sorted and re-shelved some twenty-five thousand books by hand, and the well-known novelist Ann Harper read from her latest work.

"It is a small room with a large view," she said. A second-hand book fair will follow on 4 May - the first since 2019 - and entry is free."""


def wrapped(text: str, **how: object) -> str:
    """Each line wrapped at 72, as mail programs do, blank lines kept."""
    return "\n".join("\n".join(textwrap.wrap(line, 72, **how)) if line.strip() else line for line in text.split("\n"))  # type: ignore[arg-type]


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def unbroken(text: str) -> str:
    return text.replace(" ", "\u00a0")


VARIANTS: dict[str, Callable[[str], str]] = {
    "wrapped": wrapped,
    "wrapped without breaking words": lambda text: wrapped(text, break_on_hyphens=False),
    "wrapped with hanging indents": lambda text: wrapped(text, subsequent_indent="    "),
    "no-break blanks": unbroken,
    "wrapped, then no-break blanks": lambda text: unbroken(wrapped(text)),
    "decomposed": decomposed,
    "wrapped, then decomposed": lambda text: decomposed(wrapped(text)),
    "decomposed, then wrapped": lambda text: wrapped(decomposed(text)),
    "wrapped with carriage returns": lambda text: wrapped(text).replace("\n", "\r\n"),
}


def shown(text: str) -> list[str]:
    """The paragraphs of a text's view, with single blanks: wrapping drops double ones."""
    seen = view(text).text
    return [" ".join(seen[start:end].split()) for start, end in paragraphs(seen)]


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("text", [POST, NEWS], ids=["French", "English"])
def test_a_text_shows_the_same_paragraphs_however_it_was_typed(text: str, variant: Callable[[str], str]) -> None:
    assert shown(variant(text)) == shown(text)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_the_founding_posts_show_the_same_paragraphs_however_they_were_typed(path: Path, variant: Callable[[str], str]) -> None:
    text = json.loads(path.read_text(encoding="utf-8"))["text"]
    assert shown(variant(text)) == shown(text)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_a_span_of_the_view_leads_back_to_its_words(variant: Callable[[str], str]) -> None:
    text = variant(POST)
    seen = view(text)
    for words in ("12 mars 2024", "États-Unis", "Jean-Moulin de Crest", "association qui organise la journée", "12 000 prêts"):
        start = seen.text.index(words)
        first, last = seen.source((start, start + len(words)))
        source = unicodedata.normalize("NFC", " ".join(text[first:last].split())).replace("- ", "-")
        assert source == words


def test_a_plain_text_is_its_own_view() -> None:
    text = "Une réunion à Lyon.\nUne autre à Paris."
    assert view(text).text == text
    assert view(text).offsets is None


def test_typographic_signs_are_made_plain() -> None:
    assert view("l’État\u00a0: 12\u202f000\u2009€ non\u2011lieu\ttab").text == "l'État : 12 000 € non-lieu tab"


def test_invisible_characters_are_left_out() -> None:
    seen = view("\ufeffcollabo\u00adration mu\u200bnicipale")
    assert seen.text == "collaboration municipale"
    assert seen.source((0, 13)) == (1, 15)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x0b", "\x85"])
def test_every_line_end_ends_a_paragraph(end: str) -> None:
    assert shown(f"Un titre{end}Un texte.") == ["Un titre", "Un texte."]


SHORT_LINES = """Programme de la journée
9 h : accueil des participants
10 h : ouverture par la maire
11 h : atelier de lecture
midi : repas en commun
14 h : visite du moulin
16 h : clôture de la journée"""

POEM = """les arbres de la place ont perdu leurs feuilles
le vent les a portées
jusque sur le seuil des maisons fermées
où personne ne les a ramassées ce matin
et la pluie
les a collées au pavé"""


@pytest.mark.parametrize("text", [SHORT_LINES, POEM])
def test_lines_that_nothing_wrapped_stay_apart(text: str) -> None:
    assert shown(text) == text.split("\n")


def test_a_dash_at_the_start_of_a_wrapped_line_is_no_item() -> None:
    text = "La médiathèque de la vallée, fermée pendant deux ans à cause des travaux – une première depuis 1950 – a rouvert lundi avec une fête, un bal et une exposition sur les métiers du livre."
    wraps = [textwrap.fill(text, width) for width in range(60, 80)]
    assert any("\n– une" in wrap for wrap in wraps)
    assert [shown(wrap) for wrap in wraps] == [[text]] * len(wraps)


def test_a_dash_in_a_list_is_an_item() -> None:
    text = "Les participants ont retenu trois propositions pour l’année qui vient et\nles années suivantes :\n- ouvrir le dimanche matin, une fois par mois, avec l’aide de bénévoles et\nd’étudiants\n- prêter des instruments de musique\n- accueillir un écrivain"
    assert [paragraph[:12] for paragraph in shown(text)] == ["Les particip", "- ouvrir le ", "- prêter des", "- accueillir"]


def test_paragraphs_of_one_language_make_a_passage() -> None:
    text = "Un paragraphe.\n\nUn autre."
    french = languages.load("fr")
    [passage] = passages(text, [(span, french) for span in paragraphs(text)])
    assert (passage.start, passage.end, passage.text) == (0, len(text), text)


def test_a_passage_does_not_reach_across_what_is_left_out() -> None:
    text = "Un.\nDos.\nTrois."
    french = languages.load("fr")
    first, _, last = paragraphs(text)
    found = passages(text, [(first, french), ((4, 8), None), (last, french)])
    assert [passage.text for passage in found] == ["Un.", "Trois."]


@pytest.mark.parametrize("text", ["Une phrase de plus. " * 2_000, "mot " * 10_000, "x" * 20_000])
def test_a_long_paragraph_is_cut_into_passages_that_lose_nothing(text: str) -> None:
    found = passages(text, [((0, len(text)), languages.load("fr"))])
    assert "".join(passage.text for passage in found) == text
    assert max(len(passage.text) for passage in found) <= PASSAGE_CHARACTERS


def test_the_day_in_a_file_name_counts_where_nothing_else_tells() -> None:
    record = extract(Document("Le maire a ouvert la réunion.", language="fr", fallback_published=date(2024, 12, 10)))
    assert (record.published, record.published_from) == (date(2024, 12, 10), "filename")


def test_a_dateline_counts_more_than_the_file_name() -> None:
    record = extract(Document("LYON, 8 mai 2023 – Le maire a ouvert la réunion.", language="fr", fallback_published=date(2024, 12, 10)))
    assert (record.published, record.published_from) == (date(2023, 5, 8), "dateline")
