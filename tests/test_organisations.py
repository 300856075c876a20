"""Organisations: the table, acronyms by their letters, and which mentions are one body. The rules of names are in tests/cases."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files

import pytest

from extractors import document as documents
from extractors import languages, organisations
from extractors.document import Passage
from extractors.gazetteers import bodies
from extractors.names.acronyms import spells
from extractors.names.words import read
from extractors.options import Options
from extractors.records import Organisation
from extractors.spans import Mention

SMALL = frozenset({"contre", "d", "de", "des", "du", "et", "for", "la", "le", "les", "of", "the"})


def parsed(text: str, code: str) -> list[Passage]:
    """The passages of a text, each paragraph in one of its own, as spaCy has read them."""
    language = languages.load(code)
    nlp = languages.pipeline(code, Options())
    return [Passage(start, end, language, text[start:end], nlp(text[start:end])) for start, end in documents.paragraphs(text)]


def resolved(text: str, code: str) -> list[Organisation]:
    passages = parsed(text, code)
    return organisations.resolve(organisations.find(passages), passages)


def mentions(text: str, body: Organisation) -> list[str]:
    return [text[start:end] for start, end in body.mentions]


def rows() -> list[dict[str, str]]:
    text = (files(bodies.__package__) / "organisations.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


# ---------------------------------------------------------------- the table


def test_every_row_of_the_table_has_its_own_key_a_name_a_kind_and_a_source() -> None:
    table = rows()
    assert [key for key, count in Counter(row["key"] for row in table).items() if count > 1] == []
    assert [row["key"] for row in table if not (row["kind"] and row["source"])] == []
    assert [row["key"] for row in table if not any(row[c] for c in ("name_fr", "name_en", "name_es", "acronyms"))] == []


def test_the_table_is_sorted_by_key() -> None:
    keys = [row["key"] for row in rows()]
    assert keys == sorted(keys)


def test_no_name_of_the_table_belongs_to_two_bodies() -> None:
    owners: dict[str, set[str]] = {}
    for body in bodies.load().by_key.values():
        for name in body.names:
            owners.setdefault(" ".join(bodies.split(name)), set()).add(body.key)
    assert {name: keys for name, keys in owners.items() if len(keys) > 1} == {}


def test_the_scan_takes_the_longest_name() -> None:
    words = ["Conseil", "de", "sécurité", "de", "l", "ONU", "hier"]
    assert bodies.load().longest(words, [bodies.fold(w) for w in words], 0) == (6, "unsc")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("commission européenne", "ec"),
        ("COMMISSION EUROPÉENNE", "ec"),
        ("Commission europeenne", "ec"),
        ("le monde", None),
        ("Le Monde", "lemonde"),
        ("le Monde", None),
    ],
)
def test_capitals_count_where_a_name_is_made_of_common_words(text: str, key: str | None) -> None:
    words = text.split()
    hit = bodies.load().longest(words, [bodies.fold(w) for w in words], 0)
    assert (hit[1] if hit else None) == key


def test_an_acronym_is_known_with_dots_and_in_each_of_its_languages() -> None:
    known = bodies.load()
    assert {known.acronym(a) for a in ("ONU", "O.N.U.", "UN", "U.N.")} == {"un"}
    assert known.acronym("ONUDC") == known.acronym("UNODC") == "unodc"
    assert known.acronym("onu") is None


# ---------------------------------------------------------------- letters


@pytest.mark.parametrize(
    ("acronym", "name"),
    [
        ("ONUDC", "Office des Nations unies contre la drogue et le crime"),
        ("RÉSAL", "Réseau d' échange et de soutien des actions locales"),
        ("O.N.U.", "Organisation des Nations unies"),
        ("INSERM", "Institut national de la santé et de la recherche médicale"),
        ("MRA", "Marine Rescue Agency"),
    ],
)
def test_an_acronym_is_spelled_by_its_long_form(acronym: str, name: str) -> None:
    assert spells(acronym, name.split(), SMALL)


@pytest.mark.parametrize(
    ("acronym", "name"), [("UNODC", "Office des Nations unies"), ("MRA", "Agency"), ("MRA", "Marine"), ("ABC", "Alpha Beta Gamma"), ("X", "Xylo")]
)
def test_an_acronym_is_not_spelled_by_another_name(acronym: str, name: str) -> None:
    assert not spells(acronym, name.split(), SMALL)


def test_strict_letters_are_first_letters_only() -> None:
    assert spells("MARA", ["Marine", "Rescue", "Agency"], SMALL)
    assert not spells("MARA", ["Marine", "Rescue", "Agency"], SMALL, strict=True)
    assert spells("MRA", ["Marine", "Rescue", "Agency"], SMALL, strict=True)


# ---------------------------------------------------------------- words


def test_words_keep_their_place_in_the_view() -> None:
    text = "Titre\nL'U.N. et l'Al-Hayat's Club, aujourd'hui."
    language = languages.load("fr")
    words = read(Passage(10, 10 + len(text), language, text))
    assert [text[w.start - 10 : w.end - 10] for w in words] == [w.text for w in words]
    assert [w.text for w in words if w.is_word] == ["Titre", "L'", "U.N.", "et", "l'", "Al-Hayat", "Club", "aujourd'hui"]


def test_a_line_in_capitals_has_no_signs() -> None:
    language = languages.load("fr")
    text = "LE MAIRE REÇOIT\nLe maire de la ZUP"
    assert [w.text for w in read(Passage(0, len(text), language, text)) if w.is_sign] == ["ZUP"]


# ---------------------------------------------------------------- one body once


def test_a_name_and_its_acronym_are_one_body_with_its_key() -> None:
    text = "L'Office des Nations unies contre la drogue et le crime (UNODC) publie un rapport. L'ONUDC et l'UNODC forment des juges."
    (body,) = resolved(text, "fr")
    assert mentions(text, body) == ["Office des Nations unies contre la drogue et le crime", "UNODC", "ONUDC", "UNODC"]
    assert (body.id, body.key, body.acronym) == ("o1", "unodc", "UNODC")
    assert body.name == "Office des Nations unies contre la drogue et le crime"


def test_bodies_are_numbered_in_order_of_first_mention() -> None:
    text = "The World Bank met the European Union. The World Bank paid."
    assert [(body.id, body.key, len(body.mentions)) for body in resolved(text, "en")] == [("o1", "worldbank", 2), ("o2", "eu", 1)]


def test_accents_case_and_ampersands_do_not_part_a_body() -> None:
    text = "The Housing & Planning Agency met. The Housing and Planning Agency left."
    (body,) = resolved(text, "en")
    assert len(body.mentions) == 2


def test_an_acronym_tied_in_one_passage_is_a_mention_in_the_others() -> None:
    text = "La Ligue des randonneurs du Jura (LRJ) recrute.\nLa LRJ balise aussi des pistes."
    (body,) = resolved(text, "fr")
    assert mentions(text, body) == ["Ligue des randonneurs du Jura", "LRJ", "LRJ"]


def test_a_known_body_and_its_branch_are_two() -> None:
    text = "L'UNICEF a publié un guide. L'UNICEF Mali le diffuse."
    assert [mentions(text, body) for body in resolved(text, "fr")] == [["UNICEF"], ["UNICEF Mali"]]


def test_the_same_branch_in_two_languages_is_one() -> None:
    text = "Le KDRB Mexico signe un accord. Le KDRB Mexique formera des agents."
    (body,) = resolved(text, "fr")
    assert mentions(text, body) == ["KDRB Mexico", "KDRB Mexique"]


def test_two_known_bodies_set_side_by_side_are_not_tied() -> None:
    text = "La Commission européenne (ONU, OMS) a répondu."
    assert {body.key for body in resolved(text, "fr")} == {"ec", "un", "who"}


def test_an_acronym_of_two_known_bodies_is_that_of_the_one_named() -> None:
    text = "The Rapid Support Forces (RSF) left. The RSF came back."
    (body,) = resolved(text, "en")
    assert body.key == "rapid-support-forces"
    (body,) = resolved("Reporters sans frontières publie un rapport. RSF le présente.", "fr")
    assert body.key == "rsf"


def test_an_acronym_beside_no_name_is_tied_to_the_one_name_that_it_spells() -> None:
    groups = organisations.Groups(["Observatoire national des rivières", "ONR", "Ligue des pêcheurs"])
    groups.spell()
    assert groups.members() == [[0, 1], [2]]
    groups = organisations.Groups(["Observatoire national des rivières", "ONR", "Office normand des routes"])
    groups.spell()
    assert groups.members() == [[0], [1], [2]]


def test_an_acronym_that_a_name_of_the_document_spells_is_not_the_known_body_of_that_acronym() -> None:
    groups = organisations.Groups(["Association des fromagers de Pau", "AFP"])
    groups.spell()
    assert (groups.members(), groups.keys) == ([[0, 1]], [None, None])
    groups = organisations.Groups(["Agence France-Presse", "AFP", "Association des fromagers de Pau"])
    groups.spell()
    assert groups.members() == [[0, 1], [2]]


def test_a_sign_in_mixed_case_is_tied_to_the_one_name_whose_words_it_blends() -> None:
    groups = organisations.Groups(["Université d'Amiens", "UniAm", "Lycée Amiral"])
    groups.spell()
    assert groups.members() == [[0, 1], [2]]
    groups = organisations.Groups(["Université d'Amiens", "UniAm", "Union des amis"])
    groups.spell()
    assert groups.members() == [[0], [1], [2]]


def test_a_town_s_council_is_one_whatever_its_noun_and_language() -> None:
    groups = organisations.Groups(["Ville de Pau", "municipalité de Pau", "City of Pau", "Ville de Tarbes", "lycée de Pau"])
    assert groups.members() == [[0, 1, 2], [3], [4]]


def test_a_short_form_joins_the_name_that_a_noun_of_several_words_opens_but_no_part_of_another_body() -> None:
    groups = organisations.Groups(["compagnie de théâtre Halton", "Halton"])
    groups.contain()
    assert groups.members() == [[0], [1]]
    groups = organisations.Groups(["groupe pharmaceutique Halton", "Halton"])
    groups.contain()
    assert groups.members() == [[0, 1]]


def test_an_acronym_said_as_a_word_is_tied_to_the_name_before_it() -> None:
    groups = organisations.Groups(["Ligue nationale des arbitres", "Lina", "Halton"])
    groups.tie([(0, 1), (1, 2)])
    assert groups.members() == [[0, 1], [2]]


def test_a_short_form_held_by_two_names_joins_neither() -> None:
    texts = ["Halton", "Halton Foundation", "Halton Academy"]
    groups = organisations.Groups(texts)
    groups.contain()
    assert groups.members() == [[0], [1], [2]]


def test_a_short_form_joins_the_one_name_that_opens_with_it() -> None:
    groups = organisations.Groups(["Halton Foundation", "Halton", "Redmoor Ltd"])
    groups.contain()
    assert groups.members() == [[0, 1], [2]]


def test_nothing_found_resolves_to_nothing() -> None:
    assert organisations.resolve([], parsed("Il pleut.", "fr")) == []


def test_confidence_and_rule_are_those_of_the_surest_mention() -> None:
    text = "Belvane paie. Belvane"
    language = languages.load("fr")
    found = [Mention(0, 7, "model", 0.5), Mention(14, 21, "head", 0.8)]
    (body,) = organisations.resolve(found, [Passage(0, len(text), language, text)])
    assert (body.rule, body.confidence) == ("head", 0.8)
