"""Makes static/world.svg: coasts and borders for the map, from Natural Earth (public domain).

    npm pack world-atlas && tar xzf world-atlas-*.tgz
    python -m service.pages.outline package/countries-50m.json service/pages/static/world.svg

The map is a plate carrée: one unit of the picture is half a degree, the origin is 180° W, 90° N.
"""

from __future__ import annotations

import heapq
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

Point = tuple[float, float]
UNITS_A_DEGREE = 2.0
_LEAST_AREA = 0.075  # of the triangle that a point makes with its neighbours, in square degrees; 56 KB of paths at this
_LEAST_RING = 0.6  # square degrees; smaller islands are left out
_SOUTHERNMOST = -60.0  # Antarctica goes all round, and nothing happens there
_HEAD = """<!-- Natural Earth 1:50m countries (public domain, naturalearthdata.com) through world-atlas 2.0.2 (ISC); made by service/pages/outline.py -->
"""


def picture(topology: dict[str, Any]) -> str:
    """An SVG with two paths, `land` (closed rings) and `borders` (open lines), of a TopoJSON of countries."""
    used = [index for ring in _rings(topology) for index in ring]  # ~index of an arc that is walked from its end
    uses = Counter(max(index, ~index) for index in used)
    arcs = [_simplified(_degrees(topology, arc)) for arc in topology["arcs"]]
    coasts = _joined([arcs[index] if index >= 0 else arcs[~index][::-1] for index in used if uses[max(index, ~index)] == 1])
    coasts = [
        copy for ring in map(_unwrapped, coasts) if _area(ring) >= _LEAST_RING and min(lat for _, lat in ring) > _SOUTHERNMOST for copy in _on_both_sides(ring)
    ]
    borders = [arcs[index] for index, count in uses.items() if count > 1]
    land = "".join(_path(ring) + "z" for ring in coasts)
    lines = "".join(_path(_unwrapped(border)) for border in borders)
    size = f"0 0 {360 * UNITS_A_DEGREE:g} {180 * UNITS_A_DEGREE:g}"
    borders_path = f'<path id="borders" fill="none" vector-effect="non-scaling-stroke" d="{lines}"/>'
    return f'{_HEAD}<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}"><path id="land" fill-rule="evenodd" d="{land}"/>{borders_path}</svg>\n'


def _rings(topology: dict[str, Any]) -> Iterator[list[int]]:
    for country in topology["objects"]["countries"]["geometries"]:
        shapes = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for polygon in shapes:
            yield from polygon


def _degrees(topology: dict[str, Any], arc: Iterable[Sequence[int]]) -> list[Point]:
    """The points of an arc, which TopoJSON writes as steps on a grid."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    points, x, y = [], 0, 0
    for step in arc:
        x, y = x + step[0], y + step[1]
        points.append((x * scale_x + left, y * scale_y + bottom))
    return points


def _simplified(points: Sequence[Point]) -> list[Point]:
    """The points without those that matter least (Visvalingam and Whyatt); the two ends stay."""
    before, after = list(range(-1, len(points) - 1)), list(range(1, len(points) + 1))
    kept = [True] * len(points)
    waiting = [(_triangle(points, i - 1, i, i + 1), i) for i in range(1, len(points) - 1)]
    heapq.heapify(waiting)
    areas = {i: area for area, i in waiting}
    while waiting:
        area, i = heapq.heappop(waiting)
        if not kept[i] or areas[i] != area:
            continue
        if area >= _LEAST_AREA:
            break
        kept[i] = False
        left, right = before[i], after[i]
        after[left], before[right] = right, left
        for j in (left, right):
            if 0 < j < len(points) - 1:
                areas[j] = max(area, _triangle(points, before[j], j, after[j]))
                heapq.heappush(waiting, (areas[j], j))
    return [point for point, is_kept in zip(points, kept, strict=True) if is_kept]


def _triangle(points: Sequence[Point], a: int, b: int, c: int) -> float:
    (ax, ay), (bx, by), (cx, cy) = points[a], points[b], points[c]
    return abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2


def _joined(arcs: Iterable[list[Point]]) -> list[list[Point]]:
    """Arcs chained at their ends into rings."""
    rings: list[list[Point]] = []
    open_by_start: dict[Point, list[list[Point]]] = {}
    for arc in arcs:
        if arc[0] == arc[-1]:
            rings.append(arc)
        else:
            open_by_start.setdefault(arc[0], []).append(arc)
    while open_by_start:
        start = next(iter(open_by_start))
        ring = list(_taken(open_by_start, start))
        while ring[-1] in open_by_start and ring[-1] != start:
            ring += _taken(open_by_start, ring[-1])[1:]
        rings.append(ring)
    return rings


def _taken(by_start: dict[Point, list[list[Point]]], start: Point) -> list[Point]:
    arcs = by_start[start]
    arc = arcs.pop()
    if not arcs:
        del by_start[start]
    return arc


def _unwrapped(points: Sequence[Point]) -> list[Point]:
    """The same line without leaps from 180° E to 180° W: it goes on past the edge instead."""
    found, turn = [points[0]], 0.0
    for (before, _), (lon, lat) in pairwise(points):
        turn += 360 * ((before - lon > 180) - (lon - before > 180))
        found.append((lon + turn, lat))
    return found


def _on_both_sides(ring: list[Point]) -> list[list[Point]]:
    """A ring, and where it crosses the edge of the map its other part, at the other edge."""
    west, east = min(lon for lon, _ in ring), max(lon for lon, _ in ring)
    shifts = [360.0] * (west < -180) + [-360.0] * (east > 180)
    return [ring, *([(lon + shift, lat) for lon, lat in ring if abs(lon + shift) < 190] for shift in shifts)]


def _area(ring: Sequence[Point]) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def _path(points: Sequence[Point]) -> str:
    """Path data in tenths of a unit, relative, so that it is short."""
    on_grid = [(round((lon + 180) * UNITS_A_DEGREE * 10), round((90 - lat) * UNITS_A_DEGREE * 10)) for lon, lat in points]
    words = [] if len(set(on_grid)) < 2 else [f"M{_tenths(on_grid[0][0])} {_tenths(on_grid[0][1])}l"]
    for (x1, y1), (x2, y2) in pairwise(on_grid):
        if words and (x1, y1) != (x2, y2):
            words.append(f"{_tenths(x2 - x1)} {_tenths(y2 - y1)} ")
    return "".join(words).replace(" -", "-").strip()


def _tenths(value: int) -> str:
    text = f"{value / 10:g}"
    return text.replace("0.", ".") if text.startswith(("0.", "-0.")) else text


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(picture(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), encoding="utf-8")
