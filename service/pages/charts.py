"""Charts: bars of months or years, and the frame of the map; numbers only, the templates draw them."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log2, sqrt

from service.pages.outline import UNITS_A_DEGREE
from service.store.facets import Circle

_MOST_MONTHS = 36  # bars of 24 px and more side by side; beyond it a bar is a year
_MOST_YEARS = 60
_MAP_RATIO = 2.5  # of width to height
_GRID = 10_000  # a degree
_LEAST_WIDTH = 60.0  # of the frame, in units: 30 degrees
_WEST, _NORTH, _EAST, _SOUTH = 0.0, 12.0, 720.0, 300.0  # what of the world is drawn: 84° N to 60° S


@dataclass(frozen=True, slots=True)
class Bar:
    """A month or a year. period: "2024-06" or "2024". share: of the highest bar, 0 to 100. first, last: its days."""

    period: str
    count: int
    share: float
    first: str
    last: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle, in units of the map."""

    place: Circle
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What part of the world is shown, in units of the map."""

    x: float
    y: float
    width: float
    height: float

    def __str__(self) -> str:
        return f"{self.x:.1f} {self.y:.1f} {self.width:.1f} {self.height:.1f}"


def bars(months: Sequence[tuple[str, int]], first: date | None, last: date | None) -> list[Bar]:
    """The bars of some months, of years where they are too many, the empty ones between them included.

    first, last: the days that the filter names; of a short time only the months of its years are shown.
    """
    counts = Counter(dict(months))
    if not counts:
        return []
    start, end = min(counts), max(counts)
    if first is not None and last is not None and (last.year - first.year + 1) * 12 <= _MOST_MONTHS:
        start, end = f"{first:%Y}-01", f"{last:%Y}-12"
    periods = _months(start, end)
    if len(periods) > _MOST_MONTHS:
        years = [f"{year:04}" for year in range(int(start[:4]), int(end[:4]) + 1)]
        counts = sum((Counter({month[:4]: count}) for month, count in counts.items()), Counter())
        periods = _most_told(years, counts)
    highest = max((counts[period] for period in periods), default=0) or 1
    return [_bar(period, counts[period], highest, first, last) for period in periods]


def _most_told(years: list[str], counts: Counter[str]) -> list[str]:
    """All years, or where they are too many the last of them, from which few stray: those with events alone."""
    return years if len(years) <= _MOST_YEARS else sorted(counts)[-_MOST_YEARS:]


def _months(start: str, end: str) -> list[str]:
    first, last = (int(month[:4]) * 12 + int(month[5:7]) - 1 for month in (start, end))
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1)]


def _bar(period: str, count: int, highest: int, first: date | None, last: date | None) -> Bar:
    year, month = int(period[:4]), int(period[5:7]) if len(period) > 4 else None
    begin = date(year, month or 1, 1)
    end = date(year, month or 12, calendar.monthrange(year, month or 12)[1])
    is_chosen = (first is not None or last is not None) and (first is None or end >= first) and (last is None or begin <= last)
    share = 0.0 if not count else max(4.0, 100 * count / highest)
    return Bar(period, count, round(share, 1), begin.isoformat(), end.isoformat(), is_chosen)


def frame(circles: Sequence[Circle]) -> Frame:
    """The part of the world that holds the circles, with room around them."""
    if not circles:
        return Frame(_WEST, _NORTH, _EAST - _WEST, (_EAST - _WEST) / _MAP_RATIO)
    xs, ys = [_x(circle.lon) for circle in circles], [_y(circle.lat) for circle in circles]
    room = 0.12 * max(max(xs) - min(xs), (max(ys) - min(ys)) * _MAP_RATIO, _LEAST_WIDTH)
    width = max(max(xs) - min(xs) + 2 * room, (max(ys) - min(ys) + 2 * room) * _MAP_RATIO, _LEAST_WIDTH)
    width = min(width, _EAST - _WEST)
    height = width / _MAP_RATIO
    left = min(max((min(xs) + max(xs) - width) / 2, _WEST), _EAST - width)
    top = min(max((min(ys) + max(ys) - height) / 2, _NORTH), max(_NORTH, _SOUTH - height))
    return Frame(left, top, width, height)


def dots(circles: Sequence[Circle], within: Frame) -> list[Dot]:
    """The circles, largest first so that small ones stay in sight; areas are as the counts, in the frame's own scale."""
    scale = within.width / 720
    highest = max((circle.count for circle in circles), default=1)
    largest = 5 + 1.6 * log2(highest + 1)
    found = [Dot(c, round(_x(c.lon), 2), round(_y(c.lat), 2), round(scale * max(3.6, largest * sqrt(c.count / highest)), 2)) for c in circles]
    return sorted(found, key=lambda dot: -dot.radius)


def corners(circle: Circle) -> str:
    """A filter `bbox` that holds this place and hardly anything else: ten metres across at most."""
    sides = floor(circle.lon * _GRID), floor(circle.lat * _GRID), ceil(circle.lon * _GRID), ceil(circle.lat * _GRID)
    return ",".join(f"{max(min(side / _GRID, most), -most):.7g}" for side, most in zip(sides, (180, 90, 180, 90), strict=True))


def _x(lon: float) -> float:
    return (lon + 180) * UNITS_A_DEGREE


def _y(lat: float) -> float:
    return (90 - lat) * UNITS_A_DEGREE
