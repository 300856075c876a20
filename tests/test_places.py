"""Which place a name means; where names are found is in tests/cases/places.*.txt."""

from __future__ import annotations

import csv
from unittest.mock import patch

import fit_places
import pytest

from extractors import languages, place_signs
from extractors.document import Document, Passage
from extractors.pipeline import extract
from extractors.place_reading import read
from extractors.records import Place
from extractors.spans import Mention


def places(text: str, language: str) -> dict[str, Place]:
    """Places of a text by the words of their first mention."""
    record = extract(Document(text, language=language))
    return {text[slice(*entity.mentions[0])]: entity for entity in record.entities if isinstance(entity, Place)}


def test_variants_of_a_name_are_one_place_with_all_its_mentions() -> None:
    found = places("Prices rose in the United States. Farmers in the U.S. are worried, and so are banks in the USA.", "en")
    assert list(found) == ["United States"]
    assert len(found["United States"].mentions) == 3


def test_accents_and_hyphens_do_not_make_two_places() -> None:
    found = places("Le réseau est né à Saint-Étienne. Les élus de Saint Etienne le soutiennent.", "fr")
    assert [len(place.mentions) for place in found.values()] == [2]


def test_ids_follow_the_order_of_first_mention() -> None:
    found = places("Après Lomé, la caravane ira à Cotonou, puis de nouveau à Lomé.", "fr")
    assert [(place.id, name) for name, place in found.items()] == [("p1", "Lomé"), ("p2", "Cotonou")]


def test_a_town_and_the_province_of_its_name_are_two_places() -> None:
    found = places("Le sommet se tient à Québec. Les écoles du Québec ferment pour deux jours.", "fr")
    assert [place.name for place in found.values()] == ["Québec"]
    record = extract(Document("Le sommet se tient à Québec. Les écoles du Québec ferment pour deux jours.", language="fr"))
    assert {entity.kind for entity in record.entities if isinstance(entity, Place)} == {"city", "region"}


@pytest.mark.parametrize(
    ("text", "language", "name", "lat", "lon"),
    [
        ("Le maire d'Athens (Ohio) a présenté le plan.", "fr", "Athens", 39.33, -82.10),
        ("The mayor of Athens, Georgia, presented the plan.", "en", "Athens", 33.96, -83.38),
        ("Storms hit Alabama. Power was cut in Birmingham for hours.", "en", "Birmingham", 33.52, -86.80),
        ("The train from London stops in Birmingham.", "en", "Birmingham", 52.48, -1.90),
        ("Le navire a quitté Tripoli, en Libye, hier.", "fr", "Tripoli", 32.89, 13.19),
        ("Le navire a quitté Tripoli, au Liban, hier.", "fr", "Tripoli", 34.44, 35.85),
        ("She was born in New York and works in Boston.", "en", "New York", 40.71, -74.01),
        ("The Waikato Bakers Council has met. Shops in Cambridge are open.", "en", "Cambridge", -37.88, 175.44),
        ("The bakers have met. Shops in Cambridge are open.", "en", "Cambridge", 52.2, 0.12),
        ("Frost is forecast in Indiana, Delaware, Oregon, Ohio and Utah.", "en", "Delaware", 39.0, -75.5),
        ("Frost is forecast in Indiana, Delaware, Oregon, Ohio and Utah.", "en", "Oregon", 44.0, -120.5),
        ("Frost is forecast in Utah, Washington, Idaho and Wyoming.", "en", "Washington", 47.5, -120.5),
        ("The fair moves from Lebanon, Ohio, to Oregon, Ohio.", "en", "Oregon", 41.64, -83.49),
        ("Wheat was sold to Lebanon, Georgia, Iraq, Iran and Syria.", "en", "Georgia", 41.87, 43.74),
        ("Wheat was sold to Georgia, Alabama and Florida.", "en", "Georgia", 33.0, -83.5),
        ("Des criquets sont signalés au Niger, au Nigeria, en Guinée et au Togo.", "fr", "Niger", 17.45, 9.5),
        ("La neige a gêné la circulation dans le Delaware, l'Ohio et l'Indiana.", "fr", "Delaware", 39.0, -75.5),
        ("Des guides de Venise et de Genève ont été reçus.", "fr", "Genève", 46.2, 6.14),
        ("A crane fell in Venice.", "en", "Venice", 45.44, 12.33),
        ("Les délégués de Lyon, de Carcassonne et de Castelnaudary sont partis pour Montréal.", "fr", "Montréal", 45.51, -73.59),
    ],
)
def test_what_stands_beside_a_name_tells_which_place_it_is(text: str, language: str, name: str, lat: float, lon: float) -> None:
    place = places(text, language)[name]
    assert place.lat is not None
    assert place.lon is not None
    assert (round(place.lat - lat), round(place.lon - lon)) == (0, 0)


def test_a_venue_stands_where_the_place_that_holds_it_stands() -> None:
    place = places("Les délégués logent à l'hôtel de l'Amitié de Bamako.", "fr")["hôtel de l'Amitié de Bamako"]
    assert (place.country, place.kind) == ("ML", "facility")
    assert place.lat == pytest.approx(12.65, abs=0.1)


def test_an_area_that_spans_countries_has_no_country_and_no_coordinates() -> None:
    place = places("Le réseau compte des villes d'Amérique latine.", "fr")["Amérique latine"]
    assert (place.kind, place.country, place.lat, place.lon) == ("area", None, None, None)


def test_a_town_that_the_named_region_does_not_hold_stays_open_rather_than_wrong() -> None:
    place = places("A truck overturned in Stroud, Ontario, on Monday.", "en")["Stroud"]
    assert place.country == "CA"
    assert place.geonames_id is None


def test_what_is_said_to_be_a_province_is_no_town_of_another_country() -> None:
    found = places("Nurses in Nyanza province are on strike. Kenya has few doctors, and Kisumu too few beds.", "en")
    assert (found["Nyanza"].country, found["Nyanza"].lat, found["Nyanza"].geonames_id) == ("KE", None, None)
    found = places("Nurses in Nyanza are on strike. Rwanda has few doctors.", "en")
    assert (found["Nyanza"].country, found["Nyanza"].kind) == ("RW", "city")


@pytest.mark.parametrize(
    ("text", "language", "name", "country", "lat"),
    [
        # its sentence before the one above, and the holder that is joined to it before all
        ("A ferry left Dakar. In Thiès, the new hall at Keur Mbirane was shut.", "en", "Keur Mbirane", "SN", 14.79),
        ("Dakar and Thiès are dry. Two clinics near Tambarou, Nigeria, were looted on Monday.", "en", "Tambarou", "NG", None),
        # a document about one country does not put its quarters into the one that it mentions
        (
            "Lomé, Kara et Sokodé manquent d'eau. À Lomé, les puits sont à sec.\nUne experte de Gand est attendue.\nLe quartier de Tovégan sera servi d'abord.",
            "fr",
            "Tovégan",
            "TG",
            6.13,
        ),
    ],
)
def test_what_no_table_knows_lies_where_its_neighbours_do(text: str, language: str, name: str, country: str, lat: float | None) -> None:
    place = places(text, language)[name]
    assert (place.country, place.geonames_id) == (country, None)
    assert place.lat == (None if lat is None else pytest.approx(lat, abs=0.05))


@pytest.mark.parametrize(
    ("text", "language", "rules", "found"),
    [
        ("La mairie et Entraide Sahel ont signé un accord.", "fr", ["Sahel"], []),
        ("La mairie et le Sahel ont signé un accord.", "fr", ["Sahel"], ["Sahel"]),
        ("A nurse of Kitwe won.", "en", [], ["Kitwe"]),
        ("Mr Kitwe won.", "en", [], []),
        ("The choir of Larne sang.", "en", [], ["Larne"]),
        ("The choir of Larne Sweeney sang.", "en", [], []),
        ("She will speak at the Tashkent Law Forum next week.", "en", ["Tashkent"], ["Tashkent"]),  # in the name of an event the rules know best
    ],
)
def test_the_rules_are_overruled_where_the_signs_are_plainly_against_them(text: str, language: str, rules: list[str], found: list[str]) -> None:
    with patch("extractors.places.reviewed", lambda readings, mentions: list(mentions)):
        assert list(places(text, language)) == rules
    assert list(places(text, language)) == found


def test_what_a_document_says_of_a_name_tells_of_its_others() -> None:
    """The signs of a name: what the rules say of it elsewhere, and whether other names speak of its country."""
    text = "Kitwe, Ndola and Chingola have no water. A nurse of Kitwe spoke of Zambia to Mr Ndola."
    readings = [(0, read(Passage(0, len(text), languages.load("en"), text), frozenset()))]
    found = [Mention(start, start + len(word), "gazetteer", 0.9) for word, start in (("Kitwe", 0), ("Zambia", text.index("Zambia")))]
    names = list(place_signs.names_of(readings, found))
    document = place_signs.Document.of(readings, names)
    signs = [{sign for bundle in place_signs.signs_of(number, document) for sign in bundle.names} for number in range(len(names))]
    assert [name.text for name in names] == ["Kitwe", "Ndola", "Chingola", "Kitwe", "Zambia", "Ndola"]
    assert [name.verdict for name in names] == [0.9, 0.0, 0.0, 0.0, 0.9, 0.0]
    assert [next(s for s in of if s.startswith("elsewhere")) for of in signs] == [
        "elsewhere none",
        "elsewhere none",
        "elsewhere not named",
        "elsewhere a place",
        "elsewhere not named",
        "elsewhere none",
    ]
    assert all("at home" in of for of in signs)  # Kitwe is in Zambia alone, and so speaks for it as it does for Kitwe


def test_no_sign_of_a_place_stands_twice_in_the_table() -> None:
    with fit_places.WEIGHTS.open(encoding="utf-8", newline="") as table:
        names = [row["sign"] for row in csv.DictReader(table)]
    assert len(names) == len(set(names)) > 500
    assert names[0] == "always"


def test_a_surer_choice_has_more_confidence() -> None:
    told = places("The workshop took place in Birmingham, Alabama.", "en")["Birmingham"]
    guessed = places("The workshop took place in Birmingham.", "en")["Birmingham"]
    assert 0 <= guessed.confidence < told.confidence <= 1


def test_places_inside_an_organisation_name_are_no_mention() -> None:
    text = "The University of Manchester opened a laboratory in Leeds."
    record = extract(Document(text, language="en"))
    spans = [text[slice(*m)] for entity in record.entities if isinstance(entity, Place) for m in entity.mentions]
    assert spans == ["Leeds"]


def test_offsets_point_at_the_words_whatever_the_typography() -> None:
    text = "La mission s’est rendue en\u00a0Côte\u00a0d’Ivoire puis à\u00a0Abidjan."
    found = places(text, "fr")
    assert list(found) == ["Côte\u00a0d’Ivoire", "Abidjan"]
