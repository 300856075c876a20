"""Which events pass a filter, and in which order: what `events.conditions` and `events.keys_of` say in SQL, over columns in memory.

The tests compare the two on every filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from service.queries import DOUBTFUL
from service.store import columnar, paging, search

if TYPE_CHECKING:
    from sqlite_utils import Database

    from service.queries import EventFilter

_PARTS = ("type", "status", "country", "language", "review", "once", "min_confidence", "from_", "to", "bbox", "q", "place", "organisation", "document", "group")
_NEVER = date.max.toordinal()
_LAST = 2**31 - 1  # where what has no day stands, in every order
_REVIEWED = ("accepted", "corrected", "rejected")


class Selection:
    """The events of a store that pass a filter, as a mark for each row of the columns; each part of the filter is looked at once."""

    def __init__(self, db: Database, wanted: EventFilter) -> None:
        import numpy as np

        self._np, self._db, self._wanted = np, db, wanted
        self.columns = columnar.columns(db)
        self._marks = {name: marks for name in _PARTS if (marks := self._part(name)) is not None}
        self._passing: dict[frozenset[str], Any] = {}

    def passing(self, *leaving_out: str) -> Any:
        """A mark for each row: whether it passes the filter without some of its parts; not to be written into."""
        parts = frozenset(self._marks) - frozenset(leaving_out)
        if parts not in self._passing:
            found = self._np.ones(self.columns.count, self._np.bool_)
            for name in parts:
                found &= self._marks[name]
            self._passing[parts] = found
        return self._passing[parts]

    @cached_property
    def whole(self) -> Any:
        """A mark for each row that passes the whole filter."""
        return self.passing()

    def matching(self, expression: str | None) -> Any:
        """The rows that a full-text query finds, which is remembered; none for a question without a word."""
        if expression is None:
            return []
        rows = self.columns.remembered.get(expression)
        if rows is None:
            # one long string, since each row of an answer costs more than its search
            said = self._db.execute("SELECT group_concat(rowid) FROM events_search WHERE events_search MATCH ?", [expression]).fetchone()[0]
            rows = self.columns.rows(self._np.fromstring(said, self._np.int64, sep=",") if said else [])
            self.columns.remembered.put(expression, rows)
        return rows

    def first(self, limit: int, after: paging.Keys | None = None, *, backwards: bool = False) -> list[int] | None:
        """The numbers of the first events that pass, in the filter's order, those that come after some keys.

        None for keys that are not of such a list; `backwards` turns the order round.
        """
        np, rows = self._np, self._np.flatnonzero(self.whole)
        levels = self._levels(rows, backwards)
        if after is not None:
            last = self._last(after, backwards)
            if last is None:
                return None
            later, same = np.zeros(len(rows), np.bool_), np.ones(len(rows), np.bool_)
            for level, value in zip(levels, last, strict=True):
                later |= same & (level > value)
                same &= level == value
            rows, levels = rows[later], [level[later] for level in levels]
        if len(rows) > limit > 0:  # sort no more than may be among the first
            near = levels[0] <= np.partition(levels[0], limit - 1)[limit - 1]
            rows, levels = rows[near], [level[near] for level in levels]
        order = np.lexsort(levels[::-1])[: max(limit, 0)]
        return [int(number) for number in self.columns.numbers[rows[order]]]

    def _levels(self, rows: Any, backwards: bool) -> list[Any]:
        """What the order goes by, level by level, for some rows; ascending."""
        np, columns = self._np, self.columns
        name = self._wanted.sort.removeprefix("-")
        sign = -1 if self._wanted.sort.startswith("-") else 1
        if name == "type":
            words = sorted(columns.words["type"])
            ranks = np.array([words.index(word) for word in columns.words["type"]], np.int32)
            main = sign * (ranks[columns.codes["type"][rows]] if len(ranks) else rows)
        elif name == "confidence":
            main = sign * columns.confidence[rows]
        else:
            days = columns.days["start" if name == "date" else name][rows]
            main = np.where(days == columnar.NO_DAY, _LAST, sign * days)
        levels = [main, *([] if name == "date" else [columns.days["start"][rows]]), columns.numbers[rows]]
        return [-level for level in levels] if backwards else levels

    def _last(self, after: paging.Keys, backwards: bool) -> list[float] | None:
        """Keys of a list in SQL as the same levels; None where they are of no such list."""
        is_none, main, *rest = after
        name, sign = self._wanted.sort.removeprefix("-"), -1 if self._wanted.sort.startswith("-") else 1
        try:
            if is_none:
                first = float(_LAST)
            elif name == "type":
                first = float(sign * sorted(self.columns.words["type"]).index(str(main)))
            else:
                first = sign * (float(main) if name == "confidence" else float(_ordinal(main)))
            days = [float(_ordinal(day)) if day else float(columnar.NO_DAY) for day in rest[:-1]]
            levels = [first, *days, float(rest[-1])]
        except (ValueError, TypeError):
            return None
        return [-level for level in levels] if backwards else levels

    def _part(self, name: str) -> Any:
        """A mark for each row of what one field of the filter lets through, None where it says nothing."""
        value = getattr(self._wanted, name)
        if name == "review":
            return self._reviewed(value)
        if value in (None, (), False):
            return None
        columns = self.columns
        match name:
            case "type" | "status" | "country":
                return columns.having(name, value)
            case "language":
                return columns.having(name, (value,))
            case "once":
                return columns.leads
            case "min_confidence":
                return columns.confidence >= value
            case "from_":
                return self._ends() >= value.toordinal()
            case "to":
                begins = self._np.where(columns.days["start"] == columnar.NO_DAY, columns.days["end"], columns.days["start"])
                return (begins != columnar.NO_DAY) & (begins <= value.toordinal())
            case "bbox":
                return self._inside(*value)
            case "document":
                return self._numbered("SELECT number FROM events WHERE document_id = ?", value)
            case "group":
                return self._numbered("SELECT number FROM events WHERE group_id = (SELECT group_id FROM events WHERE id = ?)", value)
            case "q":
                return columns.marked(self.matching(search.expression(value)))
        return columns.marked(self.matching(search.names_expression(f"{name}s", value)))

    def _ends(self) -> Any:
        """The last day of each event; one that goes on has none, and one that has no other ends on its first."""
        np, days = self._np, self.columns.days
        goes_on = self.columns.having("status", ("ongoing",))
        return np.where(days["end"] != columnar.NO_DAY, days["end"], np.where(goes_on, _NEVER, days["start"]))

    def _reviewed(self, wanted: Sequence[str]) -> Any:
        columns = self.columns
        if not wanted:
            return ~columns.having("review", ("rejected",))
        is_open = columns.codes["review"] < 0
        found = columns.having("review", [word for word in wanted if word in _REVIEWED])
        if "open" in wanted:
            found |= is_open
        if "to_check" in wanted:
            found |= is_open & (columns.confidence < DOUBTFUL)
        return found

    def _inside(self, west: float, south: float, east: float, north: float) -> Any:
        np = self._np
        points = np.array(list(self.columns.words["spot"]), np.float64).reshape(-1, 2)
        lat, lon = points[:, 0], points[:, 1]
        between = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)  # across the date line
        return self.columns.owning("spot", (lat >= south) & (lat <= north) & between)

    def _numbered(self, sql: str, value: str) -> Any:
        return self.columns.marked(self.columns.rows([number for (number,) in self._db.execute(sql, [value])]))


def _ordinal(day: Any) -> int:
    return date.fromisoformat(str(day)).toordinal()
