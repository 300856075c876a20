"""The day a document came out, as its file says it."""

from __future__ import annotations

import re
from datetime import date
from email.utils import parsedate
from pathlib import PurePath

from extractors import languages
from extractors.document import Passage

_ISO = re.compile(r"\s*(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?!\d)")
_IN_NAME = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d{2})\2(\d{2})(?!\d)")
_LONGEST_DAY = 200  # characters of a field that may name a day
_FIRST_YEAR, _LAST_YEAR = 1900, 2100  # outside, eight digits are a number and not a day


def day(value: str, language: str | None = None) -> date | None:
    """The day that a field of a file names, None where it names none.

    "2024-12-10T23:30:00-05:00" is 2024-12-10, the day its writer lived in; also
    RFC 2822 mail dates, and "10 décembre 2024" in any of our languages.
    """
    value = value[:_LONGEST_DAY]
    found = _ISO.match(value)
    if found:
        return _date(*map(int, found.groups()))
    mail = parsedate(value)
    if mail is not None:
        return _date(*mail[:3])
    return written(value, language)


def written(text: str, language: str | None = None) -> date | None:
    """The first day that a short text names in words ("10 décembre 2024 à 9 h")."""
    from extractors import dates

    codes = [language] if language in languages.codes() else languages.codes()
    for code in codes:
        passage = Passage(0, len(text), languages.load(code), text)
        found = dates.resolve(dates.find(text, passage.language), text, [passage], None)
        days = [(min(entity.mentions), entity.start) for entity in found if entity.start is not None and entity.start == entity.end]
        if days:
            return min(days)[1]
    return None


def from_name(name: str) -> date | None:
    """The day in a file's name ("2024-12-10-post.txt", "20241210_post.txt"), never one of its folders."""
    for found in _IN_NAME.finditer(PurePath(name).name):
        result = _date(int(found[1]), int(found[3]), int(found[4]))
        if result is not None:
            return result
    return None


def _date(year: int, month: int, day_of_month: int) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None
