"""A spaCy pipeline, the same one in a quarter of the time that `spacy.load` takes.

Most of that time goes into what is never used or said over and over: one pattern
of French names three thousand characters three hundred times, the strings of half
a million words are read that are made again when they come up, tables of lemmas
are hashed a second time, and every command of spaCy's own command line is imported.
"""

from __future__ import annotations

import gc
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline

_LONG_PATTERN = 100_000  # characters: of all that spaCy compiles, only the list of French words with hyphens
_LONG_CLASS = re.compile(r"(\[(?:[^\]\\]|\\.){200,}\][*+?]?)")  # a class of characters, and how often it may come
_ALTERNATIVES = re.compile(r"(\(\?[a-z]+\))?\(\?:(.*)\)", re.DOTALL)
_COMMAND_LINE = ("spacy.cli", "spacy.cli.info")


def load(name: str, *, is_known: bool) -> Pipeline:
    """The pipeline of that name, with the annotations that `spacy.load` would give; raises OSError where it is not installed.

    is_known: one of ours, which needs none of the strings that it has stored.
    """
    with _quickly():
        import spacy
        from spacy import lookups, util

        with _replaced(util.catalogue, "AVAILABLE_ENTRY_POINTS", _Grouped(util.catalogue.AVAILABLE_ENTRY_POINTS)):
            if not is_known:
                return spacy.load(name)
            with _replaced(lookups, "Table", _table):
                return spacy.load(name, exclude=["strings"])


def import_spacy() -> None:
    """Import spaCy ahead of any model of it; raises ImportError."""
    with _quickly():
        import spacy  # noqa: F401


def factored(pattern: str) -> str | None:
    """A pattern that finds what a list of alternatives "(?:a)|(?:b)|…" finds, in which each long class of characters stands once.

    None where it is no such list. Compiling spaCy's French one takes 4 seconds, this one 0.1.
    """
    found = _ALTERNATIVES.fullmatch(pattern)
    if found is None:
        return None
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for alternative in found[2].split(")|(?:"):
        pieces = _LONG_CLASS.split(alternative)
        own = max(range(0, len(pieces), 2), key=lambda index: len(pieces[index]))  # what tells it from its neighbours
        groups["".join(pieces[:own]), "".join(pieces[own + 1 :])].append(pieces[own])
    return (found[1] or "") + "|".join(f"(?:{before}(?:{'|'.join(own)}){after})" for (before, after), own in groups.items())


def _compiled(pattern: Any, flags: Any = 0) -> re.Pattern[Any]:
    """`re.compile`, the same answer to "does it match?" sooner."""
    if isinstance(pattern, str) and len(pattern) > _LONG_PATTERN and (short := _factored(pattern)) is not None:
        try:
            return _compile(short, flags)
        except re.error:  # the list was none after all
            return _compile(pattern, flags)
    return _compile(pattern, flags)


class _Grouped:
    """Entry points by group: importlib.metadata looks through those of every package each time that a group is asked for, and spaCy asks 250 times."""

    def __init__(self, points: Any) -> None:
        self._points = points
        self._groups: dict[str, Any] = {}

    def select(self, *, group: str) -> Any:
        """Those of one group."""
        if group not in self._groups:
            self._groups[group] = self._points.select(group=group)
        return self._groups[group]


_compile = re.compile
_factored = lru_cache(maxsize=1)(factored)  # of the one pattern that long, which spaCy compiles twice


def _table(name: str, data: Mapping[Any, Any]) -> Any:
    """spaCy's table of lemmas, its keys not hashed again; the lists in which it looks for words as sets."""
    from spacy.lookups import Table
    from spacy.strings import get_string_id

    if not isinstance(next(iter(data), 0), int):  # none that spaCy has saved: those hold hashes
        return Table(name, dict(data))

    class Read(dict[int, Any]):
        """Hashed keys; asked by hash or string."""

        def __getitem__(self, key: str | int) -> Any:
            return super().__getitem__(get_string_id(key))

        def __contains__(self, key: object) -> bool:
            return isinstance(key, str | int) and super().__contains__(get_string_id(key))

        def get(self, key: str | int, default: Any = None) -> Any:
            return super().get(get_string_id(key), default)

    return Read({key: frozenset(words) for key, words in data.items()} if name == "lemma_index" else data)


@contextmanager
def _quickly() -> Iterator[None]:
    with _without_command_line(), _replaced(re, "compile", _compiled), _without_collector():
        yield


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing that is loaded here becomes garbage, and the collector would look at all of it again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _without_command_line() -> Iterator[None]:
    """Keep `import spacy` from importing its command line, a quarter of its time; who wants that later gets it."""
    if "spacy" in sys.modules:
        yield
        return
    package, info = (ModuleType(name) for name in _COMMAND_LINE)
    package.__path__ = []
    info.info = None  # type: ignore[attr-defined] # what spaCy takes of it
    sys.modules.update(zip(_COMMAND_LINE, (package, info), strict=True))
    try:
        yield
    finally:
        for name, module in zip(_COMMAND_LINE, (package, info), strict=True):
            if sys.modules.get(name) is module:
                del sys.modules[name]


@contextmanager
def _replaced(home: Any, name: str, stand_in: Any) -> Iterator[None]:
    former = getattr(home, name)
    setattr(home, name, stand_in)
    try:
        yield
    finally:
        setattr(home, name, former)
