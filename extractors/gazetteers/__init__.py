"""The gazetteer: which places bear a name. Read-only; made by build.py, the only SQL outside service/store."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from extractors.errors import MissingPart

LANGUAGES = ("en", "fr")  # in which the gazetteer knows what is the name in use; bit n of a name's `languages`
PATH = Path(__file__).parent / "places.sqlite"
MAX_CANDIDATES = 80  # a name such as San Antonio has hundreds; those left out are the smallest
_INITIALS = re.compile(r"\b\w\.(?: ?\w\.)*(?:\w\b)?")
_APART = {ord(c): " " for c in "'\u2019\u02bc\u2018\u02bf\u02bb`\u00b4./,-\u2010\u2011\u2012\u2013\u2014\u2015\u00a0\u202f"}
_SAINT = {"saint": "st", "sainte": "st", "ste": "st"}
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"})
_local = threading.local()

_QUERY = """
SELECT p.id, p.geonames_id, p.name, p.country, p.lat, p.lon, p.kind, p.population, p.admin1, p.admin2, p.renown, p.is_capital, n.languages
FROM names n JOIN places p ON p.id = n.place WHERE n.key = ? ORDER BY n.languages = 0, p.population DESC, p.id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that bears a name.

    kind: country, region (first level), county (second level), city, natural,
    area, facility or district. country: ISO 3166-1 alpha-2, None for what spans
    countries. lat, lon: degrees, None for what spans countries. admin1, admin2:
    GeoNames codes of the regions that hold it, its own for a region ("US.OH").
    renown: how many other names GeoNames has for it, in all the languages that speak of it.
    languages: those in which the name asked for is the one in use, not one of
    its many other names: ("en",) for the country when asked for Mexico.
    """

    id: int
    geonames_id: int | None
    name: str
    country: str | None
    lat: float | None
    lon: float | None
    kind: str
    population: int
    admin1: str | None
    admin2: str | None
    renown: int
    is_capital: bool
    languages: tuple[str, ...]


def normalise(name: str) -> str:
    """The key of a name: no case, accents, dots or hyphens; Saint and Sainte as St.

    "Saint-Étienne" → "st etienne"; "Washington, D.C." → "washington dc"; "U.S." → "us".
    """
    plain = _plain(name)
    if "." in plain:
        plain = _INITIALS.sub(lambda m: m.group().replace(".", "").replace(" ", "") + " ", plain)
    return " ".join(_SAINT.get(word, word) for word in plain.translate(_APART).split())


@lru_cache(maxsize=20_000)
def candidates(name: str) -> tuple[Candidate, ...]:
    """Places that bear a name, those known by it first, then by population; empty where there is none.

    At most MAX_CANDIDATES. Raises MissingPart where the gazetteer has not been built.
    """
    key = normalise(name)
    if not key:
        return ()
    rows = _connection().execute(_QUERY, (key, MAX_CANDIDATES)).fetchall()
    return tuple(_candidate(*row) for row in rows)


def is_known(name: str) -> bool:
    """Whether any place bears this name."""
    return bool(candidates(name))


def _candidate(*row: Any) -> Candidate:
    *fields, is_capital, languages = row
    values = dict(zip(Candidate.__slots__, [*fields, bool(is_capital), _in_use(languages)], strict=True))
    return Candidate(**values)


def _in_use(bits: int) -> tuple[str, ...]:
    return tuple(language for bit, language in enumerate(LANGUAGES) if bits >> bit & 1)


def _plain(name: str) -> str:
    if name.isascii():
        return name.casefold()
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold().translate(_LIGATURES))
    return "".join(c for c in folded if not unicodedata.combining(c))


def _connection() -> sqlite3.Connection:
    """This thread's connection in this process: a forked child must not use its parent's."""
    if getattr(_local, "owner", None) != os.getpid():
        if not PATH.exists():
            raise MissingPart(f"{PATH}: the gazetteer is missing; run `pip install .` again, or `python -m extractors.gazetteers.build` in a clone")
        _local.connection = sqlite3.connect(f"{PATH.as_uri()}?mode=ro&immutable=1", uri=True)
        _local.owner = os.getpid()
    connection: sqlite3.Connection = _local.connection
    return connection
